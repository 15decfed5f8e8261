import type { Reading } from '../../activity/history.ts';
import type { TimeWindow } from '../../evidence/events.ts';
import type { KeyEvidence } from '../../evidence/key.ts';
import { toUnreadGaps } from './lookup-gaps.ts';
import { type EventReader, openEventHistory } from './lookup-history.ts';
import { toAskedNames, toWatchedKey } from './lookup-key.ts';
import { readInTurns } from './lookup-turns.ts';

/**
 * Takes keys of one account and Region; gives what changed them, by ARN. One look-up a name of a change, and only
 * names that one of the keys can meet. They take turns, a page each: a name with hundreds of events a day (CreateGrant
 * under EBS) uses up what the others leave of the budget, never their share. What was not reached is a gap.
 */
export const collectKeyChanges = async (
  reader: EventReader,
  keys: readonly KeyEvidence[],
  window: TimeWindow,
  budgetRequests: number,
): Promise<Map<string, Reading>> => {
  const history = openEventHistory(reader, keys.map(toWatchedKey), window, budgetRequests);
  const lookUps = toAskedNames(keys).map(({ name, keys: concerned }) =>
    history.begin(
      'EventName',
      name,
      concerned.map(({ arn }) => arn),
    ),
  );
  // Whether anything is answered here at all is asked once.
  if (lookUps[0]) await history.readOn(lookUps[0]);
  await readInTurns(history, lookUps);
  return history.toReadings((arn, { from }) => {
    const ofKey = lookUps.filter(({ keys: concerned }) => concerned.includes(arn));
    const unread = ofKey.flatMap(({ attribute, readFrom, end }) =>
      typeof end === 'object' ? [{ name: attribute.AttributeValue, readFrom, end }] : [],
    );
    return toUnreadGaps(unread, ofKey.length, from);
  });
};
