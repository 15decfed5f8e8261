import pMap from 'p-map';
import { type Fact, type MissingPart, toKnown, toUnknown } from '../../evidence/fact.ts';

/** What was found of one thing of a listing, and what could not be read of it. */
export interface FoundOfOne<Item> {
  value: Item;
  missing: MissingPart[];
}

/** EKS publishes no rates: a handful in flight for each cluster. */
const askedAtOnce = 5;

/**
 * Asks about each thing of a listing. One that is gone by then is left out. A refusal of the first, before anything was
 * answered, is the answer for all: whoever may not ask would be refused each time.
 */
export const gatherFound = async <Listed, Item>(
  listed: readonly Listed[],
  find: (one: Listed) => Promise<FoundOfOne<Item>>,
  missing: MissingPart[],
): Promise<Fact<Item[]>> => {
  const [first, ...rest] = listed;
  if (first === undefined) return toKnown([], missing);
  const found = await find(first);
  const refusal = found.missing.find(
    ({ reason }) => reason === 'access-denied' || reason === 'denied-by-organization',
  );
  if (refusal) return toUnknown(refusal.reason, refusal.what);
  const all = [found, ...(await pMap(rest, find, { concurrency: askedAtOnce }))];
  const there = all.filter((one) => !one.missing.some(({ reason }) => reason === 'not-found'));
  return toKnown(
    there.map(({ value }) => value),
    [...missing, ...there.flatMap((one) => one.missing)],
  );
};
