import { describe, expect, it } from 'vitest';
import { createKeptHours } from '../../../shared/collect/cloudtrail/athena-gaps.ts';
import { toHours } from './kept-hours.ts';

const account = '111122223333';
const region = 'eu-central-1';
const window = { from: '2026-11-23T00:00:00.000Z', to: '2026-11-25T02:00:09.000Z' };
const all = toHours(window.from, window.to);

const read = (hours: readonly string[], hasKms: (hour: string) => boolean = () => true, asked = window) => {
  const kept = createKeptHours({ account, region });
  for (const hour of hours) kept.add(hour, hasKms(hour));
  return kept.getGaps(asked);
};
const noEvent = `the trail that Athena reads holds no event of ${account} in ${region}`;
const noKms = `the trail that Athena reads kept no event of KMS of ${account} in ${region}`;

describe('What a trail did not keep', () => {
  it('is nothing where every hour has a record, and every day one of KMS', () => {
    expect(read(all, (hour) => hour.endsWith('T02'))).toEqual([]);
  });

  it('is the hours between StopLogging and StartLogging, whatever was kept around them', () => {
    const stopped = ['2026-11-23T20', '2026-11-23T21', '2026-11-23T22', '2026-11-24T05'];
    expect(read(all.filter((hour) => !stopped.includes(hour)))).toEqual([
      {
        from: '2026-11-23T20:00:00.000Z',
        to: '2026-11-23T23:00:00.000Z',
        reason: 'incomplete-window',
        what: noEvent,
      },
      {
        from: '2026-11-24T05:00:00.000Z',
        to: '2026-11-24T06:00:00.000Z',
        reason: 'incomplete-window',
        what: noEvent,
      },
    ]);
  });

  it('is all but its hour where there is one record in all', () => {
    expect(read(['2026-11-23T20']).map(({ from, to }) => [from, to])).toEqual([
      ['2026-11-23T00:00:00.000Z', '2026-11-23T20:00:00.000Z'],
      ['2026-11-23T21:00:00.000Z', '2026-11-25T00:00:09.000Z'],
    ]);
  });

  it('is not the last two hours, whose records may still come', () => {
    expect(read(all.filter((hour) => hour <= '2026-11-25T00'))).toEqual([]);
  });

  it('is all that was asked for, to its end, where there is no record at all', () => {
    expect(read([])).toEqual([
      { ...window, reason: 'incomplete-window', what: noEvent.replace('no event', 'no event at all') },
    ]);
  });

  it('is a day of which it kept records, but none of KMS', () => {
    expect(read(all, (hour) => !hour.startsWith('2026-11-24'))).toEqual([
      {
        from: '2026-11-24T00:00:00.000Z',
        to: '2026-11-25T00:00:00.000Z',
        reason: 'incomplete-window',
        what: noKms,
      },
    ]);
  });

  it('is no part of a day for want of KMS: of a day that was asked for in part, or is not over for two hours', () => {
    const none = () => false;
    expect(read(all, none, { from: '2026-11-24T00:00:01.000Z', to: window.to })).toEqual([]);
    expect(read(all, none, { from: '2026-11-24T00:00:00.000Z', to: '2026-11-25T01:59:59.000Z' })).toEqual([]);
    expect(
      read(all, none, { from: '2026-11-24T00:00:00.000Z', to: '2026-11-25T02:00:00.000Z' }),
    ).toMatchObject([{ what: noKms }]);
  });

  it('is told once of a day without any record: by its hours', () => {
    expect(read(all.filter((hour) => !hour.startsWith('2026-11-24')))).toEqual([
      {
        from: '2026-11-24T00:00:00.000Z',
        to: '2026-11-25T00:00:00.000Z',
        reason: 'incomplete-window',
        what: noEvent,
      },
    ]);
  });
});
