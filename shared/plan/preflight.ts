/** What has to hold before a cluster is given a key, each judged by what was read. */
import type { Check } from '../checks/check.ts';
import { parseArn } from '../evidence/arn.ts';
import { type Cluster, getIneligibility, isEncryptedByDefault } from '../evidence/cluster.ts';
import { isKnown } from '../evidence/fact.ts';
import type { Settings } from '../evidence/settings.ts';
import { type KeySubject, peekAt } from '../who/access.ts';
import { judgeCaller } from './caller.ts';
import type { Answer, Preflight } from './document.ts';
import { type Judged, judgeRole } from './judged.ts';
import { withPolicy } from './proposal.ts';

/** Of the cluster itself, whatever the key. */
export const judgeCluster = (described: Cluster): Preflight[] => {
  const { status, version = '' } = described;
  const reason = getIneligibility(described);
  const isDefault = isEncryptedByDefault(version);
  const ready: Preflight =
    reason === undefined
      ? {
          id: 'cluster-is-active',
          answer: status === undefined ? 'unknown' : status === 'ACTIVE' ? 'ready' : 'blocked',
          detail:
            status === 'ACTIVE'
              ? 'The cluster is ACTIVE.'
              : `The cluster is ${status ?? 'in no state that EKS told'}: EKS begins no update of it before it is ACTIVE.`,
        }
      : { id: 'cluster-can-take-a-key', answer: 'blocked', detail: reason };
  return [
    ready,
    {
      id: 'it-cannot-be-undone',
      answer: 'mind',
      detail:
        'It cannot be undone: a cluster that was given a key keeps it for its life, and no other key can take its place. Once that key is deleted, or EKS’s grant on it is lost, the cluster cannot be recovered.',
    },
    ...(isDefault === true
      ? [
          {
            id: 'procedure-covers-the-version',
            answer: 'mind' as const,
            detail: `The procedure that AWS documents for existing clusters limits itself to Kubernetes 1.27 and below; this one runs ${version}. The API takes the call and AWS speaks of migrating to a key of one’s own, but nothing says how it goes: try it on a throw-away cluster of this version first. Today EKS seals all API data with a key that AWS owns, so nothing lies in plain text meanwhile.`,
          },
        ]
      : []),
    ...(isDefault === undefined
      ? [
          {
            id: 'procedure-covers-the-version',
            answer: 'unknown' as const,
            detail: `EKS gave no Kubernetes version that can be read ("${version}"), and what AWS documents hangs on it.`,
          },
        ]
      : []),
  ];
};

/** Of the key: what EKS asks of it. https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html */
export const judgeKey = (subject: KeySubject): Preflight[] => {
  const { cluster, key } = subject;
  const metadata = peekAt(subject)('key.metadata');
  const places: Preflight[] = [
    {
      id: 'key-is-in-the-region',
      answer: key.region === cluster.region ? 'ready' : 'blocked',
      detail:
        key.region === cluster.region
          ? `The key lies in the cluster’s Region, ${cluster.region}.`
          : `The key lies in ${key.region}, the cluster in ${cluster.region}: EKS takes a key of the cluster’s Region alone.`,
    },
    key.account === cluster.account
      ? { id: 'key-is-in-the-account', answer: 'ready', detail: 'Key and cluster are of one account.' }
      : {
          id: 'key-is-in-the-account',
          answer: 'mind',
          detail: `The key is account ${key.account}’s, the cluster ${cluster.account}’s. EKS takes it where the key policy lets the caller of that account create the grant; whoever governs ${key.account} can then make the cluster unrecoverable.`,
        },
  ];
  if (!isKnown(metadata))
    return [
      {
        id: 'key-can-be-read',
        answer: 'unknown',
        detail: `what kind of key it is, and whether it is enabled: ${metadata.unknown}: ${metadata.detail}`,
      },
      ...places,
    ];
  const { KeyManager, KeySpec, KeyUsage, KeyState } = metadata.value;
  const tell = (id: string, isSo: boolean, yes: string, no: string): Preflight => ({
    id,
    answer: isSo ? 'ready' : 'blocked',
    detail: isSo ? yes : no,
  });
  return [
    tell(
      'key-is-customer-managed',
      KeyManager === 'CUSTOMER',
      'The key is customer managed.',
      'The key is managed by AWS: its policy is not yours, and lets EKS have no grant.',
    ),
    tell(
      'key-is-symmetric',
      KeySpec === 'SYMMETRIC_DEFAULT' && KeyUsage === 'ENCRYPT_DECRYPT',
      'The key is symmetric and encrypts.',
      `EKS takes a symmetric key that encrypts; this one is ${KeySpec ?? 'of no kind that KMS told'} for ${KeyUsage ?? 'nothing that KMS told'}.`,
    ),
    KeyState === undefined
      ? { id: 'key-is-enabled', answer: 'unknown', detail: 'KMS did not tell the key’s state.' }
      : tell(
          'key-is-enabled',
          KeyState === 'Enabled',
          'The key is enabled.',
          `The key is in state ${KeyState}.`,
        ),
    ...places,
  ];
};

/** Who may do what the plan asks for; `policy` is the one that it proposes. */
interface Judging {
  settings: Settings;
  checks: readonly Check[];
  caller: string;
  policy: string;
}

const calls = [
  ['caller-may-create-grant', 'kms:CreateGrant'],
  ['caller-may-describe-key', 'kms:DescribeKey'],
] as const;

/** Of the caller, who has EKS make its grant, and of the cluster's role, which looks at the key ever after. */
export const judgePrincipals = (
  subject: KeySubject,
  { settings, checks, caller, policy }: Judging,
): Preflight[] => {
  const then = withPolicy(subject, policy);
  return [
    ...calls.map(([id, action]): Preflight => {
      const { account } = subject.cluster;
      if (parseArn(caller)?.account !== account)
        return {
          id,
          answer: 'unknown',
          detail: `Whoever gives the cluster its key calls EKS in account ${account} and needs ${action} on the key. Keyward runs as ${caller}, of another account: ask again as the one who is going to make the call.`,
        };
      const now = judgeCaller(subject, settings, caller, action);
      return toPreflight(id, now, judgeCaller(then, settings, caller, action), (detail, told) =>
        told === 'ready' ? `${caller} may ${action}: ${detail}.` : toSentence(caller, action, detail, told),
      );
    }),
    toPreflight(
      'role-may-describe-key',
      judgeRole(subject, checks, settings),
      judgeRole(then, checks, settings),
      (detail) => detail,
    ),
  ];
};

const toSentence = (who: string, action: string, detail: string, told: Answer): string => {
  if (told !== 'blocked') return `Whether ${who} may ${action}: ${detail}.`;
  const limit =
    action === 'kms:CreateGrant'
      ? ' A policy that allows it only under kms:GrantIsForAWSResource is not enough for EKS.'
      : '';
  return `${who} may not ${action}: ${detail}.${limit}`;
};

const toPreflight = (
  id: string,
  now: Judged,
  then: Judged,
  toWords: (detail: string, answer: Answer) => string,
): Preflight => ({
  id,
  answer: now.answer,
  detail: toWords(now.detail, now.answer),
  ...(then.answer === now.answer ? {} : { underThePolicy: then.answer }),
});
