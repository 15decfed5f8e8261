import { describe, expect, it } from 'vitest';
import { adopt } from '../../shared/findings/adopt.ts';
import { settle } from '../../shared/findings/settle.ts';
import { type TrackedFinding, toTold } from '../../shared/findings/tracked.ts';
import { toFinding } from '../report/findings.ts';

const toDay = (day: number) => new Date(Date.UTC(2026, 10, day)).toISOString();
const tracked = (id: string, given: Partial<TrackedFinding> = {}): TrackedFinding => ({
  finding: { ...toTold(toFinding({})), id },
  isOpen: true,
  recordState: 'ACTIVE',
  firstSeenAt: toDay(5),
  publishedAt: toDay(5),
  ...given,
});

describe('What Security Hub knows', () => {
  it('is tracked from now on where nothing else knew of it', () => {
    const orphan = tracked('orphan');
    expect(adopt([], [orphan], toDay(9))).toEqual([orphan]);
  });

  it('gives the earlier of the first dates, and what people made of a finding', () => {
    const other = tracked('a', { firstSeenAt: toDay(2), workflow: 'SUPPRESSED', isOpen: false });
    expect(adopt([tracked('a')], [other], toDay(9))).toEqual([
      tracked('a', { firstSeenAt: toDay(2), workflow: 'SUPPRESSED' }),
    ]);
    expect(adopt([tracked('a')], [tracked('a', { firstSeenAt: toDay(7) })], toDay(9))).toMatchObject([
      { firstSeenAt: toDay(5) },
    ]);
  });

  it.each<[string, Partial<TrackedFinding>, string | undefined]>([
    ['is owed again where it lost an open finding', {}, toDay(9)],
    ['may not show what it was told today', { publishedAt: '2026-11-08T12:00:00.000Z' }, undefined],
    ['has nothing to show of what was never published', { publishedAt: undefined }, undefined],
    ['may forget what passed', { isOpen: false }, undefined],
    ['may forget what is archived', { recordState: 'ARCHIVED' }, undefined],
    ['still gets what is owed already, with its own date', { owedAt: toDay(6) }, toDay(6)],
  ])('%s', (_, given, owedAt) => {
    const published = { publishedAt: toDay(7), ...given };
    expect(adopt([tracked('a', published)], [], toDay(9))[0]?.owedAt).toBe(owedAt);
  });
});

describe('What arrived', () => {
  const arrived = new Map([['a', toDay(6)]]);

  it('is ticked off, and nothing else', () => {
    const other = tracked('b', { owedAt: toDay(6) });
    expect(settle([tracked('a', { owedAt: toDay(6) }), other], arrived)).toEqual([
      tracked('a', { publishedAt: toDay(6) }),
      other,
    ]);
  });

  it('leaves what a later run owes', () => {
    expect(settle([tracked('a', { owedAt: toDay(7) })], arrived)).toEqual([
      tracked('a', { owedAt: toDay(7), publishedAt: toDay(6) }),
    ]);
  });

  it('does not set back what arrived later', () => {
    expect(settle([tracked('a', { publishedAt: toDay(8) })], arrived)).toEqual([
      tracked('a', { publishedAt: toDay(8) }),
    ]);
  });

  it('is followed by its being active where it was archived to be opened anew', () => {
    const next = '2026-11-06T00:00:00.001Z';
    expect(settle([tracked('a', { owedAt: toDay(6), isReopened: true })], arrived)).toEqual([
      tracked('a', { publishedAt: toDay(6), owedAt: next }),
    ]);
  });
});
