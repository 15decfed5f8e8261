import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decryptContextMatchesCluster } from '../../shared/checks/decrypt-context-matches-cluster.ts';
import type { KeyChange, UseTally } from '../../shared/evidence/events.ts';
import { clusterArn, denied, type Given, judge, keyArn, saysDenied, toEksGrant } from './cases.ts';
import {
  actors,
  ownContext,
  quietDays,
  toChange,
  toChanges,
  toTally,
  toUse,
  volumeContext,
} from './events.ts';
import { toRole } from './policies.ts';

const own = toEksGrant('shop', 'context-1');
const strayContext = { 'aws:eks:context': 'context-9' };
const stray = toTally(actors.eks, { context: strayContext, sources: ['eks.amazonaws.com'] });
const ask = (tallies: UseTally[], changes: KeyChange[] = [], more: Given = {}) =>
  judge(decryptContextMatchesCluster, {
    use: toUse(tallies),
    changes: toChanges(changes),
    grants: [own, toEksGrant('pay', 'context-2')],
    ...more,
  });
const later = { time: '2026-11-21T00:00:00.000Z' };
const earlier = { time: '2026-11-19T00:00:00.000Z' };

describe('decrypt-context-matches-cluster', () => {
  it.each<[string, UseTally[]]>([
    ['nothing', []],
    ['the cluster’s own', quietDays()],
    ['another cluster’s', [toTally(actors.eks, { context: { 'aws:eks:context': 'context-2' } })]],
    ['no context', [toTally(actors.eks, { context: {} })]],
    ['a context of somebody else', [toTally(actors.operator, { context: strayContext })]],
    ['a volume’s, by AWS without a name', [toTally(actors.awsInternal, { context: volumeContext })]],
    [
      'that of a cluster that has lost its grant and is denied',
      [toTally(actors.eks, { context: strayContext, outcome: 'AccessDenied' })],
    ],
  ])('passes for calls under %s', (_, tallies) => {
    expect(ask(tallies)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('fails for a context that no grant has, once, and says what it may be', () => {
    const regional = toTally(actors.eksOfRegion, {
      ...stray,
      ...actors.eksOfRegion,
      operation: 'Encrypt',
      count: 2,
      last: '2026-11-20T05:00:00.000Z',
    });
    expect(ask([...quietDays(), stray, regional])).toMatchObject([
      {
        status: 'fail',
        severity: 'high',
        subject: 'context-9',
        message: `EKS used ${keyArn} 3 times (Decrypt, Encrypt) between 2026-11-20 02:10 UTC and 2026-11-20 05:00 UTC under encryption context context-9, which no grant on the key has. Either a cluster that nobody scans uses the key, or somebody replays a stolen data key.`,
        evidence: {
          key: keyArn,
          context: 'context-9',
          count: 3,
          principals: ['eks.amazonaws.com', 'eks.eu-west-1.amazonaws.com'],
          last: '2026-11-20T05:00:00.000Z',
        },
      },
    ]);
  });

  it.each<[string, UseTally]>([
    ['the cluster’s role', { ...stray, ...actors.healthCheck }],
    ['AWS without a name', toTally(actors.awsInternal, { context: strayContext })],
    ['Encrypt', { ...stray, operation: 'Encrypt' }],
    ['a time too late to be settled', { ...stray, first: '2026-11-24T01:30:00.000Z' }],
  ])('fails for EKS by %s', (_, tally) => {
    expect(ask([tally])).toMatchObject([{ status: 'fail', subject: 'context-9' }]);
  });

  it.each<[string, KeyChange[]]>([
    [
      'was made by EKS in that time',
      [toChange(actors.terraform, 'CreateGrant', { grant: toEksGrant('test', 'context-9') })],
    ],
  ])('passes for the context of a grant that %s', (_, changes) => {
    expect(ask([stray], changes)).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, KeyChange]>([
    ['EKS retired later, as it does of a deleted cluster', toChange(actors.eks, 'RetireGrant', later)],
    ['AWS retired later without a name', toChange(actors.awsInternal, 'RetireGrant', later)],
    ['AWS retired later in somebody’s name', toChange(actors.throughAws, 'RetireGrant', later)],
    ['somebody revoked later', toChange(actors.operator, 'RevokeGrant', { ...later, grantId: 'old' })],
  ])('cannot tell whether the context is that of a grant that %s', (_, change) => {
    const verdicts = ask([stray], [change]);
    expect(verdicts).toMatchObject([{ status: 'unknown', reason: 'incomplete-window' }]);
    expect(verdicts[0]?.message).toBe(
      `EKS used ${keyArn} under context context-9, which no grant has now; whether the grant had it that ${change.principal} ended at 2026-11-21 00:00 UTC (event ${change.id}) is not known`,
    );
  });

  it.each<[string, KeyChange[]]>([
    ['that ended before', [toChange(actors.eks, 'RetireGrant', earlier)]],
    ['whose end failed', [toChange(actors.eks, 'RetireGrant', { ...later, outcome: 'AccessDenied' })]],
    ['of a volume', [toChange(actors.volumes, 'RetireGrant', { ...later, grantId: 'volume' })]],
    [
      'of somebody else',
      [
        toChange(actors.terraform, 'CreateGrant', {
          ...earlier,
          grant: { GrantId: 'mine', GranteePrincipal: toRole('operator') },
        }),
        toChange(actors.terraform, 'RevokeGrant', { ...later, grantId: 'mine' }),
      ],
    ],
    [
      'of another cluster',
      [
        toChange(actors.eks, 'CreateGrant', { ...earlier, grant: toEksGrant('test', 'context-8') }),
        toChange(actors.eks, 'RetireGrant', { ...later, grantId: 'grant-of-test' }),
      ],
    ],
    ['that a role of another name gave back through S3', [toChange(actors.throughS3, 'RetireGrant', later)]],
  ])('is not put at ease by a grant %s', (_, changes) => {
    expect(ask([stray], changes)).toMatchObject([{ status: 'fail', subject: 'context-9' }]);
  });

  it('cannot tell where EKS holds a grant that is bound to no context', () => {
    const grants = [own, { ...own, GrantId: 'unbound', Constraints: { SourceArn: `${clusterArn}-2` } }];
    expect(ask([stray], [], { grants })).toMatchObject([{ status: 'unknown', reason: 'unsupported' }]);
  });

  it('is unknown, never a failure, where the grant may have been there', () => {
    expect(ask([stray], [], { changes: denied })).toMatchObject(saysDenied);
    const inPart = ask([stray], [], { missing: ['key.changes'] });
    expect(inPart).toMatchObject([{ status: 'unknown', reason: 'throttled' }]);
    expect(inPart[0]?.message).toContain('whether one had it then is not known');
    const late = toChanges([], { from: '2026-11-22T00:00:00.000Z' });
    expect(ask([stray], [], { changes: late })).toMatchObject([
      { status: 'unknown', reason: 'incomplete-window' },
    ]);
    expect(ask([stray], [], { missing: ['key.grants'] })).toMatchObject([{ status: 'unknown' }]);
    expect(ask([stray], [], { grants: denied })).toMatchObject(saysDenied);
    expect(ask([], [], { use: denied })).toMatchObject(saysDenied);
    expect(ask([], [], { missing: ['key.use'] })).toMatchObject([{ status: 'unknown' }]);
  });

  it('needs no changes where every context has its grant', () => {
    expect(ask(quietDays(), [], { changes: denied })).toMatchObject([{ status: 'pass' }]);
  });

  it('says the same in whatever order events come, and however they were tallied', () => {
    const tally = fc
      .record({
        who: fc.constantFrom(actors.eks, actors.eksOfRegion, actors.operator, actors.awsInternal),
        context: fc.constantFrom(ownContext, strayContext, { 'aws:eks:context': 'context-8' }, {}),
        count: fc.integer({ min: 2, max: 9 }),
      })
      .map(({ who, ...more }) => toTally(who, more));
    const bySubject = (verdicts: ReturnType<typeof ask>) =>
      [...verdicts].sort((a, b) => ((a.subject ?? '') < (b.subject ?? '') ? -1 : 1));
    fc.assert(
      fc.property(fc.array(tally), (tallies) => {
        const cut = tallies.flatMap((one) => [
          { ...one, count: one.count - 1 },
          { ...one, count: 1 },
        ]);
        expect(bySubject(ask(cut.toReversed()))).toEqual(bySubject(ask(tallies)));
      }),
    );
  });
});
