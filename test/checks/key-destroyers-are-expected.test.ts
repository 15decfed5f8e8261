import { describe, expect, it } from 'vitest';
import { keyDestroyersAreExpected } from '../../shared/checks/key-destroyers-are-expected.ts';
import { account, denied, type Given, judge, keyArn, saysDenied, toEksGrant } from './cases.ts';
import {
  allow,
  delegation,
  deny,
  document,
  inventory,
  keyPolicy,
  levels,
  named,
  role,
  toRoleArn,
  trustedBy,
  user,
} from './iam-cases.ts';

const tell = (given: Given) => judge(keyDestroyersAreExpected, given);
const cluster = toEksGrant('shop', 'context-1');
const terraformAdministration = ['kms:Create*', 'kms:Put*', 'kms:Disable*', 'kms:ScheduleKeyDeletion'];
const provider = (name: string) => `arn:aws:iam::${account}:oidc-provider/${name}`;
const destroyer = (trust: object) =>
  inventory({
    roles: [role('destroyer', [allow('kms:DisableKey')], { AssumeRolePolicyDocument: trustedBy(trust) })],
  });

describe('key-destroyers-are-expected', () => {
  it.each<[string, Given]>([
    ['nobody has IAM policies', { iam: inventory({}) }],
    [
      'who ran terraform-aws-kms administers the account anyway',
      {
        policy: keyPolicy(delegation, named(toRoleArn('terraform'), terraformAdministration)),
        iam: inventory({ roles: [role('terraform', [allow('*')])] }),
      },
    ],
    [
      'a service control policy keeps keys: an administrator may still disable, and is one',
      {
        iam: inventory({ roles: [role('boss', [allow('*')])] }),
        serviceControl: levels(document(allow('*'), deny('kms:ScheduleKeyDeletion'))),
      },
    ],
    [
      'it is expected',
      {
        policy: keyPolicy(delegation, named(toRoleArn('terraform'), terraformAdministration)),
        iam: inventory({ roles: [role('terraform', [])] }),
        settings: { expected: { administrators: [{ principal: '*:role/terraform', clusters: 'shop' }] } },
      },
    ],
    [
      'the console’s key users may revoke grants for services alone',
      {
        policy: keyPolicy(
          delegation,
          named(toRoleArn('shop-cluster'), ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'], {
            Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
          }),
        ),
        iam: inventory({ roles: [role('shop-cluster', [])] }),
      },
    ],
    [
      'only imported material could be taken, and this key has none',
      {
        iam: inventory({
          roles: [role('r', [allow(['kms:DeleteImportedKeyMaterial', 'kms:ImportKeyMaterial'])])],
        }),
      },
    ],
    [
      'IAM allows RetireGrant, which no policy can',
      { iam: inventory({ roles: [role('r', [allow('kms:RetireGrant')])] }) },
    ],
    [
      'somebody may retire a grant that is not the cluster’s',
      {
        grants: [cluster, { ...toEksGrant('other', 'context-2'), RetiringPrincipal: toRoleArn('r') }],
        iam: inventory({ roles: [role('r', [])] }),
      },
    ],
    [
      'custom key stores are none of this key’s business',
      { iam: inventory({ roles: [role('r', [allow('kms:DeleteCustomKeyStore')])] }) },
    ],
    [
      'a policy for keys says DisconnectCustomKeyStore, which is about no key',
      {
        metadata: { CustomKeyStoreId: 'cks-1', Origin: 'AWS_CLOUDHSM' },
        iam: inventory({
          roles: [role('r', [allow('kms:*CustomKeyStore', { Resource: `arn:aws:kms:*:${account}:key/*` })])],
        }),
      },
    ],
  ])('passes where %s', (_, given) => {
    expect(tell(given)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, string, Given, string, object]>([
    [
      'medium',
      'a role that the key policy names, as terraform-aws-kms does',
      {
        policy: keyPolicy(delegation, named(toRoleArn('terraform'), terraformAdministration)),
        iam: inventory({ roles: [role('terraform', [])] }),
      },
      toRoleArn('terraform'),
      { by: ['key-policy Named'], action: 'kms:ScheduleKeyDeletion' },
    ],
    ['medium', 'a role that people assume', { iam: destroyer({ AWS: account }) }, toRoleArn('destroyer'), {}],
    [
      'medium',
      'a role that GitHub assumes, which is no cluster',
      { iam: destroyer({ Federated: provider('token.actions.githubusercontent.com') }) },
      toRoleArn('destroyer'),
      { workload: null },
    ],
    [
      'high',
      'an IAM user',
      { iam: inventory({ users: [user('ops', [allow('kms:PutKeyPolicy')])] }) },
      `arn:aws:iam::${account}:user/ops`,
      { action: 'kms:PutKeyPolicy' },
    ],
    ...(
      [
        [{ Service: 'ec2.amazonaws.com' }, 'ec2.amazonaws.com'],
        [{ Service: ['lambda.amazonaws.com'] }, 'lambda.amazonaws.com'],
        [{ Service: 'ecs-tasks.amazonaws.com' }, 'ecs-tasks.amazonaws.com'],
        [{ Service: 'pods.eks.amazonaws.com' }, 'pods.eks.amazonaws.com'],
        [
          { Federated: provider('oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE') },
          provider('oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE'),
        ],
      ] as const
    ).map(([trust, workload]): [string, string, Given, string, object] => [
      'high',
      `a role of workloads (${workload})`,
      { iam: destroyer(trust) },
      toRoleArn('destroyer'),
      { workload },
    ]),
    [
      'high',
      'an outsider, who is to retire the cluster’s grant',
      {
        grants: [{ ...cluster, RetiringPrincipal: 'arn:aws:iam::210987654321:role/far' }],
        iam: inventory({}),
      },
      'arn:aws:iam::210987654321:role/far',
      { by: ['grant grant-of-shop'], action: 'kms:RetireGrant' },
    ],
    [
      'medium',
      'a role that is to retire the cluster’s grant',
      {
        grants: [{ ...cluster, RetiringPrincipal: toRoleArn('r') }],
        iam: inventory({ roles: [role('r', [])] }),
      },
      toRoleArn('r'),
      { by: ['grant grant-of-shop'] },
    ],
    [
      'medium',
      'a role that may disconnect the key’s store',
      {
        metadata: { CustomKeyStoreId: 'cks-1', Origin: 'AWS_CLOUDHSM' },
        iam: inventory({ roles: [role('r', [allow('kms:DisconnectCustomKeyStore')])] }),
      },
      toRoleArn('r'),
      { action: 'kms:DisconnectCustomKeyStore' },
    ],
    [
      'medium',
      'a role that may delete imported material',
      {
        metadata: { Origin: 'EXTERNAL' },
        iam: inventory({ roles: [role('r', [allow('kms:DeleteImportedKeyMaterial')])] }),
      },
      toRoleArn('r'),
      {},
    ],
    [
      'high',
      'whoever there is',
      {
        policy: keyPolicy(delegation, allow('kms:RevokeGrant', { Sid: 'Open', Principal: '*' })),
        iam: inventory({ users: [user('a', []), user('b', [])] }),
      },
      '*',
      { everybody: { count: 2 } },
    ],
    [
      'medium',
      'administrators, where they are not expected',
      {
        iam: inventory({ roles: [role('boss', [allow('*')])] }),
        settings: { expected: { accountAdministrators: false } },
      },
      'administrators',
      { others: { administrators: { count: 1 } } },
    ],
  ])('fails with %s for %s', (severity, _, given, subject, evidence) => {
    expect(tell(given)).toMatchObject([{ status: 'fail', severity, subject, evidence }]);
  });

  it('does not call a federated user’s session an IAM user', () => {
    const session = `arn:aws:sts::${account}:federated-user/ann`;
    const policy = keyPolicy(delegation, named(session, 'kms:DisableKey'));
    const [verdict] = tell({ policy, iam: inventory({}) });
    expect(verdict).toMatchObject({ status: 'fail', severity: 'medium', subject: session });
    expect(verdict?.message).not.toContain('IAM user');
  });

  it('says which line of the configuration expects it', () => {
    const [verdict] = tell({ iam: destroyer({ AWS: account }) });
    expect(verdict).toMatchObject({
      message: expect.stringContaining(
        `may kms:DisableKey on ${keyArn}, by key-policy statement 1, identity-policy`,
      ),
      fix: expect.stringContaining(`add to expected.administrators: - "${toRoleArn('destroyer')}"`),
    });
  });

  it.each<[string, Given]>([
    ['the cluster', { cluster: denied }],
    ['the key’s metadata', { metadata: denied }],
    ['the key policy', { policy: denied }],
    ['the grants', { grants: denied }],
    ['IAM', { iam: denied }],
    [
      'IAM, though a role is named: it may be an administrator',
      { iam: denied, policy: keyPolicy(delegation, named(toRoleArn('terraform'), terraformAdministration)) },
    ],
  ])('does not know without %s', (_, given) => {
    expect(tell(given)).toMatchObject(saysDenied);
  });

  it('leaves AWS’s own keys to AWS', () => {
    expect(tell({ metadata: { KeyManager: 'AWS' } })).toMatchObject([{ status: 'not-applicable' }]);
  });
});
