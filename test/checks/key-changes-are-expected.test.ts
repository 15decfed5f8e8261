import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyChangesAreExpected } from '../../shared/checks/key-changes-are-expected.ts';
import type { Actor, KeyChange } from '../../shared/evidence/events.ts';
import { clusterArn, denied, type Given, judge, keyArn, saysDenied, toEksGrant } from './cases.ts';
import { actors, toChange, toChanges } from './events.ts';
import { allow, delegation, outside, toPolicy, toRole, toRoot, when } from './policies.ts';

const own = toEksGrant('shop', 'context-1');
const volume = {
  GrantId: 'volume-1',
  GranteePrincipal: 'arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0',
  Operations: ['Decrypt'],
  Constraints: { EncryptionContextSubset: { 'aws:ebs:id': 'vol-1' } },
};
const stray = { GrantId: 'stray', GranteePrincipal: toRole('operator'), Operations: ['Decrypt'] };
const ask = (changes: KeyChange[], more: Given = {}) =>
  judge(keyChangesAreExpected, { changes: toChanges(changes), grants: [own], ...more });
const by = (who: Actor, ...names: string[]) => names.map((name) => toChange(who, name));
const expecting = (...administrators: string[]): Given => ({ settings: { expected: { administrators } } });
const onAliases = toPolicy(
  delegation,
  allow('*', when('ForAnyValue:StringEquals', 'kms:ResourceAliases', 'alias/shop')),
);

const everyName = [
  'DisableKey',
  'ScheduleKeyDeletion',
  'PutKeyPolicy',
  'RevokeGrant',
  'RetireGrant',
  'CreateGrant',
  'DisableKeyRotation',
  'ImportKeyMaterial',
  'DeleteImportedKeyMaterial',
  'ReplicateKey',
  'UpdatePrimaryRegion',
  'DisconnectCustomKeyStore',
  'DeleteCustomKeyStore',
  'UpdateCustomKeyStore',
];

describe('key-changes-are-expected', () => {
  it.each<[string, KeyChange[]]>([
    ['nobody', []],
    ['EKS, which makes its grant', [toChange(actors.eks, 'CreateGrant', { grant: own })]],
    [
      'eksctl’s user, in whose name EKS makes its grant',
      [
        toChange({ ...actors.user, invokedBy: 'eks.amazonaws.com' }, 'CreateGrant', { grant: own }),
        toChange(actors.user, 'CreateGrant', { id: 'plain', grant: toEksGrant('pay', 'context-2') }),
      ],
    ],
    [
      'EKS, which gives back a deleted cluster’s grant',
      [toChange(actors.eks, 'RetireGrant', { grantId: 'grant-of-pay' })],
    ],
    [
      'EBS by the hundred',
      Array.from({ length: 300 }, (_, index) => [
        toChange({ ...actors.operator, invokedBy: 'ec2.amazonaws.com' }, 'CreateGrant', {
          id: `made-${index}`,
          grant: { ...volume, GrantId: `volume-${index}` },
        }),
        toChange(actors.volumes, 'RetireGrant', { id: `ended-${index}`, grantId: `volume-${index}` }),
      ]).flat(),
    ],
    ['Auto Scaling', by(actors.autoScaling, 'CreateGrant', 'RetireGrant')],
    ['AWS Backup', by(actors.backup, 'CreateGrant', 'RetireGrant', 'RevokeGrant')],
    ['a database', by(actors.rds, 'CreateGrant', 'RetireGrant')],
    ['somebody who mends', by(actors.operator, 'EnableKey', 'CancelKeyDeletion')],
    ['somebody who names the key anew', by(actors.operator, 'CreateAlias', 'UpdateAlias', 'DeleteAlias')],
    [
      'somebody who was refused',
      everyName.map((name) => toChange(actors.operator, name, { outcome: 'AccessDenied' })),
    ],
    [
      'somebody who only tried whether a grant would do',
      [toChange(actors.operator, 'CreateGrant', { outcome: 'DryRunOperationException' })],
    ],
  ])('passes for changes by %s', (_, changes) => {
    expect(ask(changes)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each(everyName)('fails for %s by an unexpected principal, and passes for an expected one', (name) => {
    const changes = by(actors.terraform, name);
    expect(ask(changes)).toMatchObject([{ status: 'fail', subject: toRole('terraform') }]);
    expect(ask(changes, expecting('arn:aws:iam::*:role/terra*'))).toMatchObject([{ status: 'pass' }]);
  });

  it('gives a principal one finding that tells all it did, the worst first', () => {
    const changes = [
      toChange(actors.operator, 'PutKeyPolicy', { id: 'e-1', time: '2026-11-18T09:00:00.000Z' }),
      toChange(actors.operator, 'CreateGrant', {
        id: 'e-2',
        time: '2026-11-18T10:00:00.000Z',
        grant: stray,
        source: '203.0.113.9',
      }),
      toChange(actors.operator, 'PutKeyPolicy', { id: 'e-3', time: '2026-11-19T09:00:00.000Z' }),
      toChange(actors.operator, 'ScheduleKeyDeletion', {
        id: 'e-4',
        time: '2026-11-20T09:00:00.000Z',
        detail: 'pendingWindowInDays 7',
      }),
      toChange(actors.operator, 'DisableKey', { id: 'e-5', outcome: 'AccessDenied' }),
    ];
    expect(ask(changes)).toMatchObject([
      {
        status: 'fail',
        severity: 'critical',
        subject: toRole('operator'),
        message: `${toRole('operator')} called CreateGrant, PutKeyPolicy 2 times, ScheduleKeyDeletion on ${keyArn} between 2026-11-18 09:00 UTC and 2026-11-20 09:00 UTC, from 198.51.100.7, 203.0.113.9 (ScheduleKeyDeletion: pendingWindowInDays 7), and is not among the expected administrators. Once the key is deleted the cluster cannot be recovered.`,
        evidence: {
          count: 4,
          names: { CreateGrant: 1, PutKeyPolicy: 2, ScheduleKeyDeletion: 1 },
          refused: 1,
          first: '2026-11-18T09:00:00.000Z',
          last: '2026-11-20T09:00:00.000Z',
          changes: [
            { event: 'e-4', what: 'pendingWindowInDays 7' },
            { event: 'e-1', what: null },
            { event: 'e-2', what: `grant stray to ${toRole('operator')}: Decrypt`, source: '203.0.113.9' },
            { event: 'e-3' },
          ],
        },
      },
    ]);
  });

  it('names at most twenty changes, and counts them all', () => {
    const changes = Array.from({ length: 50 }, (_, index) =>
      toChange(actors.terraform, 'PutKeyPolicy', { id: `e-${index}` }),
    );
    expect(ask(changes)).toMatchObject([{ evidence: { count: 50, changes: { length: 20 } } }]);
  });

  it.each<[string, KeyChange, 'critical' | 'high']>([
    ['a deletion', toChange(actors.operator, 'ScheduleKeyDeletion'), 'critical'],
    ['a policy', toChange(actors.operator, 'PutKeyPolicy'), 'high'],
    [
      'a policy past the lockout check',
      toChange(actors.operator, 'PutKeyPolicy', { bypassesLockoutCheck: true }),
      'critical',
    ],
    ['a disabled key', toChange(actors.operator, 'DisableKey'), 'high'],
  ])('weighs %s', (_, change, severity) => {
    expect(ask([change])).toMatchObject([{ status: 'fail', severity }]);
  });

  describe('of a grant that was ended', () => {
    const revoke = (grantId: string | undefined, name = 'RevokeGrant') =>
      toChange(actors.operator, name, grantId === undefined ? {} : { grantId });
    const made = toChange(actors.eks, 'CreateGrant', { time: '2026-11-10T00:00:00.000Z', grant: own });
    const others = [toEksGrant('pay', 'context-2')];

    it.each<[string, KeyChange[], Given]>([
      ['that the events show EKS make', [made, revoke(own.GrantId)], { grants: others }],
      ['that is still listed', [revoke(own.GrantId)], {}],
      ['that is missing now', [revoke('older-than-the-events')], { grants: others }],
      ['that is missing now, retired', [revoke('older-than-the-events', 'RetireGrant')], { grants: [] }],
      ['that is missing now, by a token', [revoke(undefined, 'RetireGrant')], { grants: [] }],
    ])('is critical for EKS’s own %s', (_, changes, more) => {
      const [verdict, ...rest] = ask(changes, more);
      expect(rest).toEqual([]);
      expect(verdict).toMatchObject({ status: 'fail', severity: 'critical' });
      expect(verdict?.message).toContain('the one by which EKS reaches the key');
    });

    it('excuses no service that ended it on somebody’s order', () => {
      const through = { ...actors.operator, invokedBy: 'backup.amazonaws.com' };
      const ended = toChange(through, 'RevokeGrant', { grantId: own.GrantId });
      expect(ask([made, ended], { grants: others })).toMatchObject([
        { status: 'fail', severity: 'critical', subject: toRole('operator') },
      ]);
      expect(ask([toChange(through, 'RevokeGrant', { grantId: 'another' })])).toMatchObject([
        { status: 'pass' },
      ]);
      // Volumes go on coming and going, whatever became of EKS's grant.
      const volumes = toChange(actors.volumes, 'RetireGrant', { grantId: 'older-than-the-events' });
      expect(ask([volumes], { grants: others })).toMatchObject([{ status: 'pass' }]);
    });

    it.each<[string, KeyChange[], Given]>([
      ['is there now', [revoke('another')], {}],
      [
        'is missing, of another that the events show',
        [toChange(actors.rds, 'CreateGrant', { grant: volume }), revoke('volume-1')],
        { grants: others },
      ],
      ['is missing, of another change', by(actors.operator, 'DisableKey'), { grants: others }],
      ['cannot be looked for', [revoke('another')], { grants: denied }],
      [
        'may be one of another shape than was seen so far',
        [revoke('older-than-the-events')],
        { grants: [...others, { ...own, Name: undefined }] },
      ],
      [
        'may be one that another account issued',
        [revoke('older-than-the-events')],
        { grants: [{ ...own, IssuingAccount: toRoot(outside) }] },
      ],
      ['may be on a page that is missing', [revoke('another')], { grants: [], missing: ['key.grants'] }],
      [
        'is not to be expected on a replica',
        [revoke('another')],
        { grants: [], key: { isNamedByCluster: false } },
      ],
    ])('is high where EKS’s own %s', (_, changes, more) => {
      expect(ask(changes, more)).toMatchObject([{ status: 'fail', severity: 'high' }]);
    });
  });

  it.each<[string, Actor, string]>([
    ['another account', actors.outsider, toRoot(outside)],
    ['root', actors.root, toRoot('111122223333')],
    ['an administrator by effect', actors.identityCenterAdmin, actors.identityCenterAdmin.principal],
    ['Control Tower’s role', actors.controlTower, actors.controlTower.principal],
    ['the cluster’s role', actors.clusterRole, toRole('shop-cluster')],
    ['Step Functions on somebody’s order', actors.throughStepFunctions, toRole('operator')],
    [
      'a role called like a service-linked one',
      { principal: toRole('AWSServiceRoleForEvil'), kind: 'role' },
      toRole('AWSServiceRoleForEvil'),
    ],
  ])('fails for a grant made by %s', (_, who, subject) => {
    expect(ask([toChange(who, 'CreateGrant', { grant: stray })])).toMatchObject([
      { status: 'fail', severity: 'high', subject },
    ]);
  });

  describe('of a grant that AWS made in somebody’s name without its own', () => {
    const toGrantee = (GranteePrincipal: string) =>
      toChange(actors.throughAws, 'CreateGrant', { grant: { ...stray, GranteePrincipal } });
    const outsider = toGrantee(toRole('thief', outside));

    it('excuses one to a service, to the accounts of the key and the cluster, and to whom they trust', () => {
      expect(ask([toGrantee('rds.eu-west-1.amazonaws.com')])).toMatchObject([{ status: 'pass' }]);
      expect(ask([toGrantee(toRole('app'))])).toMatchObject([{ status: 'pass' }]);
      const trusted = { settings: { trustedAccounts: [outside] } };
      expect(ask([outsider], trusted)).toMatchObject([{ status: 'pass' }]);
      const place = { key: { account: outside } };
      expect(ask([outsider], place)).toMatchObject([{ status: 'pass' }]);
    });

    it.each<[string, KeyChange, Given]>([
      ['an outsider', outsider, {}],
      ['somebody who may be one', outsider, { organization: denied }],
      ['nobody told', toChange(actors.throughAws, 'CreateGrant'), {}],
    ])('does not excuse one to %s', (_, change, more) => {
      expect(ask([change], more)).toMatchObject([
        { status: 'fail', severity: 'high', subject: toRole('operator') },
      ]);
    });
  });

  it('does not excuse other changes that a service made in somebody’s name', () => {
    const stack = { ...actors.terraform, invokedBy: 'cloudformation.amazonaws.com' };
    const job = { ...actors.operator, invokedBy: 'backup.amazonaws.com' };
    const ofEks = by(actors.healthCheck, 'PutKeyPolicy');
    expect(ask([...by(stack, 'PutKeyPolicy'), ...by(job, 'DisableKey'), ...ofEks])).toMatchObject([
      { subject: toRole('terraform'), evidence: { changes: [{ through: 'cloudformation.amazonaws.com' }] } },
      { subject: toRole('operator') },
      { subject: toRole('shop-cluster') },
    ]);
  });

  it('says how to expect the principal', () => {
    expect(ask(by(actors.terraform, 'PutKeyPolicy'))).toMatchObject([
      { fix: expect.stringContaining(`add to expected.administrators: - "${toRole('terraform')}"`) },
    ]);
  });

  it('minds aliases where the key policy looks at them', () => {
    const changes = [toChange(actors.operator, 'UpdateAlias', { detail: 'aliasName alias/shop' })];
    expect(ask(changes, { policy: onAliases })).toMatchObject([
      { status: 'fail', severity: 'high', evidence: { changes: [{ what: 'aliasName alias/shop' }] } },
    ]);
    expect(ask(changes, { policy: denied })).toMatchObject([
      {
        status: 'unknown',
        reason: 'access-denied',
        message: expect.stringContaining('an alias was changed'),
      },
    ]);
    expect(ask([], { policy: denied })).toMatchObject([{ status: 'pass' }]);
    const refused = toChange(actors.operator, 'UpdateAlias', { outcome: 'AccessDenied' });
    expect(ask([refused], { policy: denied })).toMatchObject([{ status: 'pass' }]);
    const other = ask(by(actors.operator, 'DisableKey'), { policy: denied });
    expect(other.map(({ status }) => status)).toEqual(['fail']);
  });

  it('is unknown where the events could not be read, and never passes over a part of them', () => {
    expect(ask([], { changes: denied })).toMatchObject(saysDenied);
    expect(ask([], { missing: ['key.changes'] })).toMatchObject([{ status: 'unknown', reason: 'throttled' }]);
    expect(ask(by(actors.operator, 'DisableKey'), { missing: ['key.changes'] })).toMatchObject([
      { status: 'fail' },
      { status: 'unknown' },
    ]);
  });

  it('says the same in whatever order events come, and whatever EKS did beside', () => {
    const change = fc
      .record({
        who: fc.constantFrom(...Object.values(actors)),
        name: fc.constantFrom(...everyName, 'EnableKey', 'CreateAlias'),
        outcome: fc.constantFrom('success', 'success', 'AccessDenied'),
        grantId: fc.constantFrom(own.GrantId, 'another', 'volume-1'),
        hour: fc.integer({ min: 10, max: 23 }),
      })
      .map(({ who, name, hour, ...more }) =>
        toChange(who, name, { ...more, time: `2026-11-20T${hour}:00:00.000Z` }),
      );
    const many = fc
      .array(change)
      .map((changes) => changes.map((one, index) => ({ ...one, id: `e-${index}` })));
    const bySubject = (verdicts: ReturnType<typeof ask>) =>
      [...verdicts].sort((a, b) => ((a.subject ?? '') < (b.subject ?? '') ? -1 : 1));
    const ofEks = ['CreateGrant', 'RevokeGrant', 'RetireGrant'].map((name) =>
      toChange(actors.eks, name, { id: `eks-${name}` }),
    );
    const listings: Given['grants'][] = [[own], [{ ...own, Name: 'eks-grant-pay' }]];
    fc.assert(
      fc.property(many, fc.constantFrom(...listings), (changes, grants) => {
        const told = bySubject(ask(changes, { grants }));
        expect(bySubject(ask([...ofEks, ...changes.toReversed()], { grants }))).toEqual(told);
      }),
    );
  });

  it('knows EKS’s grant by the cluster’s ARN, too', () => {
    const byArn = { ...own, Name: 'x', Constraints: { SourceArn: clusterArn } };
    const changes = [toChange(actors.operator, 'RevokeGrant', { grantId: own.GrantId })];
    expect(ask(changes, { grants: [byArn] })).toMatchObject([{ severity: 'critical' }]);
  });
});
