/** The time that a trail did not keep, by the hours of which Athena found any record. */
import { settleMilliseconds, toDays } from '../../activity/day-parts.ts';
import type { EventGap, TimeWindow } from '../../evidence/events.ts';
import { toMissingHours } from './log-gaps.ts';

const hourMilliseconds = 3_600_000;

/**
 * Collects the UTC hours with records of one account and Region; gives the gaps of a time that Athena was asked for at
 * its end. Its last two hours are not missed: their records may still be on their way.
 */
export const createKeptHours = (home: { account: string; region: string }) => {
  const hours = new Set<number>();
  const days = new Set<string>();
  const daysOfKms = new Set<string>();
  const of = `of ${home.account} in ${home.region}`;
  return {
    /** `2026-11-24T01` */
    add: (hour: string, hasKms: boolean) => {
      hours.add(Date.parse(`${hour}:00:00Z`) / hourMilliseconds);
      days.add(hour.slice(0, 10));
      if (hasKms) daysOfKms.add(hour.slice(0, 10));
    },
    getGaps: ({ from, to }: TimeWindow): EventGap[] => {
      const reason = 'incomplete-window';
      // A location that is wrong by a letter shows like that; Keyward's own calls of the night before are events, too.
      if (hours.size === 0)
        return [{ from, to, reason, what: `the trail that Athena reads holds no event at all ${of}` }];
      const settled = Date.parse(to) - settleMilliseconds;
      const span = { from: Date.parse(from), to: settled };
      // A trail may exclude the events of KMS: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html
      // A part of a day may have had none to keep. A day without any record is missed by its hours.
      const withoutKms = toDays(from, to).filter(
        (part) =>
          Date.parse(part.to) - Date.parse(part.from) === 24 * hourMilliseconds &&
          Date.parse(part.to) <= settled &&
          days.has(part.day) &&
          !daysOfKms.has(part.day),
      );
      return [
        ...toMissingHours(span, hours, `the trail that Athena reads holds no event ${of}`),
        ...withoutKms.map(
          (part): EventGap => ({
            from: part.from,
            to: part.to,
            reason,
            what: `the trail that Athena reads kept no event of KMS ${of}`,
          }),
        ),
      ];
    },
  };
};
