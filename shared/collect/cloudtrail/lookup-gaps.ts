/** What look-ups did not show, in the words of a reading's gaps. */
import type { EventGap, TimeWindow } from '../../evidence/events.ts';
import type { Unknown } from '../../evidence/fact.ts';

/** Events of one name that can't be read, on one day, of one key. */
export interface Damage extends TimeWindow {
  name: string;
  count: number;
  detail: string;
}

export const toDamageGap = ({ name, from, to, count, detail }: Damage): EventGap => ({
  from,
  to,
  reason: 'failed',
  what: `${count} ${name} could not be read: ${detail}`,
});

/** What was looked up, and how far back it was read before the reading ended, if it was not all. */
export interface Unread {
  name: string;
  readFrom: string;
  end: Unknown;
}

/** Takes what is unread of a key, and how many kinds of events were asked for; gives alike gaps as one. */
export const toUnreadGaps = (unread: readonly Unread[], kinds: number, from: string): EventGap[] => {
  const alike = Map.groupBy(
    unread.filter(({ readFrom }) => readFrom > from),
    ({ readFrom, end }) => `${readFrom} ${end.unknown} ${end.detail}`,
  );
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { readFrom: to, end } = first;
    const names = kinds > 1 && group.length === kinds ? 'events' : group.map(({ name }) => name).join(', ');
    return [{ from, to, reason: end.unknown, what: `${names} before ${to}: ${end.detail}` }];
  });
};
