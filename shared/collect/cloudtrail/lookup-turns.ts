import pMap from 'p-map';
import type { EventHistory, LookUp } from './lookup-history.ts';

/** The next request is on its way while an answer is read; how many start in a second is decided elsewhere. */
const requestsAtOnce = 3;

/** Reads the next page of each. */
export const readEach = async ({ readOn }: EventHistory, lookUps: readonly LookUp[]): Promise<void> => {
  await pMap(lookUps, readOn, { concurrency: requestsAtOnce });
};

/** Reads look-ups to their ends, a page of each in turn. */
export const readInTurns = async (history: EventHistory, lookUps: readonly LookUp[]): Promise<void> => {
  if (!history.reach) return;
  for (;;) {
    const open = lookUps.filter(({ end }) => end === undefined);
    if (open.length === 0) return;
    await readEach(history, open);
  }
};
