import { describe, expect, it } from 'vitest';
import { checks } from '../../shared/checks/index.ts';
import { isKnown, toUnknown } from '../../shared/evidence/fact.ts';
import { settings, severities } from '../../shared/evidence/settings.ts';
import { planDocument } from '../../shared/plan/document.ts';
import { toPlan } from '../../shared/plan/plan.ts';
import { account, denied, type Given, keyArn, toEksGrant } from '../checks/cases.ts';
import { allow, delegation, inventory, keyPolicy, named, role, toRoleArn } from '../checks/iam-cases.ts';
import { toKeySubject } from '../who/key-subject.ts';

const platform = toRoleArn('platform');
const session = `arn:aws:sts::${account}:assumed-role/platform/me`;
const iam = inventory({
  roles: [
    role('platform', [allow(['kms:CreateGrant', 'kms:DescribeKey'])]),
    role('shop-cluster', [allow('kms:DescribeKey')]),
    role('admin', [allow('kms:*')]),
  ],
});
const unsealed = { cluster: { encryptionConfig: [] }, grants: [], iam } satisfies Given;

const ask = (given: Given, isCandidate: boolean, caller = session) => {
  const subject = toKeySubject(given);
  const { cluster } = subject.facts;
  if (!cluster || !isKnown(cluster)) throw new Error('a cluster that was not described');
  const plan = toPlan({
    subjects: [subject],
    described: cluster.value,
    isCandidate,
    caller,
    asking: [],
    settings: settings.parse(given.settings ?? {}),
    checks,
  });
  return planDocument.parse(plan);
};
const tell = ({ preflight }: ReturnType<typeof ask>) =>
  Object.fromEntries(
    preflight.map(({ id, answer, underThePolicy }) => [
      id,
      underThePolicy ? `${answer}, then ${underThePolicy}` : answer,
    ]),
  );

describe('A plan to give a cluster a key', () => {
  it('finds nothing in the way where nothing is', () => {
    expect(tell(ask({ ...unsealed, policy: keyPolicy(delegation) }, true))).toEqual({
      'cluster-is-active': 'ready',
      'it-cannot-be-undone': 'mind',
      'procedure-covers-the-version': 'mind',
      'key-is-customer-managed': 'ready',
      'key-is-symmetric': 'ready',
      'key-is-enabled': 'ready',
      'key-is-in-the-region': 'ready',
      'key-is-in-the-account': 'ready',
      'caller-may-create-grant': 'ready',
      'caller-may-describe-key': 'ready',
      'role-may-describe-key': 'mind, then ready',
    });
  });

  const given: [string, Given, Record<string, string>][] = [
    ['an asymmetric key', { metadata: { KeySpec: 'RSA_2048' } }, { 'key-is-symmetric': 'blocked' }],
    [
      'a key that signs',
      { metadata: { KeyUsage: 'GENERATE_VERIFY_MAC' } },
      { 'key-is-symmetric': 'blocked' },
    ],
    ['a disabled key', { metadata: { KeyState: 'Disabled' } }, { 'key-is-enabled': 'blocked' }],
    ['AWS’s own key', { metadata: { KeyManager: 'AWS' } }, { 'key-is-customer-managed': 'blocked' }],
    ['a key of another Region', { key: { region: 'us-east-1' } }, { 'key-is-in-the-region': 'blocked' }],
    ['a key of another account', { key: { account: '444455556666' } }, { 'key-is-in-the-account': 'mind' }],
    ['a key that is not readable', { metadata: denied }, { 'key-can-be-read': 'unknown' }],
    [
      'a cluster at work',
      { cluster: { encryptionConfig: [], status: 'UPDATING' } },
      { 'cluster-is-active': 'blocked' },
    ],
    [
      'a local cluster',
      { cluster: { encryptionConfig: [], outpostConfig: { outpostArns: [] } } },
      { 'cluster-can-take-a-key': 'blocked' },
    ],
    [
      'a version that nobody can read',
      { cluster: { encryptionConfig: [], version: 'next' } },
      { 'procedure-covers-the-version': 'unknown' },
    ],
    [
      'IAM that was not read',
      { iam: denied },
      { 'caller-may-create-grant': 'unknown', 'role-may-describe-key': 'unknown' },
    ],
    [
      'a key policy that was not read',
      { policy: denied },
      { 'caller-may-create-grant': 'unknown, then ready', 'caller-may-describe-key': 'unknown, then ready' },
    ],
    [
      'a caller who is let nothing',
      { policy: keyPolicy(named(toRoleArn('admin'), 'kms:*')) },
      { 'caller-may-create-grant': 'blocked, then ready', 'role-may-describe-key': 'blocked, then ready' },
    ],
    [
      'grants for services of AWS alone',
      {
        policy: keyPolicy({
          ...named(platform, 'kms:CreateGrant'),
          Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
        }),
      },
      { 'caller-may-create-grant': 'blocked, then ready' },
    ],
    [
      'a second factor that nobody knows of',
      {
        policy: keyPolicy({
          ...named(platform, 'kms:CreateGrant'),
          Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
        }),
      },
      { 'caller-may-create-grant': 'unknown, then ready' },
    ],
  ];
  it.each(given)('says so of %s', (_, more, expected) => {
    expect(tell(ask({ ...unsealed, ...more }, true))).toMatchObject(expected);
  });

  it('does not know what a caller of another account may', () => {
    const other = 'arn:aws:sts::444455556666:assumed-role/audit/me';
    const plan = ask({ ...unsealed, policy: keyPolicy(delegation) }, true, other);
    expect(tell(plan)).toMatchObject({
      'caller-may-create-grant': 'unknown',
      'caller-may-describe-key': 'unknown',
    });
    expect(JSON.stringify(plan.policy)).toContain(
      `"AWS":["${toRoleArn('shop-cluster')}","arn:aws:iam::${account}:root"]`,
    );
  });

  it('takes no step towards a key that EKS does not take', () => {
    const { steps, policy, verify } = ask({ ...unsealed, metadata: { KeySpec: 'RSA_2048' } }, true);
    expect({ steps, verify }).toEqual({ steps: [], verify: [] });
    expect(policy).toMatchObject({ unknown: 'unsupported' });
  });

  it.each([
    ['1.27', true],
    ['1.28', false],
    ['1.34', false],
  ])('has Secrets of Kubernetes %s rewritten: %s', (version, isRewritten) => {
    const { steps } = ask({ ...unsealed, cluster: { encryptionConfig: [], version } }, true);
    expect(steps.some(({ title }) => title.startsWith('Rewrite every Secret'))).toBe(isRewritten);
    const [eksctl] = steps.find(({ title }) => title.startsWith('Give the cluster'))?.ways.eksctl ?? [];
    expect(eksctl?.includes('--encrypt-existing-secrets=false')).toBe(!isRewritten);
  });

  it('puts the policy before the key is given, each by the tools that can', () => {
    const { steps } = ask({ ...unsealed, policy: keyPolicy(delegation) }, true);
    const [put, give] = ['Put the key policy', 'Give the cluster'].map((title) =>
      steps.findIndex((step) => step.title.startsWith(title)),
    );
    expect(put).toBeGreaterThanOrEqual(0);
    expect(give).toBeGreaterThan(put ?? 0);
    expect(steps[give ?? 0]?.ways.cli.join()).toContain(
      `'[{"resources":["secrets"],"provider":{"keyArn":"${keyArn}"}}]'`,
    );
  });
});

describe('A plan for a sealed cluster', () => {
  const sealed = { iam, grants: [toEksGrant('shop', 'context-1')] } satisfies Given;

  it('goes from the worst to the least, and mends what one call mends', () => {
    const { steps } = ask(
      {
        ...sealed,
        metadata: { KeyState: 'Disabled' },
        rotation: { KeyRotationEnabled: false },
        cluster: { logging: { clusterLogging: [] } },
      },
      false,
    );
    const weights = steps.map(({ severity }) =>
      severity === null ? severities.length : severities.indexOf(severity),
    );
    expect(weights).toEqual(weights.toSorted((a, b) => a - b));
    expect(steps[0]).toMatchObject({
      check: 'key-is-usable',
      ways: { cli: [`aws kms enable-key --region eu-west-1 --key-id ${keyArn}`] },
    });
    const audit = steps.find(({ check }) => check === 'control-plane-audit-log-is-on');
    for (const way of Object.values(audit?.ways ?? {})) expect(way).toHaveLength(1);
  });

  it('puts the policy at the place of the worst that it ends, and names that failure no second time', () => {
    const open = { ...named('*', 'kms:Decrypt'), Principal: '*', Sid: 'Open' };
    const plan = ask({ ...sealed, policy: keyPolicy(delegation, open) }, false);
    expect(plan.steps[0]).toMatchObject({ title: 'Put the key policy of this plan', severity: 'critical' });
    expect(plan.steps.map(({ check }) => check)).not.toContain('key-policy-has-no-public-statement');
    expect(plan.policy).toMatchObject({
      ends: expect.arrayContaining([
        expect.objectContaining({ check: 'key-policy-has-no-public-statement' }),
      ]),
      brings: [],
      keepsAdministrator: true,
      eksKeepsKey: true,
    });
  });

  it('says that only AWS Support can put a policy where nobody is left to', () => {
    const { steps } = ask({ ...sealed, policy: keyPolicy(named(toRoleArn('gone'), 'kms:*')) }, false);
    const put = steps.find(({ title }) => title.startsWith('Put the key policy'));
    expect(put?.fix).toMatch(/^Nobody who exists may put it today: ask AWS Support/);
  });

  it('takes no step for what an exception covers, nor for a check that is off', () => {
    const off = { rotation: { KeyRotationEnabled: false } };
    const has = (more: Given['settings']) =>
      ask({ ...sealed, ...off, settings: more }, false).steps.some(({ check }) => check === 'key-rotates');
    const exception = { check: 'key-rotates', reason: 'a reason', owner: 'platform', expires: '2030-01-01' };
    expect(has({})).toBe(true);
    expect(has({ exceptions: [exception] })).toBe(false);
  });

  it('holds no statement by which a grant could be made', () => {
    expect(JSON.stringify(ask(sealed, false).policy)).not.toContain('CreateGrant');
  });

  it('has only a new cluster to offer where AWS manages the key', () => {
    const { steps, sealedWith, policy } = ask({ ...sealed, metadata: { KeyManager: 'AWS' } }, false);
    expect(sealedWith).toBe('aws-managed-key');
    expect(steps.map(({ title }) => title)).toEqual([
      'Make a new cluster with a customer managed key, and move to it',
    ]);
    expect(policy).toMatchObject({ unknown: 'unsupported' });
  });

  it('says what it does not know of a key that could not be read', () => {
    const plan = ask({ ...sealed, metadata: denied, policy: denied, grants: denied }, false);
    expect(plan.sealedWith).toEqual(toUnknown('access-denied', 'not allowed to ask'));
    expect(plan.policy).toMatchObject({ unknown: 'access-denied' });
    expect(plan.undecided.map(({ check }) => check)).toContain('key-is-usable');
  });

  it('verifies by checks that there are', () => {
    const known = checks.map(({ id }) => id);
    const named = ask(sealed, false).verify.flatMap((one) => one.checks);
    expect(named.filter((id) => !known.includes(id))).toEqual([]);
  });

  it('quotes what a shell would take apart', () => {
    const grant = {
      ...toEksGrant('shop', 'context-1'),
      GrantId: "x'; rm -rf /",
      Name: 'mine',
      GranteePrincipal: toRoleArn('platform'),
    };
    const { steps } = ask({ ...sealed, grants: [...sealed.grants, grant] }, false);
    const revoking = steps.find(({ check }) => check === 'key-grants-are-expected');
    expect(revoking?.ways.cli.at(-1)).toContain(`--grant-id 'x'\\''; rm -rf /'`);
  });
});
