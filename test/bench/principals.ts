/**
 * Who may decrypt, administer or destroy: every principal of an account asked for every key, in a process that does
 * nothing else. Prints the growth in each dimension: node test/bench/principals.ts [PRINCIPALS KEYS STATEMENTS]
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { terraformKmsPolicy } from '../../sandbox/fleets/policies.ts';
import { iamInventory } from '../../shared/evidence/iam.ts';
import { toServiceControl } from '../../shared/policy/identity-policies.ts';
import { findHoldings } from '../../shared/policy/key-holders.ts';
import { parsePolicy } from '../../shared/policy/policy-document.ts';
import { type PowerName, powerActions } from '../../shared/policy/powers.ts';

const account = '111122223333';
const powerNames: PowerName[] = ['decrypt', 'administer', 'destroy'];
const toKeyArn = (index: number) =>
  `arn:aws:kms:eu-central-1:${account}:key/00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
const document = (...statements: object[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string | string[], Resource: string | string[] = '*', more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});

/** What the policies of one principal say: of ten, one is an administrator, four say nothing of keys. */
const toStatements = (index: number, keys: number, extra: number): object[] => {
  const others = Array.from({ length: extra }, (_, at) =>
    allow('kms:Decrypt', toKeyArn((index * 7 + at) % keys)),
  );
  switch (index % 10) {
    case 0:
      return [allow('*')];
    case 1:
    case 2:
    case 3:
    case 4:
      return [allow(['s3:Get*', 'ec2:Describe*', `sqs:Send${index}`])];
    case 5:
    case 6:
      return [allow(['kms:Decrypt', 'kms:DescribeKey'], toKeyArn(index % keys)), ...others];
    case 7:
      return [
        allow('kms:Decrypt', `arn:aws:kms:*:${account}:key/*`, {
          Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } },
        }),
      ];
    case 8:
      // As many kinds as there are teams.
      return [
        allow('kms:*', '*', {
          Condition: { StringEquals: { 'aws:ResourceTag/team': `team-${index % 100}` } },
        }),
      ];
    default:
      return [allow(['kms:DisableKey', 'kms:Put*']), ...others];
  }
};

const toInventory = (principals: number, keys: number, extra: number) =>
  iamInventory.parse({
    users: [],
    groups: [],
    roles: Array.from({ length: principals }, (_, index) => ({
      Arn: `arn:aws:iam::${account}:role/role-${index}`,
      RoleName: `role-${index}`,
      RoleId: `AROA${index}`,
      AssumeRolePolicyDocument: document(allow('sts:AssumeRole')),
      RolePolicyList: [
        { PolicyName: `own-${index}`, PolicyDocument: document(...toStatements(index, keys, extra)) },
      ],
      PermissionsBoundary: index % 20 === 9 ? { PermissionsBoundaryArn: 'boundary' } : undefined,
      Tags: [{ Key: 'team', Value: `team-${index % 100}` }],
    })),
    policies: [{ Arn: 'boundary', Document: document(allow(['ec2:*', 'kms:Describe*'])) }],
  });

const controls = {
  managementAccount: '999999999999',
  levels: [
    {
      target: 'r-root',
      policies: [
        {
          Id: 'p-1',
          Arn: 'arn:aws:organizations::aws:policy/p-1',
          Name: 'guard',
          Content: document(allow('*'), {
            Effect: 'Deny',
            Action: 'kms:ScheduleKeyDeletion',
            Resource: '*',
            Condition: { ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${account}:role/role-1*` } },
          }),
        },
      ],
    },
  ],
};

/** One key in fifty lets in whoever is of the organisation. */
const toPolicy = (index: number) =>
  parsePolicy(
    terraformKmsPolicy(
      account,
      [`arn:aws:iam::${account}:role/role-${index}`],
      ...(index % 50 === 49
        ? [
            {
              Sid: 'Organization',
              Effect: 'Allow' as const,
              Principal: '*',
              Action: 'kms:Decrypt',
              Resource: '*',
              Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } },
            },
          ]
        : []),
    ),
  );

const measure = (principals: number, keys: number, extra: number) => {
  const inventory = toInventory(principals, keys, extra);
  const serviceControl = toServiceControl(controls, account);
  const start = performance.now();
  let found = 0;
  for (let index = 0; index < keys; index += 1) {
    const holdings = findHoldings(
      {
        keyArn: toKeyArn(index),
        keyPolicy: toPolicy(index),
        grants: [],
        resourceControl: [],
        contexts: [{ 'aws:eks:context': `context-${index}` }],
        accounts: [
          { account, inventory, isPartial: false, organizationId: 'o-exampleorgid', serviceControl },
        ],
      },
      powerActions,
    );
    found += holdings.length;
    // As the checks do: whoever is no administrator and may by a plain call is shown to.
    for (const { group, powers, show } of holdings)
      for (const name of powerNames) if (group === null && powers[name]?.power === 'yes') show(name);
  }
  const seconds = (performance.now() - start) / 1000;
  const megabytes = process.resourceUsage().maxRSS / 1024;
  return [principals, keys, extra, found, seconds.toFixed(2), Math.round(megabytes)];
};

const sizes = [
  [5000, 200, 0],
  [2500, 200, 0],
  [1250, 200, 0],
  [5000, 100, 0],
  [5000, 50, 0],
  [5000, 200, 2],
  [5000, 200, 8],
];
const asked = process.argv.slice(2).map(Number);
if (asked.length === 3) {
  const [principals = 0, keys = 0, extra = 0] = asked;
  process.stdout.write(`${measure(principals, keys, extra).join('\t')}\n`);
} else {
  process.stdout.write(`${['principals', 'keys', 'more statements', 'may', 'seconds', 'MB'].join('\t')}\n`);
  for (const size of sizes)
    process.stdout.write(
      execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...size.map(String)], {
        encoding: 'utf8',
      }),
    );
}
