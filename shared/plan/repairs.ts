/** The steps that mend what is broken, the worst first: eksctl, the AWS CLI and the console each have their way, or none. */
import type { ClusterIdentity } from '../checks/check.ts';
import { isKnown } from '../evidence/fact.ts';
import { severities } from '../evidence/settings.ts';
import type { Finding } from '../findings/finding.ts';
import { type KeySubject, peekAt } from '../who/access.ts';
import type { Proposal, Step, Ways } from './document.ts';
import { toClusterPage, toEksCommand, toKeyCommand, toKeyPage, toShellWord } from './place.ts';

const none: Ways = { eksctl: [], cli: [], console: [] };

/** Of checks that one call mends, how; the remediation of each other one says what there is to say. */
const mending: Record<string, (finding: Finding, subject: KeySubject) => Ways> = {
  'key-is-usable': ({ resource }, subject) => {
    const metadata = peekAt(subject)('key.metadata');
    const state = isKnown(metadata) ? metadata.value.KeyState : undefined;
    const enabling = toKeyCommand('enable-key', resource, subject.cluster);
    if (state === 'Disabled')
      return { ...none, cli: [enabling], console: [toKeyPage(resource, 'Key actions', 'Enable')] };
    if (state === 'PendingDeletion' || state === 'PendingReplicaDeletion')
      return {
        ...none,
        cli: [toKeyCommand('cancel-key-deletion', resource, subject.cluster), enabling],
        console: [
          toKeyPage(resource, 'Key actions', 'Cancel key deletion'),
          toKeyPage(resource, 'Key actions', 'Enable'),
        ],
      };
    return none;
  },
  'key-rotates': ({ evidence, resource }, subject) => {
    const metadata = peekAt(subject)('key.metadata');
    if (!isKnown(metadata) || metadata.value.Origin !== 'AWS_KMS') return none;
    // Rotation is the primary's to set; the check knows which that is.
    const key = typeof evidence.primary === 'string' ? evidence.primary : resource;
    const days = evidence.allowedDays;
    const period = typeof days === 'number' ? ` --rotation-period-in-days ${toPeriod(days)}` : '';
    return {
      ...none,
      cli: [`${toKeyCommand('enable-key-rotation', key, subject.cluster)}${period}`],
      console: [toKeyPage(key, 'Key rotation', 'Edit', 'Enable')],
    };
  },
  'key-grants-are-expected': ({ resource, subject: grant }, { cluster }) =>
    grant === null
      ? none
      : {
          ...none,
          cli: [
            toKeyCommand('list-grants', resource, cluster),
            `${toKeyCommand('revoke-grant', resource, cluster)} --grant-id ${toShellWord(grant)}`,
          ],
        },
  'control-plane-audit-log-is-on': (_, { cluster }) => toAuditLog(cluster),
};

// What KMS takes. https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
const toPeriod = (days: number): number => Math.min(2560, Math.max(90, days));

const toAuditLog = (cluster: ClusterIdentity): Ways => ({
  eksctl: [
    `eksctl utils update-cluster-logging --cluster ${toShellWord(cluster.name)} --region ${toShellWord(cluster.region)} --enable-types audit --approve`,
  ],
  cli: [
    `${toEksCommand('update-cluster-config', cluster)} --logging '{"clusterLogging":[{"types":["audit"],"enabled":true}]}'`,
  ],
  console: [toClusterPage(cluster, 'Observability', 'Manage logging', 'Audit')],
});

/** How a policy is put, from the plan itself. `askAgain` is the command line of this plan. */
const toPolicyWays = (keyArn: string, cluster: ClusterIdentity, askAgain: string): Ways => ({
  eksctl: [],
  cli: [
    `${toKeyCommand('get-key-policy', keyArn, cluster)} --policy-name default --query Policy --output text > key-policy-before.json`,
    `${askAgain} --format json | jq .policy.document > key-policy.json`,
    `${toKeyCommand('put-key-policy', keyArn, cluster)} --policy-name default --policy file://key-policy.json`,
  ],
  console: [toKeyPage(keyArn, 'Key policy', 'Switch to policy view', 'Edit')],
});

const isDifferent = ({ difference }: Proposal): boolean =>
  'unknown' in difference || difference.added.length + difference.removed.length > 0;

const cautions = [
  'Read first who gains and who loses by it.',
  'Where Terraform or CloudFormation keeps the policy, change it there, or it comes back.',
  'KMS refuses a policy that leaves whoever puts it unable to change it again.',
];

/** What of today’s failures bears on putting a policy. */
const toCautions = (failures: readonly Finding[]): string[] => {
  const sharing = failures.find(({ check }) => check === 'key-is-dedicated');
  const isLocked = failures.some(({ check }) => check === 'key-policy-keeps-an-administrator');
  return [
    ...(isLocked ? ['Nobody who exists may put it today: ask AWS Support to.'] : []),
    ...cautions,
    ...(sharing
      ? [
          `The key serves others: the policy lets other clusters’ roles look at it, and nothing more; what else uses the key by today’s policy loses it. ${sharing.message}`,
        ]
      : []),
  ];
};

const toPolicyStep = (
  proposal: Proposal,
  failures: readonly Finding[],
  { key, cluster }: KeySubject,
  askAgain: string,
): Step => {
  const worst = severities.find((severity) => proposal.ends.some((one) => one.severity === severity));
  return {
    title: 'Put the key policy of this plan',
    why:
      proposal.ends.length > 0
        ? `It ends what fails today: ${proposal.ends.map(({ check, message }) => `${check}: ${message}`).join(' ')}`
        : 'No failure of today hangs on it. It gives less than today’s: no use of the key by IAM, only by EKS’s grant.',
    fix: toCautions(failures).join(' '),
    severity: worst ?? null,
    check: null,
    ways: toPolicyWays(key.arn, cluster, askAgain),
  };
};

/**
 * Takes the failures, the worst first, the policy proposed (if one can be), and the command line that asked; gives a
 * step for each failure that the policy does not end, and one for the policy, at the place of the worst that it ends.
 */
export const toRepairs = (
  failures: readonly Finding[],
  proposal: Proposal | undefined,
  subject: KeySubject,
  askAgain: string,
): Step[] => {
  const ended = new Set(proposal?.ends.map(({ check, message }) => `${check} ${message}`));
  const own = failures
    .filter(({ check, message }) => !ended.has(`${check} ${message}`))
    .map(
      (finding): Step => ({
        title: finding.title,
        why: finding.message,
        fix: finding.remediation.text,
        severity: finding.severity,
        check: finding.check,
        ways: mending[finding.check]?.(finding, subject) ?? none,
      }),
    );
  if (!proposal || !isDifferent(proposal)) return own;
  const step = toPolicyStep(proposal, failures, subject, askAgain);
  const weigh = ({ severity }: Step) =>
    severity === null ? severities.length : severities.indexOf(severity);
  const place = own.findIndex((one) => weigh(one) > weigh(step));
  return place === -1 ? [...own, step] : own.toSpliced(place, 0, step);
};
