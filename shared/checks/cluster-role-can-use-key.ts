/**
 * Claims that the policies that could be read let the cluster's role describe its key and list the key's grants, as
 * EKS does in its name. Does not claim that the role may decrypt: EKS has a grant for that; nor that no control policy
 * that could not be read denies it.
 */
import { isKnown } from '../evidence/fact.ts';
import { decide } from '../policy/decide.ts';
import { findForeignContexts } from '../policy/eks-context.ts';
import { toHealthCheck } from '../policy/eks-health-check.ts';
import { createIdentityReader } from '../policy/identity-policies.ts';
import { toSeenPolicies } from '../policy/seen-policies.ts';
import { defineCheck } from './check.ts';

interface Reach {
  key: string;
  role: string;
  /** What denies it: policies and their statements. None where nothing allows it. */
  deniedBy: string[];
}

/** The calls that EKS makes in the role's name, the one that upgrades hang on first. */
const healthChecks = [
  ['kms:DescribeKey', 'keyIsHidden'],
  ['kms:ListGrants', 'grantsAreHidden'],
] as const;

const toWords = ({ deniedBy }: Reach): string =>
  deniedBy.length > 0 ? `${deniedBy.join(', ')} denies it` : 'nothing allows it';

const toGrantCommand = ({ key, role }: Reach): string => {
  const statement = { Effect: 'Allow', Action: ['kms:DescribeKey', 'kms:ListGrants'], Resource: key };
  const document = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  return `aws iam put-role-policy --role-name ${role.replace(/^.*\//, '')} --policy-name see-cluster-key --policy-document '${document}'`;
};

const toFix = (reach: Reach): string =>
  reach.deniedBy.length > 0
    ? `Take ${reach.role} out of what denies it: ${reach.deniedBy.join(', ')}.`
    : `${toGrantCommand(reach)}. It takes effect where the key policy names the role or delegates to its account.`;

export const clusterRoleCanUseKey = defineCheck({
  id: 'cluster-role-can-use-key',
  kind: 'state',
  link: 3,
  scope: 'key',
  subject: null,
  facts: [
    'cluster',
    'key.metadata',
    'key.policy',
    'key.grants',
    'iam.cluster',
    'serviceControl.cluster',
    'resourceControl.key',
    'organization',
  ],
  title: 'The cluster’s role can see the cluster’s key',
  rationale:
    'EKS checks on the key as the cluster’s role. Where that can’t describe it, control plane upgrades fail, and say something else: that the role could not be assumed.',
  remediation: {
    text: 'Attach AmazonEKSClusterPolicy, which since its version 9 gives kms:DescribeKey, to the cluster’s role, allow kms:ListGrants on the key too, and see that the key policy names the role or delegates to its account.',
    url: 'https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html',
  },
  references: [
    'https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html',
    'https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html',
  ],
  frameworks: { 'NIST 800-53': ['SC-12', 'CP-9'] },
  outcomes: {
    roleIsGone: {
      severity: 'high',
      message: ({ role, key }: Reach) =>
        `The cluster's role ${role} does not exist any more, so EKS can't look after ${key} in its name, and upgrades fail.`,
      fix: ({ role }: Reach) =>
        `Create ${role} again, trusted by eks.amazonaws.com and with AmazonEKSClusterPolicy: a cluster's role can't be changed.`,
    },
    keyIsHidden: {
      severity: 'high',
      message: (reach: Reach) =>
        `${reach.role} may not kms:DescribeKey on ${reach.key}: ${toWords(reach)}. Upgrades of the control plane fail on it, and say that the role could not be assumed.`,
      fix: toFix,
    },
    grantsAreHidden: {
      severity: 'low',
      message: (reach: Reach) =>
        `${reach.role} may not kms:ListGrants on ${reach.key}: ${toWords(reach)}. EKS's health checks are denied many times a day; harmless, but real denials drown in them.`,
      fix: toFix,
    },
    contextIsNeverSent: {
      severity: 'low',
      message: ({ key, statements }: { key: string; statements: string[] }) =>
        `${statements.join(', ')} allows use of ${key} only under an encryption context that EKS never sends: it sends aws:eks:context and nothing else, so the statement never matches.`,
      fix: ({ statements }: { statements: string[] }) =>
        `Remove the condition or the statement (${statements.join(', ')}): EKS uses the key by its grant and needs neither.`,
    },
  },
  pass: 'The policies that could be read let the cluster’s role describe the key and list its grants.',
  *evaluate({ read, peek, key, cluster }) {
    const { roleArn: role } = read('cluster');
    if (read('key.metadata').KeyManager === 'AWS')
      return yield { notApplicable: 'The key is managed by AWS, and so is its policy.' };
    if (!role) return yield { unknown: 'failed', detail: 'EKS named no role of the cluster' };
    const keyPolicy = read('key.policy');

    const iam = peek('iam.cluster');
    const found = isKnown(iam) ? iam.value.roles.find(({ Arn }) => Arn === role) : undefined;
    if (isKnown(iam) && !found && iam.missing.length === 0)
      return yield { outcome: 'roleIsGone', evidence: { key: key.arn, role, deniedBy: [] } };
    const policies = toSeenPolicies({
      keyPolicy,
      keyAccount: key.account,
      account: cluster.account,
      identity: isKnown(iam) && found ? createIdentityReader(iam.value)(found) : undefined,
      grants: peek('key.grants'),
      serviceControl: peek('serviceControl.cluster'),
      resourceControl: peek('resourceControl.key'),
    });
    const organization = peek('organization');
    const isMember = isKnown(organization) && organization.value.accounts.includes(cluster.account);
    const organizationId = isMember ? organization.value.id : undefined;

    const hanging = new Map<string, string[]>();
    let denied: { outcome: (typeof healthChecks)[number][1]; deniedBy: string[] } | undefined;
    for (const [action, outcome] of healthChecks) {
      const request = toHealthCheck({ role, tags: found?.Tags, organizationId }, action, key.arn, policies);
      const { effect, because, notSeen } = decide(request, policies);
      const isLackingIam =
        effect === 'allowed' &&
        notSeen.some(({ source }) => source === 'identity-policy' || source === 'boundary');
      const lacking = notSeen.find(({ could }) => could === 'allow');
      if (effect === 'undecided' || lacking || isLackingIam) {
        // Says why the fact that it hangs on is missing, where one is.
        if (!found) read('iam.cluster');
        if (lacking?.source === 'grant') read('key.grants');
        const hinges = [...because, ...notSeen].map(({ source, ref }) => `${source} ${ref ?? ''}`.trim());
        const told = [...new Set(hinges)].join(', ');
        hanging.set(told, [...(hanging.get(told) ?? []), action]);
      } else if (effect === 'denied') {
        denied = { outcome, deniedBy: because.map(({ source, ref }) => `${source} ${ref}`.trim()) };
        break;
      }
    }
    for (const [hinges, actions] of hanging)
      yield { unknown: 'failed', detail: `whether ${role} may ${actions.join(' and ')} hangs on ${hinges}` };
    if (denied) {
      const { outcome, deniedBy } = denied;
      return yield { outcome, evidence: { key: key.arn, role, deniedBy } };
    }
    const statements = findForeignContexts(policies);
    if (statements.length > 0)
      yield { outcome: 'contextIsNeverSent', evidence: { key: key.arn, statements } };
    read('iam.cluster');
  },
});
