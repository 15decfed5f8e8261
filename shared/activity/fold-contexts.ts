/**
 * Encryption contexts are their callers' to choose, and S3 has one an object: past a number of them a principal's calls
 * of one kind and day are told under the contexts' names alone, or under none. Contexts of EKS are never folded: they
 * decide how bad a call is.
 */
import { mostNamed, type UseTally } from '../evidence/events.ts';
import { getCalledContext } from './control-plane.ts';

type Context = UseTally['context'];

const toNames = (context: Context): Context =>
  Object.fromEntries(Object.keys(context).map((name) => [name, '*']));
const toAny = (): Context => ({ '*': '*' });

/** The context as it is told, and what may be told in its place; the first holds most. */
export const toTold = (context: Context): Context[] => [context, toNames(context), toAny()];

/**
 * Takes the tallies of a key's UTC day, how to tell them apart, and how to join one to those of its kind; gives them
 * with no more than so many contexts for a principal and kind of call. The order they come in changes nothing.
 */
export const foldContexts = (
  tallies: readonly UseTally[],
  toKey: (tally: UseTally) => string,
  join: (joined: Map<string, UseTally>, tally: UseTally) => void,
): UseTally[] =>
  [...Map.groupBy(tallies, (tally) => toKey({ ...tally, context: getEksPart(tally) }))].flatMap(
    ([, alike]) => {
      const [first] = alike;
      if (!first || alike.length <= mostNamed || getCalledContext(first) !== undefined) return alike;
      const folded = [toNames, toAny].map((fold) => {
        const joined = new Map<string, UseTally>();
        for (const tally of alike) join(joined, { ...tally, context: fold(tally.context) });
        return [...joined.values()];
      });
      return folded.find(({ length }) => length <= mostNamed) ?? [];
    },
  );

/** Only contexts of EKS keep a group of their own. */
const getEksPart = (tally: UseTally): Context => (getCalledContext(tally) === undefined ? {} : tally.context);
