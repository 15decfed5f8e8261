import { describe, expect, it } from 'vitest';
import { settings } from '../../shared/evidence/settings.ts';
import { toTimelineLines } from '../../shared/report/timeline.ts';
import { toTimeline } from '../../shared/who/timeline.ts';
import { toKeySubject } from './key-subject.ts';
import { change, controlPlane, strayContext, strayUse, tally, toRole, toUsedKey } from './used.ts';

const defaults = settings.parse({});
const opening = {
  status: 'fail' as const,
  severity: 'critical' as const,
  subject: 'event',
  message: 'Open to anybody.',
  evidence: { from: '2026-11-22T02:10:00.000Z', to: '2026-11-22T02:14:00.000Z' },
};
const key = toUsedKey(
  [controlPlane, tally(toRole('thief')), tally(toRole('thief'), { outcome: 'AccessDenied', count: 2 })],
  [
    change('PutKeyPolicy', toRole('intruder')),
    change('DisableKey', toRole('x'), { outcome: 'AccessDenied' }),
  ],
);
const draw = (width = 80) => {
  const timeline = toTimeline([key], defaults, [opening]);
  if (!timeline) throw new Error('no timeline');
  return [...toTimelineLines(timeline, width, (_style, text) => text)].join('');
};

describe('toTimeline', () => {
  it('counts each UTC day of the window', () => {
    expect(toTimeline([key], defaults, [])?.days).toEqual([
      { day: '2026-11-20', expected: 0, unexpected: 0, failed: 0, changes: 0 },
      { day: '2026-11-21', expected: 48, unexpected: 1, failed: 2, changes: 0 },
      { day: '2026-11-22', expected: 0, unexpected: 0, failed: 0, changes: 2 },
      { day: '2026-11-23', expected: 0, unexpected: 0, failed: 0, changes: 0 },
      { day: '2026-11-24', expected: 0, unexpected: 0, failed: 0, changes: 0 },
    ]);
  });

  it('tells everything but the expected uses, in the order of time', () => {
    const entries = toTimeline([key], defaults, [opening])?.entries ?? [];
    expect(entries.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
      `use: Decrypt once by ${toRole('thief')}`,
      `use: Decrypt 2 times by ${toRole('thief')}, refused: AccessDenied`,
      'open: Open to anybody.',
      `change: PutKeyPolicy by ${toRole('intruder')}`,
      `change: DisableKey by ${toRole('x')}, refused: AccessDenied`,
    ]);
  });

  it('marks what EKS did under a context that no grant has, and no other of its calls', () => {
    const timeline = toTimeline([toUsedKey([controlPlane, strayUse])], defaults, []);
    expect(timeline?.days[1]).toMatchObject({ expected: 48, unexpected: 56 });
    expect(timeline?.entries.map(({ text }) => text)).toEqual([
      `Decrypt 56 times by eks.amazonaws.com under context ${strayContext['aws:eks:context']}, which no grant has`,
    ]);
  });

  it('has nothing to tell of a key whose events were not read', () => {
    expect(toTimeline([toKeySubject()], defaults, [])).toBeUndefined();
  });
});

describe('toTimelineLines', () => {
  it('draws a column a day and a row a kind', () => {
    const rows = draw().split('\n').slice(1, 6);
    expect(rows).toEqual([
      '  expected    ·█···',
      '  unexpected  ·█···',
      '  failed      ·█···',
      '  changes     ··█··',
      '  open        ··█··',
    ]);
  });

  it('keeps to the width by leaving out the oldest days', () => {
    expect(draw(17)).toContain('  unexpected  ···\n');
  });

  it('says when, to the minute', () => {
    expect(draw()).toMatch(/open +2026-11-22 02:10 to 02:14 {2}Open to anybody\./);
  });
});
