const { CASES: cases } = process.env;
if (cases !== undefined && !/^[1-9]\d*$/.test(cases)) throw new Error('CASES is not a number.');

/** How many random cases a test tries: a few, or as many as are asked for by CASES=20000 vitest run test/policy. */
export const toRuns = (ordinary: number): number => Number(cases ?? ordinary);

/** Twenty thousand cases take as long as they take. */
export const longest = 3_600_000;
