/** How long the checks that walk a key policy take: an ordinary policy, and dense ones up to the largest KMS stores. */
import { terraformKmsPolicy } from '../../sandbox/fleets/policies.ts';
import type { Subject } from '../../shared/checks/check.ts';
import { checks } from '../../shared/checks/index.ts';
import { toKnown } from '../../shared/evidence/fact.ts';
import { settings as settingsShape } from '../../shared/evidence/settings.ts';
import { densePolicyBytes } from './fleet.ts';
import { toMedian } from './measure.ts';

const account = '111122223333';

/** As many statements as fit: foreign roles, wildcards in actions, conditions of several kinds, a Deny in four. */
const toDensePolicy = (maximumBytes: number): string => {
  const statements: object[] = [];
  const toText = () => JSON.stringify({ Version: '2012-10-17', Statement: statements });
  for (let index = 0; toText().length <= maximumBytes; index += 1) {
    const other = String(200_000_000_000 + index);
    const isDeny = index % 4 === 3;
    statements.push({
      Sid: `Statement${index}`,
      Effect: isDeny ? 'Deny' : 'Allow',
      Principal: isDeny
        ? { AWS: '*' }
        : { AWS: [`arn:aws:iam::${other}:root`, `arn:aws:iam::${account}:role/app-${index}`] },
      Action: ['kms:D*', 'kms:*Grant', `kms:Generate*${index % 10}`],
      Resource: '*',
      Condition: isDeny
        ? {
            StringNotLike: {
              'aws:PrincipalArn': [`arn:aws:iam::*:role/app-${index}*`, `arn:aws:iam::${account}:role/*`],
            },
            Bool: { 'kms:GrantIsForAWSResource': 'true' },
          }
        : {
            StringLike: { 'kms:ViaService': [`ec2.*.amazonaws.com`, `s3.*${index % 7}.amazonaws.com`] },
            StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' },
          },
    });
  }
  statements.pop();
  return toText();
};

const toSubject = (policy: string): Subject => {
  const arn = `arn:aws:kms:eu-central-1:${account}:key/11111111-2222-4333-8444-555555555555`;
  const clusterArn = `arn:aws:eks:eu-central-1:${account}:cluster/one`;
  return {
    cluster: { arn: clusterArn, name: 'one', account, region: 'eu-central-1' },
    key: { arn, account, region: 'eu-central-1', isNamedByCluster: true, clusters: [clusterArn] },
    facts: {
      cluster: toKnown({ name: 'one', arn: clusterArn }),
      'key.policy': toKnown(policy),
      'key.aliases': toKnown([]),
      organization: toKnown({ id: 'o-exampleorgid', accounts: [account] }),
    },
    collectedAt: '2026-01-01T00:00:00.000Z',
  };
};

const repetitions = 3;
const policyChecks = checks.filter(({ facts }) => facts.includes('key.policy'));
const settings = settingsShape.parse({});

/** One line as soon as a policy is judged: the bench may not have the patience for the next. */
const report = (policy: string, times: number) => {
  const subject = toSubject(policy);
  const milliseconds = Array.from({ length: times }, () => {
    const started = performance.now();
    for (const check of policyChecks) check.judge(subject, settings);
    return performance.now() - started;
  });
  process.stdout.write(`${JSON.stringify({ bytes: policy.length, milliseconds: toMedian(milliseconds) })}\n`);
};

report(terraformKmsPolicy(account, []), repetitions);
for (const bytes of densePolicyBytes) report(toDensePolicy(bytes), 1);
