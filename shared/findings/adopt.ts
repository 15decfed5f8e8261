/** What Security Hub knows, brought together with what is tracked: what was lost is found again by it. */
import { toDaysBetween } from '../evidence/timestamp.ts';
import type { TrackedFinding } from './tracked.ts';

/** Security Hub is eventually consistent: what it was told since then may not show yet. */
const settledAfterDays = 1;

/**
 * Takes what is tracked and what Security Hub gave of an account and Region. A finding that only it knows is tracked
 * from now on; one that it has lost is owed to it again; first dates and what people made of findings are its.
 */
export const adopt = (
  tracked: readonly TrackedFinding[],
  published: readonly TrackedFinding[],
  now: string,
): TrackedFinding[] => {
  const shown = new Map(published.map((one) => [one.finding.id, one]));
  const known = new Set(tracked.map(({ finding }) => finding.id));
  return [
    ...tracked.map((one) => {
      const other = shown.get(one.finding.id);
      if (!other) return isLost(one, now) ? { ...one, workflow: undefined, owedAt: now } : one;
      const [firstSeenAt = one.firstSeenAt] = [one.firstSeenAt, other.firstSeenAt].sort();
      return { ...one, firstSeenAt, workflow: other.workflow };
    }),
    ...published.filter(({ finding }) => !known.has(finding.id)),
  ];
};

const isLost = ({ isOpen, recordState, owedAt, publishedAt }: TrackedFinding, now: string): boolean =>
  isOpen &&
  recordState === 'ACTIVE' &&
  owedAt === undefined &&
  publishedAt !== undefined &&
  toDaysBetween(publishedAt, now) >= settledAfterDays;
