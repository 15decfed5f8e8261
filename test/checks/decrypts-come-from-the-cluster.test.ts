import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decryptsComeFromTheCluster } from '../../shared/checks/decrypts-come-from-the-cluster.ts';
import type { UseTally } from '../../shared/evidence/events.ts';
import { toKnown } from '../../shared/evidence/fact.ts';
import { clusterArn, denied, type Given, judge, keyArn, saysDenied, toEksGrant } from './cases.ts';
import { actors, otherContext, ownContext, quietDays, toTally, toUse, volumeContext } from './events.ts';
import { outside, toRole, toRoot } from './policies.ts';

const own = toEksGrant('shop', 'context-1');
const pay = toEksGrant('pay', 'context-2');
const ask = (tallies: UseTally[], more: Given = {}) =>
  judge(decryptsComeFromTheCluster, { use: toUse(tallies), grants: [own, pay], ...more });
const tellingNoContext = { ...own, Constraints: { SourceArn: clusterArn } };
const purpose = { purpose: 'tickets' };

describe('decrypts-come-from-the-cluster', () => {
  it.each<[string, UseTally[]]>([
    ['nobody', []],
    ['the control plane', quietDays()],
    ['the control plane under its regional name', quietDays(actors.eksOfRegion)],
    ['AWS without a name, under the cluster’s context', quietDays(actors.awsInternal)],
    ['EKS in the name of the cluster’s role', quietDays(actors.healthCheck)],
    ['the control plane of another cluster', [toTally(actors.eks, { context: otherContext })]],
    [
      'AWS without a name, under another cluster’s context',
      [toTally(actors.awsInternal, { context: otherContext })],
    ],
    [
      'volumes by the hundred',
      Array.from({ length: 300 }, (_, index) =>
        toTally(actors.volumes, { context: { 'aws:ebs:id': `vol-${index}` } }),
      ),
    ],
    ['Auto Scaling', [toTally(actors.autoScaling, { context: volumeContext })]],
    ['AWS Backup', [toTally(actors.backup, { context: { 'aws:backup:backup-vault': 'v' } })]],
    ['a reader of a bucket', [toTally(actors.throughS3, { context: { 'aws:s3:arn': 'arn:aws:s3:::b' } })]],
    ['a database', [toTally(actors.rds, { context: { 'aws:rds:db-id': 'db-1' } })]],
    ['somebody who seals', [toTally(actors.operator, { operation: 'GenerateDataKey' })]],
    ['somebody who encrypts', [toTally(actors.operator, { operation: 'Encrypt' })]],
    ['somebody who seals anew', [toTally(actors.operator, { operation: 'ReEncryptTo' })]],
    [
      'somebody who was denied what is not the cluster’s',
      [toTally(actors.operator, { context: purpose, outcome: 'AccessDenied' })],
    ],
  ])('passes for the use by %s', (_, tallies) => {
    expect(ask(tallies)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('fails for a role in whose name AWS called under the cluster’s own context, and for no other', () => {
    expect(ask([toTally(actors.throughAws)])).toMatchObject([
      { status: 'fail', severity: 'critical', subject: actors.throughAws.principal },
    ]);
    expect(ask([toTally(actors.throughAws, { context: volumeContext })])).toMatchObject([{ status: 'pass' }]);
  });

  it('fails for somebody under the cluster’s own context, and tells all of it', () => {
    const tallies = [
      ...quietDays(),
      toTally(actors.operator, { count: 3, last: '2026-11-20T04:00:00.000Z' }),
      toTally(actors.operator, { context: purpose, count: 2, events: ['event-2'] }),
      toTally(actors.volumes, { context: volumeContext, count: 400 }),
      toTally(actors.rds, { context: volumeContext, count: 70, outcome: 'AccessDenied' }),
    ];
    expect(ask(tallies)).toEqual([
      {
        status: 'fail',
        severity: 'critical',
        subject: toRole('operator'),
        message: `${toRole('operator')} used ${keyArn} 3 times (Decrypt) between 2026-11-20 02:10 UTC and 2026-11-20 04:00 UTC, from 198.51.100.7, under this cluster’s own encryption context. Only EKS has a reason to: whoever else does holds a copy of the cluster’s data or data keys, and opened it.`,
        fix: expect.stringContaining(
          'aws cloudtrail lookup-events --region eu-west-1 --lookup-attributes AttributeKey=EventId,AttributeValue=event-1',
        ),
        evidence: {
          key: keyArn,
          principal: toRole('operator'),
          kind: 'role',
          account: '111122223333',
          count: 3,
          first: '2026-11-20T02:10:00.000Z',
          last: '2026-11-20T04:00:00.000Z',
          operations: { Decrypt: 3 },
          outcomes: { success: 3 },
          contexts: [ownContext],
          through: [],
          sources: ['198.51.100.7'],
          agents: ['aws-cli/2.31.0'],
          events: ['event-1'],
          lesserCalls: 2,
          byServices: { calls: 400, principals: [toRole('aws:ec2-infrastructure')] },
        },
      },
    ]);
  });

  it.each<[string, UseTally]>([
    ['the cluster’s role, of which EKS did not ask it', toTally(actors.clusterRole)],
    ['another account', toTally(actors.outsider)],
    ['an IAM user', toTally(actors.user)],
    ['root', toTally(actors.root)],
    ['ReEncrypt', toTally(actors.operator, { operation: 'ReEncryptFrom' })],
    ['another service', toTally(actors.rds)],
    ['Step Functions on somebody’s order', toTally(actors.throughStepFunctions)],
    ['somebody through S3', toTally(actors.throughS3)],
    ['a name that only looks like EKS', toTally({ principal: 'eks.evil.example', kind: 'service' })],
    ['a pair more than the cluster’s', toTally(actors.operator, { context: { ...ownContext, ...purpose } })],
    ['a time too late to be settled', toTally(actors.operator, { first: '2026-11-24T01:30:00.000Z' })],
  ])('is critical about %s under the cluster’s context', (_, tally) => {
    expect(ask([tally])).toMatchObject([{ status: 'fail', severity: 'critical', subject: tally.principal }]);
  });

  it('names a caller of another account by that account, which is all that KMS tells', () => {
    const [verdict] = ask([toTally(actors.outsider)]);
    expect(verdict?.message).toMatch(`somebody of account ${outside} used ${keyArn} once`);
    expect(verdict?.subject).toBe(toRoot(outside));
  });

  it.each(['AccessDenied', 'InvalidCiphertextException', 'DisabledException', 'DryRunOperationException'])(
    'fails when somebody tried it under the cluster’s context and got %s',
    (outcome) => {
      const [verdict] = ask([toTally(actors.operator, { outcome })]);
      expect(verdict).toMatchObject({ status: 'fail', severity: 'high', subject: toRole('operator') });
      expect(verdict?.message).toContain(`tried to use ${keyArn} once`);
      expect(verdict?.message).toContain(`failed (${outcome})`);
    },
  );

  it.each<[string, Record<string, string>]>([
    ['no context', {}],
    ['a context of its own', purpose],
    ['another cluster’s context', otherContext],
    ['a context that no grant has', { 'aws:eks:context': 'context-9' }],
    ['a volume’s', volumeContext],
  ])('is low about an unexpected principal under %s', (_, context) => {
    const [verdict] = ask([toTally(actors.operator, { context })]);
    expect(verdict).toMatchObject({ status: 'fail', severity: 'low', subject: toRole('operator') });
    expect(verdict?.message).toContain('that opened other data than the cluster’s');
  });

  it('gives a principal one finding, the worst, whatever else it did', () => {
    const tallies = [
      toTally(actors.operator, { context: purpose }),
      toTally(actors.operator, { outcome: 'AccessDenied', count: 40 }),
      toTally(actors.operator),
      toTally(actors.terraform, { context: purpose }),
    ];
    const told = ask(tallies).map((verdict) => [verdict.subject, 'severity' in verdict && verdict.severity]);
    expect(told).toEqual([
      [toRole('operator'), 'critical'],
      [toRole('terraform'), 'low'],
    ]);
  });

  it.each<[string, Given]>([
    ['by its ARN', { settings: { expected: { decrypters: [toRole('operator')] } } }],
    [
      'for this cluster',
      { settings: { expected: { decrypters: [{ principal: '*/oper*', clusters: 'sh*' }] } } },
    ],
  ])('passes for a principal that is expected %s', (_, more) => {
    expect(ask([toTally(actors.operator)], more)).toMatchObject([{ status: 'pass' }]);
  });

  it('does not expect a principal that is expected for another cluster', () => {
    const decrypters = [{ principal: toRole('operator'), clusters: 'pay' }];
    expect(ask([toTally(actors.operator)], { settings: { expected: { decrypters } } })).toMatchObject([
      { status: 'fail' },
    ]);
  });

  describe('where the cluster’s context is not known', () => {
    it.each<[string, Given]>([
      ['its grant tells none', { grants: [tellingNoContext] }],
      ['it has no grant', { grants: [] }],
    ])('is high about any success by somebody, when %s', (_, more) => {
      for (const context of [ownContext, purpose, {}])
        expect(ask([toTally(actors.operator, { context })], more)).toMatchObject([
          { status: 'fail', severity: 'high', subject: toRole('operator') },
        ]);
      // A relayed call is the caller's own, and a service has no business under a context of EKS.
      for (const who of [actors.throughStepFunctions, actors.rds])
        expect(ask([toTally(who)], more)).toMatchObject([{ status: 'fail', severity: 'high' }]);
    });

    it('is quiet about services for other resources, and about other clusters that are known', () => {
      const grants = [tellingNoContext, pay];
      const tallies = [
        ...quietDays(),
        toTally(actors.volumes, { context: volumeContext }),
        toTally(actors.throughS3, { context: { 'aws:s3:arn': 'arn:aws:s3:::b' } }),
        toTally(actors.awsInternal, { context: ownContext }),
      ];
      expect(ask(tallies, { grants })).toMatchObject([{ status: 'pass' }]);
      expect(ask([toTally(actors.operator, { context: otherContext })], { grants })).toMatchObject([
        { status: 'fail', severity: 'low' },
      ]);
    });

    it('cannot tell what a failed attempt was at', () => {
      const attempt = toTally(actors.operator, { outcome: 'AccessDenied' });
      expect(ask([attempt], { grants: [tellingNoContext] })).toMatchObject([
        { status: 'unknown', reason: 'unsupported', message: expect.stringContaining('failed attempts') },
      ]);
      const elsewhere = toTally(actors.operator, { outcome: 'AccessDenied', context: purpose });
      expect(ask([elsewhere], { grants: [tellingNoContext] })).toMatchObject([{ status: 'pass' }]);
      const atAnother = toTally(actors.operator, { outcome: 'AccessDenied', context: otherContext });
      expect(ask([atAnother], { grants: [tellingNoContext, pay] })).toMatchObject([{ status: 'pass' }]);
    });

    it('says both what it saw and that the grants could not be read', () => {
      expect(ask([toTally(actors.operator)], { grants: denied })).toMatchObject([
        { status: 'fail', severity: 'high' },
        {
          status: 'unknown',
          reason: 'access-denied',
          message: 'which context is the cluster’s is not known: not allowed to ask',
        },
      ]);
      // A part of the list told the cluster's own, and may lack more.
      expect(
        ask([toTally(actors.operator), toTally(actors.user, { context: otherContext })], {
          missing: ['key.grants'],
        }),
      ).toMatchObject([
        { status: 'fail', severity: 'critical' },
        { status: 'fail', severity: 'high' },
        { status: 'unknown', reason: 'throttled' },
      ]);
    });

    it('needs no grants where only EKS called', () => {
      expect(ask(quietDays(), { grants: denied })).toMatchObject([{ status: 'pass' }]);
    });
  });

  it('knows the cluster’s context on a replica by the grants of the key that the cluster names', () => {
    const replica = keyArn.replace('eu-west-1', 'us-east-1');
    const family = [
      { arn: keyArn, clusters: [clusterArn], grants: toKnown([own]) },
      { arn: replica, clusters: [], grants: toKnown([]) },
    ];
    const key = { arn: replica, region: 'us-east-1', isNamedByCluster: false, family };
    expect(ask([toTally(actors.operator)], { grants: [], key })).toMatchObject([
      { status: 'fail', severity: 'critical', evidence: { key: replica } },
    ]);
  });

  it('is unknown where the events could not be read, and never passes over a part of them', () => {
    expect(ask([], { use: denied })).toMatchObject(saysDenied);
    expect(ask(quietDays(), { missing: ['key.use'] })).toMatchObject([
      { status: 'unknown', reason: 'throttled', message: 'page 2' },
    ]);
    expect(ask([toTally(actors.operator)], { missing: ['key.use'] })).toMatchObject([
      { status: 'fail' },
      { status: 'unknown' },
    ]);
  });

  it('never says that a Secret was read', () => {
    const tallies = [
      toTally(actors.operator),
      toTally(actors.user, { outcome: 'AccessDenied' }),
      toTally(actors.terraform, { context: purpose }),
    ];
    for (const { message } of ask(tallies))
      expect(message).not.toMatch(/read.{0,20}secret|secret.{0,20}read/i);
  });

  describe('holds, whatever the events', () => {
    const tally = fc
      .record({
        who: fc.constantFrom(...Object.values(actors)),
        operation: fc.constantFrom<UseTally['operation']>('Decrypt', 'ReEncryptFrom', 'Encrypt'),
        context: fc.constantFrom(ownContext, otherContext, volumeContext, {}),
        outcome: fc.constantFrom('success', 'AccessDenied'),
        count: fc.integer({ min: 2, max: 50 }),
        hour: fc.integer({ min: 10, max: 23 }),
      })
      .map(({ who, hour, ...more }) => toTally(who, { ...more, first: `2026-11-20T${hour}:00:00.000Z` }));
    const byPrincipal = (verdicts: ReturnType<typeof ask>) =>
      [...verdicts].sort((a, b) => ((a.subject ?? '') < (b.subject ?? '') ? -1 : 1));
    const listings: Given['grants'][] = [[own, pay], [own], [tellingNoContext]];
    const grants = fc.constantFrom(...listings);

    it('that their order changes nothing', () => {
      fc.assert(
        fc.property(fc.array(tally), grants, (tallies, given) => {
          const [one, other] = [
            ask(tallies, { grants: given }),
            ask(tallies.toReversed(), { grants: given }),
          ];
          expect(byPrincipal(one)).toEqual(byPrincipal(other));
        }),
      );
    });

    it('that a tally cut in two changes nothing', () => {
      fc.assert(
        fc.property(fc.array(tally), grants, (tallies, given) => {
          const cut = tallies.flatMap((one) => [
            { ...one, count: 1 },
            { ...one, count: one.count - 1 },
          ]);
          expect(byPrincipal(ask(cut, { grants: given }))).toEqual(
            byPrincipal(ask(tallies, { grants: given })),
          );
        }),
      );
    });

    it('that EKS’s own events add no failure', () => {
      fc.assert(
        fc.property(fc.array(tally), grants, (tallies, given) => {
          const failed = (events: UseTally[]) =>
            byPrincipal(ask(events, { grants: given }).filter(({ status }) => status === 'fail'));
          expect(failed([...tallies, ...quietDays(), ...quietDays(actors.eksOfRegion)])).toEqual(
            failed(tallies),
          );
        }),
      );
    });
  });
});
