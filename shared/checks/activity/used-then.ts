/** Who used the key while something stood. */
import { sumUses, type Uses } from '../../activity/sum-uses.ts';
import { type KeyUse, mostNamed, type UseTally } from '../../evidence/events.ts';
import { type Fact, isKnown } from '../../evidence/fact.ts';

type UserThen = Pick<Uses, 'count' | 'operations' | 'outcomes' | 'first' | 'last'> & { principal: string };

/** By tallies that touch that time, each of a day; null where nobody told. */
export type UsedThen = { principals: UserThen[]; isWhole: boolean } | null;

/** Takes the uses, the time, and which of them are EKS's; gives those of everybody else, most calls first. */
export const toUsedThen = (
  use: Fact<KeyUse>,
  { from, to }: { from: string; to: string | null },
  isOfEks: (tally: UseTally) => boolean,
): UsedThen => {
  if (!isKnown(use)) return null;
  const then = Object.values(use.value.days)
    .flat()
    .filter((tally) => tally.last >= from && (to === null || tally.first <= to) && !isOfEks(tally));
  const principals = [...Map.groupBy(then, ({ principal }) => principal)]
    .map(([principal, tallies]) => {
      const { count, operations, outcomes, first, last } = sumUses(tallies);
      return { principal, count, operations, outcomes, first, last };
    })
    .sort((a, b) => b.count - a.count || (a.principal < b.principal ? -1 : 1));
  return { principals: principals.slice(0, mostNamed), isWhole: use.missing.length === 0 };
};

const mostInWords = 3;

export const toUsedWords = (used: UsedThen): string => {
  if (used === null) return 'Who used the key then is not known.';
  const part = used.isWhole ? '' : ', by events that are known in part';
  if (used.principals.length === 0) return `Nobody but EKS was seen to use the key then${part}.`;
  const named = used.principals
    .slice(0, mostInWords)
    .map(({ principal, count }) => `${principal} (${count})`)
    .join(', ');
  const more = used.principals.length > mostInWords ? ' and others' : '';
  return `Around that time it was used by ${named}${more}${part}.`;
};
