/**
 * Claims that the key policy lets the key's account, or a principal that exists there, change the policy. Does not
 * claim that this is somebody trusted (key-destroyers-are-expected), nor that a control policy lets them.
 */
import { parseArn } from '../evidence/arn.ts';
import { isKnown } from '../evidence/fact.ts';
import { isDeletedPrincipal } from '../evidence/principal-arn.ts';
import { decide } from '../policy/decide.ts';
import { findHoldings } from '../policy/key-holders.ts';
import type { Policy } from '../policy/policy.ts';
import { hasAction } from '../policy/statement.ts';
import { accessFacts, toKeyQuestion } from './access/key-access.ts';
import { defineCheck } from './check.ts';

const change = 'kms:PutKeyPolicy';

interface LockOut {
  key: string;
  /** Whom the policy would let change it, and who do not exist or are kept from it. */
  named: string[];
}

const toNamed = ({ statements }: Policy): string[] => [
  ...new Set(
    statements
      .filter((statement) => statement.effect === 'Allow' && hasAction(statement, change))
      .flatMap(({ principals }) => (principals ?? []).map(({ value }) => value)),
  ),
];

export const keyPolicyKeepsAnAdministrator = defineCheck({
  id: 'key-policy-keeps-an-administrator',
  kind: 'state',
  link: 3,
  scope: 'family',
  subject: null,
  facts: accessFacts,
  title: 'Somebody who exists may change the key policy',
  rationale:
    'A key whose policy nobody can change is locked: only AWS Support opens it. Policies without the account’s root end so when the principals that they name are re-created, as Identity Center’s roles are.',
  remediation: {
    text: 'Add a statement that lets the account’s root kms:*, which leaves administration to IAM, while somebody still can. Where nobody can, AWS Support has to.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html',
    'https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html',
  ],
  frameworks: { 'NIST 800-53': ['SC-12', 'CP-9'], 'PCI DSS 4': ['3.7'] },
  outcomes: {
    nobody: {
      severity: 'medium',
      message: ({ key, named }: LockOut) =>
        `Nobody who exists may change the policy of ${key}: ${
          named.length === 0
            ? 'no statement allows it to anybody'
            : `it is left to ${named
                .map((name) => (isDeletedPrincipal(name) ? `${name} (a deleted principal)` : name))
                .join(', ')}, who does not exist in the account or is kept from it`
        }. Only AWS Support could unlock it.`,
    },
  },
  pass: 'The key policy lets its account’s root, or a principal that exists in the account, change it.',
  *evaluate({ read, peek, cluster, key, collectedAt }, settings) {
    if (read('key.metadata').KeyManager === 'AWS')
      return yield { notApplicable: 'The key is managed by AWS, and so is its policy.' };
    const question = toKeyQuestion({ peek, cluster, key, collectedAt }, read('key.policy'), settings);
    const { keyPolicy, knownContext = {} } = question;
    const { account } = key;
    // What control policies deny, the organisation can allow again; the key stays the account's to govern.
    const root = decide(
      {
        principal: {
          kind: 'account-root',
          arn: `arn:${parseArn(key.arn)?.partition}:iam::${account}:root`,
          accountId: account,
        },
        action: change,
        resource: key.arn,
        context: { ...knownContext, 'aws:RequestedRegion': [key.region], 'aws:SecureTransport': ['true'] },
        isClosed: false,
      },
      { keyPolicy, grants: [], serviceControl: [], resourceControl: [] },
    );
    if (root.effect === 'allowed') return;
    const named = toNamed(keyPolicy);
    const isForAnybody = keyPolicy.statements.some(
      (statement) => statement.effect === 'Allow' && hasAction(statement, change),
    );
    const evidence = { key: key.arn, named };
    if (!isForAnybody && root.effect === 'denied') return yield { outcome: 'nobody', evidence };
    const iam = peek('iam.key');
    const administrators = findHoldings({ ...question, resourceControl: [] }, { change: [change] }).filter(
      (holding) => holding.account === account && holding.kind !== 'account',
    );
    if (administrators.some(({ powers, holder }) => holder && powers.change?.isShown)) return;
    if (!isKnown(iam) || iam.missing.length > 0) {
      read('iam.key');
      return;
    }
    if (administrators.length > 0)
      return yield {
        unknown: 'failed',
        detail: `whether ${administrators.map(({ principal }) => principal).join(', ')} may ${change} hangs on policies that could not be read`,
      };
    if (root.effect === 'undecided')
      return yield {
        unknown: 'failed',
        detail: 'whether the account’s root may change the policy hangs on conditions of its statement',
      };
    yield { outcome: 'nobody', evidence };
  },
});
