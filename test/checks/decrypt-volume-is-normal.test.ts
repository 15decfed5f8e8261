import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decryptVolumeIsNormal } from '../../shared/checks/decrypt-volume-is-normal.ts';
import type { Actor, UseTally } from '../../shared/evidence/events.ts';
import { clusterArn, denied, type Given, judge, keyArn, saysDenied, toEksGrant } from './cases.ts';
import { actors, otherContext, quietDays, toTally, toUse, volumeContext, windowDays } from './events.ts';
import { toRole } from './policies.ts';

const grants = [toEksGrant('shop', 'context-1'), toEksGrant('pay', 'context-2')];
const settings = { expected: { decrypters: [toRole('operator')] } };
const ask = (tallies: UseTally[], more: Given = {}) =>
  judge(decryptVolumeIsNormal, { use: toUse(tallies), grants, settings, ...more });
/** So many calls on each day of the window, in order. */
const byDay = (who: Actor, counts: number[], more: Partial<UseTally> = {}) =>
  counts.flatMap((count, index) =>
    count === 0 ? [] : [toTally(who, { count, first: `${windowDays[index]}T10:00:00.000Z`, ...more })],
  );
const days = (usual: number, ...last: number[]) => [
  ...Array.from({ length: windowDays.length - last.length }, () => usual),
  ...last,
];

describe('decrypt-volume-is-normal', () => {
  it.each<[string, UseTally[]]>([
    ['nobody', []],
    ['a steady control plane', quietDays()],
    ['a control plane that was restarted', byDay(actors.eks, days(2_880, 5_900))],
    ['a control plane that was scaled up', byDay(actors.eks, days(2_880, 5_760, 5_760, 8_640))],
    [
      'a control plane that calls as somebody else since',
      [...byDay(actors.eks, days(2_880, 0, 0)), ...byDay(actors.eksOfRegion, days(0, 2_880, 2_880))],
    ],
    ['a control plane that fell silent', byDay(actors.eks, days(2_880, 0))],
    [
      'a new cluster on the same key',
      [...quietDays(), ...byDay(actors.eks, days(0, 90_000), { context: otherContext })],
    ],
    ['a principal with little more', byDay(actors.operator, days(10, 900))],
    [
      'a job that runs once a week',
      byDay(
        actors.operator,
        windowDays.map((_, index) => (index % 7 === 0 ? 4_000 : 0)),
      ),
    ],
    ['volumes', byDay(actors.volumes, days(10, 20_000), { context: volumeContext })],
    ['somebody whom nobody expects', byDay(actors.user, days(10, 20_000))],
    [
      'denied calls',
      byDay(actors.operator, days(10, 10)).concat(
        byDay(actors.operator, days(0, 20_000), { outcome: 'AccessDenied' }),
      ),
    ],
    ['calls that seal', byDay(actors.operator, days(10, 20_000), { operation: 'Encrypt' })],
  ])('passes for %s', (_, tallies) => {
    expect(ask(tallies)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('fails for an expected principal that opened far more than ever', () => {
    const tallies = [...quietDays(), ...byDay(actors.operator, days(40, 20_000, 40, 9_000))];
    expect(ask(tallies)).toMatchObject([
      {
        status: 'fail',
        severity: 'low',
        subject: toRole('operator'),
        message: `${toRole('operator')} opened something with ${keyArn} 20000 times on 2026-11-21; a usual day has 40, and up to 1040 would be no news. So it was on 2 days.`,
        evidence: {
          day: '2026-11-21',
          count: 20_000,
          median: 40,
          limit: 1_040,
          days: ['2026-11-21', '2026-11-23'],
          comparedDays: 22,
          first: '2026-11-21T10:00:00.000Z',
          last: '2026-11-23T10:00:00.000Z',
        },
      },
    ]);
  });

  it.each<[string, UseTally[], Given]>([
    ['under the cluster’s context', byDay(actors.eks, days(2_880, 40_000)), {}],
    [
      'where that is not known',
      byDay(actors.eks, days(2_880, 40_000), { context: otherContext }),
      { grants: [{ ...grants[0], GrantId: 'g', Constraints: { SourceArn: clusterArn } }] },
    ],
  ])('fails for the control plane %s, as one principal', (_, tallies, more) => {
    expect(ask(tallies, more)).toMatchObject([
      { status: 'fail', subject: 'eks.amazonaws.com', evidence: { day: '2026-11-23' } },
    ]);
  });

  it('is not moved by a thief who spreads the work over some days', () => {
    const tallies = byDay(actors.operator, days(40, ...Array.from({ length: 6 }, () => 3_000)));
    expect(ask(tallies)).toMatchObject([{ status: 'fail', evidence: { days: { length: 6 } } }]);
  });

  it('judges complete days alone', () => {
    const today = toTally(actors.operator, { count: 90_000, first: '2026-11-24T00:10:00.000Z' });
    expect(ask([...byDay(actors.operator, days(40)), today])).toMatchObject([{ status: 'pass' }]);
  });

  it('is unknown until there are days enough', () => {
    const few = { thresholds: { baselineDays: 23 } };
    expect(ask(quietDays(), { settings: few })).toMatchObject([
      {
        status: 'unknown',
        reason: 'incomplete-window',
        message: 'a baseline needs 23 complete days beside the one that is judged, and 23 were read',
      },
    ]);
    expect(ask(quietDays(), { settings: { thresholds: { baselineDays: 22 } } })).toMatchObject([
      { status: 'pass' },
    ]);
  });

  it('says of a new principal that it has no baseline yet, and judges the others', () => {
    const verdicts = ask([
      ...byDay(actors.operator, days(0, 40, 40, 40)),
      ...byDay(actors.eks, days(2_880, 40_000)),
    ]);
    expect(verdicts).toMatchObject([
      { status: 'fail', subject: 'eks.amazonaws.com' },
      {
        status: 'unknown',
        reason: 'incomplete-window',
        message: expect.stringContaining(toRole('operator')),
      },
    ]);
  });

  it('leaves out the days of which a part is missing', () => {
    const fact = toUse(byDay(actors.operator, days(40, 20_000)));
    const from = windowDays.indexOf('2026-11-09');
    // Half the window is gone: the other half is too short.
    const half = { ...fact, days: Object.fromEntries(Object.entries(fact.days).slice(from)) };
    expect(ask([], { use: half })).toMatchObject([{ status: 'fail' }]);
    expect(ask([], { use: { ...half, from: '2026-11-10T00:00:00.000Z' } })).toMatchObject([
      { status: 'unknown', reason: 'incomplete-window' },
    ]);
  });

  it('is unknown where something could not be read', () => {
    expect(ask([], { use: denied })).toMatchObject(saysDenied);
    expect(ask(quietDays(), { grants: denied })).toMatchObject(saysDenied);
    // Of a gap without a time nobody knows which day it makes incomplete.
    expect(ask(quietDays(), { missing: ['key.use'] })).toMatchObject([{ status: 'unknown' }]);
  });

  it('says the same in whatever order events come, and however they were tallied', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 2, max: 6_000 }), { minLength: 23, maxLength: 23 }),
        (counts) => {
          const tallies = [...byDay(actors.operator, counts), ...quietDays()];
          const cut = tallies.flatMap((one) => [
            { ...one, count: one.count - 1 },
            { ...one, count: 1 },
          ]);
          expect(ask(cut.toReversed())).toEqual(ask(tallies));
        },
      ),
    );
  });
});
