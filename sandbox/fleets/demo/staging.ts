/** Staging and the sandbox account: what can't be read, separation of duties, and a Region that throttles. */
import { toUuid } from '../names.ts';
import { accountPolicy, leftBehindPolicy, terraformEksPolicy } from '../policies.ts';
import { fail, type Scenario, scenario, sealed, unknown, unsealed } from '../scenario.ts';
import { accountIds } from './accounts.ts';

const account = accountIds.platformStaging;
const toKeyId = (name: string) => toUuid(`key ${account} ${name}`);

/** Everything of platform-staging and of sandbox. */
export const stagingScenarios = (now: Date): Scenario[] => {
  const site = { account, region: 'eu-west-1', now };
  const lab = { account: accountIds.sandbox, region: 'us-east-1', now };
  const operator = `arn:aws:iam::${account}:role/operator`;
  const bothPowers = terraformEksPolicy(account, 'staging-tools', {
    Sid: 'AllowOperator',
    Effect: 'Allow',
    Principal: { AWS: operator },
    Action: ['kms:Decrypt', 'kms:PutKeyPolicy'],
    Resource: '*',
  });
  const keepsAdministrator = 'key-policy-keeps-an-administrator';
  const orphanPolicy = leftBehindPolicy(account, `arn:aws:iam::${account}:role/staging-orphan-cluster`);
  return [
    // eksctl and CloudFormation leave the account's delegation alone in the policy.
    sealed(
      site,
      'staging-web',
      { key: { policy: accountPolicy(account) } },
      fail('cluster-role-can-use-key', 'low'),
    ),
    sealed(
      site,
      'staging-tools',
      { key: { policy: bothPowers } },
      fail('key-administrators-cannot-decrypt', 'medium', operator),
      fail('key-decrypters-are-expected', 'medium', operator),
      fail('key-destroyers-are-expected', 'medium', operator),
    ),
    sealed(site, 'staging-orphan', { key: { policy: orphanPolicy } }, fail(keepsAdministrator, 'medium')),
    // A clean-up function of the account may disable this one, and its IAM names it.
    sealed(
      site,
      'staging-untold',
      { key: { grants: [] } },
      unknown('cluster-grant-is-in-place'),
      fail('key-destroyers-are-expected', 'high', `arn:aws:iam::${account}:role/cleanup`),
    ),
    sealed(
      site,
      'staging-busy',
      {
        faults: [
          { kind: 'throttle', service: 'kms', operation: 'DescribeKey', resource: toKeyId('staging-busy') },
        ],
      },
      unknown('key-is-usable'),
    ),
    sealed(
      site,
      'staging-private',
      {
        faults: [
          {
            kind: 'access-denied',
            service: 'kms',
            operation: 'GetKeyPolicy',
            resource: toKeyId('staging-private'),
          },
        ],
      },
      unknown('key-policy-has-no-public-statement'),
      unknown('key-policy-trusts-only-the-organization'),
      unknown('key-administrators-cannot-decrypt'),
      unknown('cluster-role-can-use-key'),
      unknown('key-decrypters-are-expected'),
      unknown('key-destroyers-are-expected'),
      unknown('key-policy-keeps-an-administrator'),
    ),
    sealed(
      site,
      'staging-hidden',
      {
        faults: [
          { kind: 'access-denied', service: 'eks', operation: 'DescribeCluster', resource: 'staging-hidden' },
        ],
      },
      unknown('secrets-use-customer-key'),
      unknown('cluster-reports-no-key-issue'),
      unknown('control-plane-audit-log-is-on'),
    ),
    // Each in a Region of its own, since each Region of this account has another trail.
    ...[
      { name: 'sandbox-lab', region: lab.region },
      { name: 'sandbox-drill', region: 'eu-west-1' },
      { name: 'sandbox-attic', region: 'eu-central-1' },
      { name: 'sandbox-north', region: 'eu-north-1' },
    ].map(({ name, region }) =>
      sealed(
        { ...lab, region },
        name,
        {},
        unknown('cluster-role-can-use-key'),
        unknown('key-decrypters-are-expected'),
        unknown('key-destroyers-are-expected'),
      ),
    ),
    unsealed(lab, 'sandbox-outpost', {
      outpostConfig: {
        outpostArns: [`arn:aws:outposts:us-east-1:${lab.account}:outpost/op-1234567890abcdef0`],
        controlPlaneInstanceType: 'm5.large',
      },
    }),
    // A Region that throttles and then answers: the scan slows down and loses nothing.
    scenario('sandbox-lab', {
      faults: [{ kind: 'throttle', account: lab.account, region: lab.region, every: 3 }],
    }),
  ];
};
