import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decryptDenialsAreRare } from '../../shared/checks/decrypt-denials-are-rare.ts';
import type { Actor, UseTally } from '../../shared/evidence/events.ts';
import { denied, type Given, judge, keyArn, saysDenied } from './cases.ts';
import { actors, ownContext, quietDays, toTally, toUse, volumeContext } from './events.ts';
import { toRole } from './policies.ts';

const refused = (who: Actor, count: number, more: Partial<UseTally> = {}) =>
  toTally(who, { outcome: 'AccessDenied', context: {}, count, ...more });
const ask = (tallies: UseTally[], more: Given = {}) =>
  judge(decryptDenialsAreRare, { use: toUse(tallies), ...more });
const onDay = (day: string) => ({ first: `2026-11-${day}T10:00:00.000Z` });

describe('decrypt-denials-are-rare', () => {
  it.each<[string, UseTally[]]>([
    ['no events', []],
    ['as many as are allowed', [refused(actors.operator, 10)]],
    ['many, but few a day', ['20', '21', '22', '23'].map((day) => refused(actors.operator, 9, onDay(day)))],
    [
      'many in all, but few of each principal',
      Array.from({ length: 30 }, (_, index) => refused({ principal: toRole(`r-${index}`), kind: 'role' }, 2)),
    ],
    ['EKS’s health checks', [refused(actors.healthCheck, 1_440)]],
    ['EKS’s own', [refused(actors.eks, 1_440, { context: ownContext })]],
    ['Auto Scaling, again and again', [refused(actors.autoScaling, 300, { context: volumeContext })]],
    ['volumes', [refused(actors.volumes, 300, { context: volumeContext })]],
    ['a service', [refused(actors.rds, 300)]],
    ['successes', [toTally(actors.operator, { count: 500 })]],
    ['Encrypt', [refused(actors.operator, 500, { operation: 'Encrypt' })]],
    ['the target’s side of ReEncrypt', [refused(actors.operator, 500, { operation: 'ReEncryptTo' })]],
    ['a disabled key', [refused(actors.operator, 500, { outcome: 'DisabledException' })]],
    ['a key in the wrong state', [refused(actors.operator, 500, { outcome: 'KMSInvalidStateException' })]],
    ['wrong ciphertext', [refused(actors.operator, 500, { outcome: 'InvalidCiphertextException' })]],
  ])('passes for %s', (_, tallies) => {
    expect(ask(tallies)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('fails for more than is allowed on one day, and names the worst', () => {
    const tallies = [
      refused(actors.operator, 8, onDay('20')),
      refused(actors.operator, 6, { ...onDay('20'), context: ownContext, operation: 'ReEncryptFrom' }),
      refused(actors.operator, 40, { ...onDay('21'), outcome: 'AccessDeniedException' }),
      refused(actors.operator, 2, onDay('22')),
      ...quietDays(),
    ];
    expect(ask(tallies)).toMatchObject([
      {
        status: 'fail',
        severity: 'medium',
        subject: toRole('operator'),
        message: `${toRole('operator')} was denied Decrypt and ReEncryptFrom on ${keyArn} 40 times on 2026-11-21 (more than 10 a day on 2 days), from 198.51.100.7.`,
        evidence: {
          day: '2026-11-21',
          onThatDay: 40,
          days: 2,
          allowed: 10,
          count: 56,
          first: '2026-11-20T10:00:00.000Z',
          last: '2026-11-22T10:00:00.000Z',
        },
      },
    ]);
  });

  it.each<[string, Actor]>([
    ['an IAM user', actors.user],
    ['the cluster’s role, of which EKS did not ask it', actors.clusterRole],
    ['a role called like a service-linked one', { principal: toRole('AWSServiceRoleForEvil'), kind: 'role' }],
    ['Step Functions on somebody’s order', actors.throughStepFunctions],
  ])('fails for %s', (_, who) => {
    expect(ask([refused(who, 11)])).toMatchObject([{ status: 'fail', subject: who.principal }]);
  });

  it('says through which service somebody was denied', () => {
    const [verdict] = ask([refused(actors.throughS3, 11)]);
    expect(verdict?.message).toContain('on 1 day), through s3.amazonaws.com, from 198.51.100.7.');
  });

  it('counts by the threshold of the settings, and not whom somebody expects', () => {
    const settings = { thresholds: { deniedDecrypts: 0 } };
    expect(ask([refused(actors.operator, 1)], { settings })).toMatchObject([{ status: 'fail' }]);
    const expected = { decrypters: ['*:role/operator'] };
    expect(ask([refused(actors.operator, 99)], { settings: { expected } })).toMatchObject([
      { status: 'pass' },
    ]);
  });

  it('claims nothing of callers that KMS logs elsewhere', () => {
    expect(decryptDenialsAreRare.pass).toMatch(/^By what the key’s own account logs/);
    expect(decryptDenialsAreRare.rationale).toContain('another account in that account alone');
  });

  it('is unknown where the events could not be read, and never passes over a part of them', () => {
    expect(ask([], { use: denied })).toMatchObject(saysDenied);
    expect(ask([], { missing: ['key.use'] })).toMatchObject([{ status: 'unknown', reason: 'throttled' }]);
    expect(ask([refused(actors.operator, 11)], { missing: ['key.use'] })).toMatchObject([
      { status: 'fail' },
      { status: 'unknown' },
    ]);
  });

  it('says the same in whatever order events come, however they were tallied, and whatever EKS did', () => {
    const tally = fc
      .record({
        who: fc.constantFrom(...Object.values(actors)),
        count: fc.integer({ min: 2, max: 9 }),
        day: fc.constantFrom('20', '21'),
        outcome: fc.constantFrom('success', 'AccessDenied'),
      })
      .map(({ who, count, day, outcome }) => refused(who, count, { ...onDay(day), outcome }));
    const bySubject = (verdicts: ReturnType<typeof ask>) =>
      [...verdicts].sort((a, b) => ((a.subject ?? '') < (b.subject ?? '') ? -1 : 1));
    fc.assert(
      fc.property(fc.array(tally), (tallies) => {
        const cut = tallies.flatMap((one) => [
          { ...one, count: one.count - 1 },
          { ...one, count: 1 },
        ]);
        const noise = [...quietDays(), refused(actors.eks, 500)];
        expect(bySubject(ask([...noise, ...cut.toReversed()]))).toEqual(bySubject(ask(tallies)));
      }),
    );
  });
});
