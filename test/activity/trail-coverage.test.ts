import { describe, expect, it } from 'vitest';
import { toStop } from '../../shared/activity/trail-coverage.ts';
import { toKnown, toUnknown } from '../../shared/evidence/fact.ts';
import { type Trail, trailStatus } from '../../shared/evidence/trail.ts';

/** A multi-Region trail that was stopped and started at these minutes of ten o'clock. */
const stopped = (from?: number, to?: number, more: Partial<Trail> = {}): Trail => ({
  TrailARN: `trail-${from}`,
  IsMultiRegionTrail: true,
  status: toKnown(
    trailStatus.parse({
      IsLogging: true,
      ...(from === undefined ? {} : { StopLoggingTime: toMoment(from) }),
      ...(to === undefined ? {} : { StartLoggingTime: toMoment(to) }),
    }),
  ),
  selectors: toKnown({}),
  ...more,
});
const toMoment = (minute: number) => new Date(Date.UTC(2026, 10, 20, 10, minute));
const writesAlone = { selectors: toKnown({ EventSelectors: [{ ReadWriteType: 'WriteOnly' }] }) };

describe('the time in which no trail logged', () => {
  it.each<[string, Trail[], [number, number] | undefined]>([
    ['of one trail', [stopped(0, 10)], [0, 10]],
    [
      'of an organisation’s, whose selectors nobody sees',
      [stopped(0, 10, { selectors: toUnknown('failed', '') })],
      [0, 10],
    ],
    ['of two, what both share', [stopped(0, 10), stopped(5, 20)], [5, 10]],
    [
      'beside a trail that keeps no use of keys',
      [stopped(0, 10), stopped(undefined, 0, writesAlone)],
      [0, 10],
    ],
    ['beside a trail that logged', [stopped(0, 10), stopped(undefined, 0)], undefined],
    ['of two that took turns', [stopped(0, 10), stopped(10, 20)], undefined],
    ['of a trail that stopped and is said to have started before', [stopped(10, 0)], undefined],
    ['of none', [], undefined],
  ])('%s', (_, trails, stop) => {
    const [from, to] = (stop ?? []).map((minute) => toMoment(minute).toISOString());
    expect(toStop(trails, 'eu-west-1')).toEqual(stop && { from, to });
  });
});
