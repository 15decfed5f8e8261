import { describe, expect, it } from 'vitest';
import { clusterRoleCanUseKey } from '../../shared/checks/cluster-role-can-use-key.ts';
import { account, denied, type Given, judge, keyArn, saysDenied } from './cases.ts';

const roleArn = `arn:aws:iam::${account}:role/shop-cluster`;
const root = `arn:aws:iam::${account}:root`;
const clusterPolicy = 'arn:aws:iam::aws:policy/AmazonEKSClusterPolicy';
const document = (...statements: object[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string | string[], more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
});
const deny = (Action: string, more: object = {}) => ({ ...allow(Action, more), Effect: 'Deny' });
const see = ['kms:DescribeKey', 'kms:ListGrants'];

/** The cluster's role with one inline policy of the given statements. */
const withRole = (statements: object[], more: object = {}, policies: object[] = []) =>
  ({
    users: [],
    groups: [],
    roles: [
      {
        Arn: roleArn,
        RoleName: 'shop-cluster',
        RoleId: 'AROAEXAMPLE',
        AssumeRolePolicyDocument: document(),
        RolePolicyList:
          statements.length > 0 ? [{ PolicyName: 'own', PolicyDocument: document(...statements) }] : [],
        ...more,
      },
    ],
    policies,
  }) as Given['iam'];

const keyPolicy = (...statements: object[]) => ({ Version: '2012-10-17', Statement: statements });
const named = (Action: string[], more: object = {}) =>
  allow(Action, { Principal: { AWS: roleArn }, ...more });
const delegation = allow('kms:*', { Principal: { AWS: root } });
const levels = (...contents: string[]) => ({
  managementAccount: '999999999999',
  levels: contents.map((Content, index) => ({
    target: `level-${index}`,
    policies: [{ Id: `p-${index}`, Arn: `arn:aws:organizations::aws:policy/p-${index}`, Name: 'n', Content }],
  })),
});
const everything = document(allow('*'));

describe('cluster-role-can-use-key', () => {
  it.each<[string, Given]>([
    ['its own policy allows both', { iam: withRole([allow(see)]) }],
    ['its policy names the key', { iam: withRole([allow(see, { Resource: keyArn })]) }],
    [
      'a managed policy gives one and an inline policy the other',
      {
        iam: withRole(
          [allow('kms:ListGrants')],
          { AttachedManagedPolicies: [{ PolicyArn: clusterPolicy }] },
          [{ Arn: clusterPolicy, Document: document(allow(['ec2:*', 'kms:DescribeKey'])) }],
        ),
      },
    ],
    ['the key policy names it and delegates nothing', { policy: keyPolicy(named(see)), iam: withRole([]) }],
    [
      'the key policy lets the organisation’s principals in',
      {
        policy: keyPolicy(
          allow(see, {
            Principal: '*',
            Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } },
          }),
        ),
        iam: withRole([]),
      },
    ],
    [
      'no control policy could be read',
      { iam: withRole([allow(see)]), serviceControl: denied, resourceControl: denied },
    ],
    [
      'a Deny is about other Regions',
      {
        iam: withRole([allow(see)]),
        serviceControl: levels(
          everything,
          document(
            allow('*'),
            deny('kms:*', { Condition: { StringEquals: { 'aws:RequestedRegion': 'us-east-1' } } }),
          ),
        ),
      },
    ],
    [
      'a Deny asks for an encryption context, which the calls do not carry',
      {
        policy: keyPolicy(
          delegation,
          deny('kms:*', { Principal: '*', Condition: { StringLike: { 'kms:EncryptionContext:app': '*' } } }),
        ),
        iam: withRole([allow(see)]),
      },
    ],
  ])('passes when %s', (_, given) => {
    expect(judge(clusterRoleCanUseKey, given)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, Given, string[]]>([
    ['nothing allows it', { iam: withRole([]) }, []],
    ['its policy names another key', { iam: withRole([allow(see, { Resource: `${keyArn}0` })]) }, []],
    [
      'its policy names an alias, which no key operation matches',
      {
        iam: withRole([allow(see, { Resource: keyArn.replace(/key\/.*/, 'alias/shop') })]),
      },
      [],
    ],
    [
      'the key policy does not delegate',
      { policy: keyPolicy(named(['kms:Decrypt'])), iam: withRole([allow(see)]) },
      [],
    ],
    [
      'its policy denies it',
      { iam: withRole([allow(see), deny('kms:Describe*')]) },
      ['identity-policy role/shop-cluster/own#statement 2'],
    ],
    [
      'the key policy denies it',
      {
        policy: keyPolicy(delegation, deny('kms:DescribeKey', { Principal: '*', Sid: 'Shut' })),
        iam: withRole([allow(see)]),
      },
      ['key-policy Shut'],
    ],
    [
      'its boundary leaves it out',
      {
        iam: withRole(
          [allow(see)],
          { PermissionsBoundary: { PermissionsBoundaryArn: 'arn:aws:iam::1:policy/b' } },
          [{ Arn: 'arn:aws:iam::1:policy/b', Document: document(allow('s3:*')) }],
        ),
      },
      ['boundary arn:aws:iam::1:policy/b'],
    ],
    [
      'a service control policy denies it',
      {
        iam: withRole([allow(see)]),
        serviceControl: levels(everything, document(allow('*'), deny('kms:*', { Sid: 'NoKeys' }))),
      },
      ['service-control-policy arn:aws:organizations::aws:policy/p-1#NoKeys'],
    ],
    [
      'a resource control policy denies it',
      {
        iam: withRole([allow(see)]),
        resourceControl: levels(document(deny('kms:*', { Sid: 'NoKeys', Principal: '*' }))),
      },
      ['resource-control-policy arn:aws:organizations::aws:policy/p-0#NoKeys'],
    ],
  ])('fails high when %s', (_, given, deniedBy) => {
    const verdicts = judge(clusterRoleCanUseKey, given);
    expect(verdicts).toMatchObject([
      { status: 'fail', severity: 'high', subject: null, evidence: { key: keyArn, role: roleArn, deniedBy } },
    ]);
    expect(verdicts[0]?.message).toContain(`${roleArn} may not kms:DescribeKey on ${keyArn}`);
  });

  it('gives the command that lets the role see its key, or says what denies it', () => {
    const [lacking] = judge(clusterRoleCanUseKey, { iam: withRole([]) });
    expect(lacking).toMatchObject({
      fix: expect.stringContaining('aws iam put-role-policy --role-name shop-cluster '),
    });
    const [shut] = judge(clusterRoleCanUseKey, { iam: withRole([allow(see), deny('kms:*')]) });
    expect(shut).toMatchObject({ fix: expect.stringContaining('role/shop-cluster/own#statement 2') });
  });

  it('fails high when the role does not exist, unless a part of IAM was not read', () => {
    const iam = { users: [], groups: [], roles: [], policies: [] };
    const [gone] = judge(clusterRoleCanUseKey, { iam });
    expect(gone).toMatchObject({ status: 'fail', severity: 'high' });
    expect(gone?.message).toContain('does not exist any more');
    const missing: Given['missing'] = ['iam.cluster'];
    expect(judge(clusterRoleCanUseKey, { iam, missing })).toMatchObject([{ status: 'unknown' }]);
  });

  it('fails low when the role may not list the key’s grants', () => {
    const [verdict] = judge(clusterRoleCanUseKey, { iam: withRole([allow('kms:DescribeKey')]) });
    expect(verdict).toMatchObject({ status: 'fail', severity: 'low', evidence: { deniedBy: [] } });
    expect(verdict?.message).toContain('may not kms:ListGrants');
  });

  const context = (operator: string, key: string, value: string) => ({
    Condition: { [operator]: { [key]: value } },
  });
  const byName = context('StringEquals', 'kms:EncryptionContext:aws:eks:cluster-name', 'shop');
  const use = ['kms:Encrypt', 'kms:Decrypt'];

  it.each<[string, Given, string]>([
    [
      'of the key policy, by name',
      { policy: keyPolicy(delegation, named(use, { ...byName, Sid: 'Use' })), iam: withRole([allow(see)]) },
      'key-policy Use',
    ],
    [
      'of the role, by ARN',
      {
        iam: withRole([allow(see), allow(use, context('ArnLike', 'kms:encryptioncontext:aws:eks:ARN', '*'))]),
      },
      'identity-policy role/shop-cluster/own#statement 2',
    ],
  ])('fails low on a statement %s, that waits for a context EKS never sends', (_, given, statement) => {
    const [verdict] = judge(clusterRoleCanUseKey, given);
    expect(verdict).toMatchObject({ status: 'fail', severity: 'low', evidence: { statements: [statement] } });
    expect(verdict?.message).toContain('never matches');
  });

  it.each([
    ['sends', context('StringLike', 'kms:EncryptionContext:aws:eks:context', '*')],
    ['may leave out', context('StringEqualsIfExists', 'kms:EncryptionContext:aws:eks:arn', 'x')],
    ['must leave out', context('Null', 'kms:EncryptionContext:aws:eks:arn', 'true')],
    ['must not be', context('StringNotEquals', 'kms:EncryptionContext:aws:eks:arn', 'x')],
  ])('does not mind a statement on a context that EKS %s', (_, condition) => {
    const iam = withRole([allow(see), allow(use, condition)]);
    expect(judge(clusterRoleCanUseKey, { iam })).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Given]>([
    ['cluster', { cluster: denied }],
    ['key.metadata', { metadata: denied }],
    ['key.policy', { policy: denied }],
    ['iam.cluster', { iam: denied }],
    ['key.grants, where a grant might allow', { grants: denied, iam: withRole([]) }],
  ])('is unknown without %s', (_, given) => {
    expect(judge(clusterRoleCanUseKey, given)).toMatchObject(saysDenied);
  });

  it('fails on what the key policy alone shuts out, and needs IAM for all else', () => {
    const shut = keyPolicy(delegation, deny('kms:*', { Principal: '*' }));
    expect(judge(clusterRoleCanUseKey, { policy: shut, iam: denied })).toMatchObject([{ status: 'fail' }]);
    // The role's boundary may still limit who is named.
    const policy = keyPolicy(named(see));
    expect(judge(clusterRoleCanUseKey, { policy, iam: denied })).toMatchObject(saysDenied);
  });

  it.each<[string, Given, string]>([
    [
      'a managed policy that was not given',
      { iam: withRole([], { AttachedManagedPolicies: [{ PolicyArn: clusterPolicy }] }) },
      clusterPolicy,
    ],
    [
      'a condition that nobody can answer',
      { iam: withRole([allow(see, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })]) },
      'role/shop-cluster/own#statement 1',
    ],
  ])('is unknown when it hangs on %s, and names it', (_, given, hinge) => {
    const verdicts = judge(clusterRoleCanUseKey, given);
    expect(verdicts).toMatchObject([{ status: 'unknown', reason: 'failed' }]);
    expect(verdicts[0]?.message).toContain(hinge);
  });

  it('is unknown once, where both calls hang on the same', () => {
    const unread = { AttachedManagedPolicies: [{ PolicyArn: clusterPolicy }] };
    const verdicts = judge(clusterRoleCanUseKey, { iam: withRole([], unread) });
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]?.message).toContain('kms:DescribeKey and kms:ListGrants');
    const limited = { PermissionsBoundary: { PermissionsBoundaryArn: clusterPolicy } };
    const policy = keyPolicy(
      allow(see, { Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': account } } }),
    );
    expect(judge(clusterRoleCanUseKey, { policy, iam: withRole([], limited) })).toMatchObject([
      { status: 'unknown', message: expect.stringContaining(`boundary ${clusterPolicy}`) },
    ]);
  });

  it('is unknown where the key policy is not understood', () => {
    const given = { policy: { Version: '1999-01-01', Statement: [] }, iam: withRole([allow(see)]) };
    expect(judge(clusterRoleCanUseKey, given)).toMatchObject([{ status: 'unknown', reason: 'failed' }]);
  });

  it('is not applicable to a key that AWS manages', () => {
    expect(judge(clusterRoleCanUseKey, { metadata: { KeyManager: 'AWS' } })).toMatchObject([
      { status: 'not-applicable' },
    ]);
  });

  it('does not ask for Decrypt: EKS has its grant for that', () => {
    const iam = withRole([allow(see), deny('kms:Decrypt')]);
    expect(judge(clusterRoleCanUseKey, { iam })).toMatchObject([{ status: 'pass' }]);
  });

  it('passes where a part of the control policies is missing, and never over a part of its own IAM', () => {
    const given = { iam: withRole([allow(see)]) };
    const missing: Given['missing'] = ['serviceControl.cluster', 'resourceControl.key'];
    expect(judge(clusterRoleCanUseKey, { ...given, missing })).toMatchObject([{ status: 'pass' }]);
    expect(judge(clusterRoleCanUseKey, { ...given, missing: ['iam.cluster'] })).toMatchObject([
      { status: 'unknown', message: 'page 2' },
    ]);
  });
});
