import type { TrackedFinding } from './tracked.ts';

/** Takes what is tracked, and the `UpdatedAt` of each publication that arrived, by id; ticks them off. */
export const settle = (
  tracked: readonly TrackedFinding[],
  arrived: ReadonlyMap<string, string>,
): TrackedFinding[] =>
  tracked.map((one) => {
    const at = arrived.get(one.finding.id);
    if (at === undefined) return one;
    // Somebody has found something newer in the meantime, which is still owed.
    if (at !== one.owedAt) return { ...one, publishedAt: [at, one.publishedAt ?? at].sort().at(-1) };
    const { owedAt: _, isReopened, ...rest } = one;
    // What arrived was its being archived; being active follows, a moment later.
    if (isReopened) return { ...rest, publishedAt: at, owedAt: toNextMoment(at) };
    return { ...rest, publishedAt: at };
  });

const toNextMoment = (at: string): string => new Date(Date.parse(at) + 1).toISOString();
