import { settleMilliseconds } from '../../activity/day-parts.ts';
import type { Reading } from '../../activity/history.ts';
import { type EventGap, type TimeWindow, useOperation } from '../../evidence/events.ts';
import { isKnown } from '../../evidence/fact.ts';
import type { KeyEvidence } from '../../evidence/key.ts';
import { toUnreadGaps } from './lookup-gaps.ts';
import { type EventHistory, type EventReader, type LookUp, openEventHistory } from './lookup-history.ts';
import { toWatchedKey } from './lookup-key.ts';
import { readEach, readInTurns } from './lookup-turns.ts';
import { type Progress, toPagesLeft, toShare } from './lookup-way.ts';

/**
 * Takes keys of one account and Region; gives who used them, by ARN. The first page of a pass over all events of KMS
 * tells how dense they are. Where the pass is expected to take no more requests than there are keys, it is read on: one
 * way for all. Else the first page of each key's own look-up (by ResourceName) is read, too, and the way taken that
 * shows more of the window, on average over the keys, for the requests that are left; of two that show as much, the
 * pass, which alone shows what is listed under no key. Each event counts once, whichever way it came. Where the budget ends before the window's
 * beginning, the time before the oldest event is a gap.
 *
 * A key's own look-up finds what CloudTrail lists the key as a resource of: a refused call that names it in the error's
 * words alone shows in the pass only.
 */
export const collectKeyUse = async (
  reader: EventReader,
  keys: readonly KeyEvidence[],
  window: TimeWindow,
  budgetRequests: number,
): Promise<Map<string, Reading>> => {
  const history = openEventHistory(reader, keys.map(toWatchedKey), window, budgetRequests);
  const { reach } = history;
  if (!reach || keys.length === 0) return history.toReadings(() => []);
  const pass = history.begin(
    'EventSource',
    'kms.amazonaws.com',
    keys.map(({ arn }) => arn),
  );
  await history.readOn(pass);
  const isPassShort = toPagesLeft(toProgress(pass, reach), toMilliseconds(reach)) < keys.length;
  const byKey = isPassShort || pass.end ? [] : await measureKeys(history, keys, reach);
  const requests = history.getRequestsLeft();
  const isByKey = byKey.length > 0 && toShareOf(byKey, reach, requests) > toShareOf([pass], reach, requests);
  await readInTurns(history, isByKey ? byKey : [pass]);
  return history.toReadings((arn, { from }) => {
    const own = byKey.find(({ keys: [key] }) => key === arn);
    return toUnreadOfKey(pass, own, isByKey, from);
  });
};

const toMilliseconds = ({ from, to }: TimeWindow): number => Date.parse(to) - Date.parse(from);

const toProgress = ({ readFrom, pages, end }: LookUp, { to }: TimeWindow): Progress => ({
  readMilliseconds: Date.parse(to) - Date.parse(readFrom),
  pages,
  isWhole: end === 'all-read',
});

const toShareOf = (lookUps: readonly LookUp[], reach: TimeWindow, requests: number) =>
  toShare(
    lookUps.map((lookUp) => toProgress(lookUp, reach)),
    toMilliseconds(reach),
    requests,
  );

/**
 * The first page of each key's own look-up; none where these turn out not to find the uses of a key, which AWS does
 * not document. The keys that are known to be used come first, so that one page shows it.
 */
const measureKeys = async (
  history: EventHistory,
  keys: readonly KeyEvidence[],
  reach: TimeWindow,
): Promise<LookUp[]> => {
  const lastUses = new Map(
    keys.map((key) => [key.arn, history.getLastUse(key.arn) ?? getLastUsage(key, reach)]),
  );
  const lookUps = keys
    .toSorted((a, b) => Number(lastUses.get(a.arn) === undefined) - Number(lastUses.get(b.arn) === undefined))
    .map(({ arn }) => history.begin('ResourceName', arn, [arn]));
  const isBlind = ({ keys: [arn = ''], pages, uses, readFrom }: LookUp): boolean => {
    const last = lastUses.get(arn);
    return last !== undefined && pages > 0 && uses === 0 && readFrom <= last;
  };
  const [first, ...others] = lookUps;
  if (!first) return [];
  await history.readOn(first);
  if (isBlind(first)) return [];
  await readEach(history, others);
  return lookUps.some(isBlind) ? [] : lookUps;
};

/** The last use that KMS knows of, where it is one that CloudTrail should show by now. */
const getLastUsage = ({ lastUsage }: KeyEvidence, { from, to }: TimeWindow): string | undefined => {
  if (!lastUsage || !isKnown(lastUsage)) return undefined;
  const { Operation: operation, Timestamp: last } = lastUsage.value.KeyLastUsage ?? {};
  const isCounted = operation === 'ReEncrypt' || useOperation.safeParse(operation).success;
  const settled = new Date(Date.parse(to) - settleMilliseconds).toISOString();
  return isCounted && last !== undefined && last >= from && last < settled ? last : undefined;
};

/** Refused calls, and calls of AWS services, may be listed under no key: only the pass shows them. */
const toUnlisted = (from: string, to: string): EventGap => ({
  from,
  to,
  reason: 'incomplete-window',
  what: 'calls that CloudTrail lists under no key (refused ones, some of AWS services) were not looked for',
});

/** Both ways show uses of a key, so what is missing is what neither reached. */
const toUnreadOfKey = (pass: LookUp, own: LookUp | undefined, isByKey: boolean, from: string) => {
  const chosen = isByKey && own ? own : pass;
  const unlisted = isByKey && own && pass.readFrom > from ? [toUnlisted(from, pass.readFrom)] : [];
  if (chosen.end === undefined || chosen.end === 'all-read') return unlisted;
  const reached = [pass, ...(own ? [own] : [])].map(({ readFrom }) => readFrom);
  const readFrom = reached.sort()[0] ?? chosen.readFrom;
  return [...toUnreadGaps([{ name: 'uses', readFrom, end: chosen.end }], 1, from), ...unlisted];
};
