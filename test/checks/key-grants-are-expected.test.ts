import { describe, expect, it } from 'vitest';
import { keyGrantsAreExpected } from '../../shared/checks/key-grants-are-expected.ts';
import { toKnown } from '../../shared/evidence/fact.ts';
import { grant as grantShape } from '../../shared/evidence/key.ts';
import { account, clusterArn, denied, type Given, judge, keyArn, saysDenied, toEksGrant } from './cases.ts';
import { outside, toRole, toRoot } from './policies.ts';

type Grants = Extract<NonNullable<Given['grants']>, unknown[]>;
type Grant = Grants[number];

const own = toEksGrant('shop', 'context-1');
const toGrant = (GranteePrincipal: string | undefined, more: Partial<Grant> = {}): Grant => ({
  GrantId: 'stray',
  GranteePrincipal,
  Operations: ['Decrypt'],
  ...more,
});
const person = toRole('operator');
const equals = (pairs: Record<string, string>) => ({ Constraints: { EncryptionContextEquals: pairs } });
const subset = (pairs: Record<string, string>) => ({ Constraints: { EncryptionContextSubset: pairs } });
const from = (SourceArn: string) => ({ Constraints: { SourceArn } });
const ask = (grants: Grants, more: Given = {}) =>
  judge(keyGrantsAreExpected, { grants: [own, ...grants], ...more });
const autoScaling = (id: string) =>
  `arn:aws:iam::${id}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
const instance = `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`;

describe('key-grants-are-expected', () => {
  it.each<[string, Grants]>([
    ['the cluster’s own', []],
    ['another cluster’s of EKS', [toEksGrant('pay', 'context-2')]],
    ['the cluster’s role', [toGrant(toRole('shop-cluster'))]],
    ['a session of the cluster’s role', [toGrant(`arn:aws:sts::${account}:assumed-role/shop-cluster/eks`)]],
    ['the cluster’s role, with a path', [toGrant(toRole('eks/shop-cluster'))]],
    [
      'somebody bound to another cluster’s context',
      [toEksGrant('pay', 'context-2'), toGrant(person, equals({ 'aws:eks:context': 'context-2' }))],
    ],
    [
      'somebody bound to the context of a cluster known by its ARN',
      [
        {
          ...toEksGrant('shop', 'context-2'),
          Constraints: {
            SourceArn: clusterArn.replace('eu-west-1', 'eu-west-2'),
            EncryptionContextEquals: { 'aws:eks:context': 'context-2' },
          },
        },
        toGrant(person, equals({ 'aws:eks:context': 'context-2' })),
      ],
    ],
    [
      'volumes by the hundred',
      Array.from({ length: 300 }, (_, index) =>
        toGrant(instance, { GrantId: `volume-${index}`, ...subset({ 'aws:ebs:id': `vol-${index}` }) }),
      ),
    ],
    ['a database', [toGrant('rds.eu-west-1.amazonaws.com', subset({ 'aws:rds:db-id': 'db-1' }))]],
    ['AWS Backup', [toGrant('backup.amazonaws.com', subset({ 'aws:backup:backup-vault': 'v' }))]],
    [
      'Auto Scaling without a constraint',
      [toGrant(autoScaling(account), { Operations: ['Decrypt', 'CreateGrant'] })],
    ],
    [
      'a service for a resource of ours',
      [
        toGrant(undefined, {
          GranteeServicePrincipal: 'dynamodb.amazonaws.com',
          ...from(`arn:aws:dynamodb:eu-west-1:${account}:table/t`),
        }),
      ],
    ],
  ])('passes for grants of %s', (_, grants) => {
    expect(ask(grants)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('fails for a grant without any constraint, and tells all of it', () => {
    const grant = toGrant(person, {
      RetiringPrincipal: toRole('retirer'),
      Operations: ['CreateGrant', 'DescribeKey', 'Decrypt'],
      CreationDate: '2026-11-01T10:00:00Z',
    });
    expect(ask([grant])).toMatchObject([
      {
        status: 'fail',
        severity: 'high',
        subject: 'stray',
        message: `Grant stray on ${keyArn} gives ${person} Decrypt, CreateGrant, without any constraint.`,
        evidence: {
          key: keyArn,
          grant: 'stray',
          grantee: person,
          retiringPrincipal: toRole('retirer'),
          operations: ['Decrypt', 'CreateGrant'],
          constraints: {},
          created: '2026-11-01T10:00:00Z',
          witness: {
            principal: person,
            action: 'kms:Decrypt',
            resource: keyArn,
            context: { 'kms:EncryptionContext:aws:eks:context': 'context-1' },
          },
        },
      },
    ]);
  });

  it('fails for a grant bound to the cluster’s own context, and says so', () => {
    const [verdict] = ask([toGrant(person, equals({ 'aws:eks:context': 'context-1' }))]);
    expect(verdict).toMatchObject({ status: 'fail', severity: 'high' });
    expect(verdict?.message).toBe(
      `Grant stray on ${keyArn} gives ${person} Decrypt, under a constraint that this cluster’s data meets.`,
    );
  });

  it.each<[string, Grant]>([
    ['EKS’s name for another grantee', toGrant(person, { Name: 'eks-grant-shop' })],
    ['a subset of the cluster’s context', toGrant(person, subset({ 'aws:eks:context': 'context-1' }))],
    ['a subset of nothing', toGrant(person, subset({}))],
    ['equality with nothing', toGrant(person, equals({}))],
    ['an outside account', toGrant(toRoot(outside))],
    ['the cluster’s role name in another account', toGrant(toRole('shop-cluster', outside))],
    ['a look-alike in another domain', toGrant('eks.evil.amazonaws.com.evil')],
    ['a look-alike without a Region', toGrant('eks.evil.amazonaws.com')],
    ['a look-alike as prefix', toGrant('eks-nodegroup.amazonaws.com')],
    [
      'EKS in one field and another in the other',
      toGrant(person, { GranteeServicePrincipal: 'eks.amazonaws.com' }),
    ],
    ['nobody that is told', toGrant(undefined)],
    ['only re-encryption', toGrant(person, { Operations: ['ReEncryptFrom'] })],
    ['only data keys', toGrant(person, { Operations: ['GenerateDataKey'] })],
    ['only grants', toGrant(person, { Operations: ['CreateGrant'] })],
    ['a role called like a service-linked one', toGrant(toRole('AWSServiceRoleForAutoScaling'))],
    [
      'a session that poses as a service-linked role',
      toGrant(`arn:aws:sts::${account}:role/aws-service-role/x`),
    ],
    ['a service-linked role of an outside account', toGrant(autoScaling(outside))],
    ['an unconstrained instance', toGrant(instance)],
    [
      'a service for an outside resource',
      toGrant('lambda.amazonaws.com', from(`arn:aws:lambda:eu-west-1:${outside}:function:f`)),
    ],
    ['a service for anybody’s bucket', toGrant('s3.amazonaws.com', from('arn:aws:s3:::bucket'))],
    ['a service for the cluster', toGrant('lambda.amazonaws.com', from(clusterArn))],
    [
      'a service for any cluster',
      toGrant('lambda.amazonaws.com', from(`arn:aws:eks:*:${account}:cluster/*`)),
    ],
    ['a role with a source', toGrant(person, from(`arn:aws:lambda:eu-west-1:${account}:function:f`))],
  ])('fails for a grant with %s', (_, grant) => {
    expect(ask([grant])).toMatchObject([{ status: 'fail', subject: 'stray' }]);
  });

  it.each<[string, Partial<Grant>, Record<string, string>]>([
    [
      'the second of two contexts',
      equals({ 'aws:eks:context': 'context-2' }),
      { 'kms:EncryptionContext:aws:eks:context': 'context-2' },
    ],
    [
      'a grant to hand on',
      { Operations: ['CreateGrant'], ...equals({ 'aws:eks:context': 'context-1' }) },
      {},
    ],
    [
      'a source',
      from('arn:aws:s3:::bucket'),
      { 'kms:EncryptionContext:aws:eks:context': 'context-1', 'aws:SourceArn': 'arn:aws:s3:::bucket' },
    ],
  ])('shows a request that meets %s', (_, more, context) => {
    const second = { ...toEksGrant('shop', 'context-2'), GrantId: 'second' };
    const [verdict] = ask([second, toGrant('s3.amazonaws.com', more)]);
    expect(verdict?.evidence.witness).toMatchObject({ context });
    expect(verdict?.evidence.witness).toHaveProperty('context', context);
  });

  it('takes any context of EKS for the cluster’s that no other cluster claims', () => {
    const bound = toGrant(person, equals({ 'aws:eks:context': 'context-9' }));
    const decoy = { ...toEksGrant('shop', 'context-8'), GrantId: 'decoy' };
    // Names and EKS as grantee are free to choose: a made-up context beside the real one proves nothing.
    for (const grants of [[bound], [own, bound], [decoy, bound]])
      expect(ask([], { grants })).toMatchObject([{ status: 'fail', subject: 'stray' }]);
    // Nor does somebody else's grant claim a context for another cluster.
    const claimed = { ...toEksGrant('pay', 'context-9'), GranteePrincipal: person };
    expect(ask([bound, claimed]).map(({ status }) => status)).toEqual(['fail', 'fail']);
    // What the cluster's own grant tells cannot be claimed away.
    const thief = toGrant(person, equals({ 'aws:eks:context': 'context-1' }));
    expect(ask([toEksGrant('pay', 'context-1'), thief])).toMatchObject([{ status: 'fail' }]);
    // A part of the list may hold another grant of the same name.
    expect(ask([bound], { missing: ['key.grants'] })).toMatchObject([
      { status: 'fail' },
      { status: 'unknown', reason: 'throttled' },
    ]);
  });

  it('is quiet about a central key, whose account issues the grants of EKS', () => {
    const central = { IssuingAccount: toRoot(outside) };
    const grants = [
      { ...own, ...central },
      { ...toEksGrant('pay', 'context-2'), ...central },
    ];
    expect(ask([], { grants })).toMatchObject([{ status: 'pass' }]);
    const thief = toGrant(person, equals({ 'aws:eks:context': 'context-1' }));
    expect(ask([], { grants: [...grants, thief] })).toMatchObject([{ status: 'fail' }]);
  });

  describe('on a multi-Region key', () => {
    const replicaArn = keyArn.replace('eu-west-1', 'us-east-1');
    const inReplica = (name: string, context: string) => ({
      ...toEksGrant(name, context),
      GranteePrincipal: 'eks.us-east-1.amazonaws.com',
    });
    const thief = (context: string) => toGrant(person, equals({ 'aws:eks:context': context }));
    const judgeMembers = (primary: Grants, replica: Grants) => {
      const family = [
        {
          arn: keyArn,
          clusters: [clusterArn],
          grants: toKnown(primary.map((entry) => grantShape.parse(entry))),
        },
        { arn: replicaArn, clusters: [], grants: toKnown(replica.map((entry) => grantShape.parse(entry))) },
      ];
      const [onPrimary, onReplica] = [
        ask([], { grants: primary, key: { family } }),
        ask([], { grants: replica, key: { arn: replicaArn, isNamedByCluster: false, family } }),
      ];
      return [...onPrimary, ...onReplica].map(({ status }) => status);
    };

    it('fails for a grant on a replica, bound to the cluster’s context, beside a namesake’s', () => {
      expect(judgeMembers([own], [inReplica('shop', 'context-2'), thief('context-1')])).toEqual([
        'pass',
        'fail',
      ]);
    });

    it('passes for a grant bound to the context of another member’s cluster, wherever it is', () => {
      for (const name of ['shop', 'pay']) {
        const theirs = inReplica(name, 'context-2');
        expect(judgeMembers([own], [theirs, thief('context-2')])).toEqual(['pass', 'pass']);
        expect(judgeMembers([own, thief('context-2')], [theirs])).toEqual(['pass', 'pass']);
      }
    });

    it('does not let a replica’s grants claim the cluster’s context away', () => {
      const decoy = inReplica('shop', 'context-1');
      expect(judgeMembers([own, thief('context-1')], [decoy])).toEqual(['fail', 'pass']);
    });
  });

  it('names a grant once, however often it is listed', () => {
    expect(ask([toGrant(person), toGrant(person)])).toHaveLength(1);
  });

  it.each<[string, Grant, Given]>([
    ['a role', toGrant(person), { settings: { expected: { decrypters: [person] } } }],
    [
      'a session of a role',
      toGrant(`arn:aws:sts::${account}:assumed-role/operator/one`),
      { settings: { expected: { decrypters: [person] } } },
    ],
    [
      'a role for these clusters',
      toGrant(person),
      { settings: { expected: { decrypters: [{ principal: '*operator', clusters: 'sh*' }] } } },
    ],
    [
      'a service',
      toGrant('lambda.amazonaws.com'),
      { settings: { expected: { decrypters: ['lambda.amazonaws.com'] } } },
    ],
    [
      'Auto Scaling in the organisation',
      toGrant(autoScaling(outside)),
      { organization: { accounts: [outside] } },
    ],
    ['Auto Scaling in the key’s account', toGrant(autoScaling(outside)), { key: { account: outside } }],
  ])('passes for %s that is expected', (_, grant, given) => {
    expect(ask([grant], given)).toMatchObject([{ status: 'pass' }]);
  });

  it('expects a session by its role, never by the name that its caller chose', () => {
    const ofSession = (role: string, session: string, principal: string) =>
      ask([toGrant(`arn:aws:sts::${outside}:assumed-role/${role}/${session}`)], {
        settings: { expected: { decrypters: [principal] } },
      }).map(({ status }) => status);
    expect(ofSession('thief', 'break-glass', '*/break-glass')).toEqual(['fail']);
    expect(ofSession('break-glass', 'anybody', '*/break-glass')).toEqual(['pass']);
    expect(ofSession('break-glass', 'anybody', `arn:aws:sts::${outside}:assumed-role/break-glass/*`)).toEqual(
      ['pass'],
    );
  });

  it('fails for a principal that is expected for other clusters, or as administrator', () => {
    const decrypters = [{ principal: person, clusters: 'pay*' }];
    for (const expected of [{ decrypters }, { administrators: [person] }])
      expect(ask([toGrant(person)], { settings: { expected } })).toMatchObject([{ status: 'fail' }]);
  });

  it('is unknown when grants, the cluster, or whose the account is could not be read', () => {
    expect(ask([], { grants: denied })).toMatchObject(saysDenied);
    expect(ask([], { cluster: denied })).toMatchObject(saysDenied);
    expect(ask([], { missing: ['key.grants'] })).toMatchObject([{ status: 'unknown', reason: 'throttled' }]);
    const [verdict, ...more] = ask([toGrant(autoScaling(outside))], { organization: denied });
    expect(more).toEqual([]);
    expect(verdict).toMatchObject({ status: 'unknown', reason: 'access-denied' });
    expect(verdict?.message).toContain(
      `grant stray to ${autoScaling(outside)}: whether account ${outside} belongs`,
    );
    expect(ask([toGrant(person)], { organization: denied })).toMatchObject([{ status: 'fail' }]);
  });

  it.each<[string, Grant]>([
    [
      'what opens nothing',
      toGrant(person, { Operations: ['Encrypt', 'DescribeKey', 'RetireGrant', 'ReEncryptTo'] }),
    ],
    ['no operation', toGrant(person, { Operations: undefined })],
    ['a context in another spelling', toGrant(person, equals({ 'AWS:EKS:CONTEXT': 'context-1' }))],
    [
      'more pairs than the cluster’s one',
      toGrant(person, subset({ 'aws:eks:context': 'context-1', team: 'a' })),
    ],
    ['a deleted principal', toGrant('AROAEXAMPLEEXAMPLE12')],
  ])('does not tell of a grant with %s', (_, grant) => {
    expect(ask([grant])).toMatchObject([{ status: 'pass' }]);
  });
});
