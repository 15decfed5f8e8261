/** How many random cases a test tries: a few, or as many as are asked for by CASES=20000 vitest run test/policy. */
export const toRuns = (ordinary: number): number => Number(process.env.CASES ?? ordinary);

/** Twenty thousand cases take as long as they take. */
export const longest = 3_600_000;
