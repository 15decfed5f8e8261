/** What to do about one cluster's key, in order, judged from what was read. It only says so: nothing here changes anything. */
import type { Check, Subject } from '../checks/check.ts';
import { parseArn } from '../evidence/arn.ts';
import { type Cluster, getIneligibility } from '../evidence/cluster.ts';
import { isKnown, toUnknown, type Unknown } from '../evidence/fact.ts';
import type { Settings } from '../evidence/settings.ts';
import type { Finding } from '../findings/finding.ts';
import { isOfKey, type KeySubject, peekAt, toDistinct, toMissing, toNotVisible } from '../who/access.ts';
import { findCaller, judgeCaller } from './caller.ts';
import type { PlanDocument, Preflight, Proposal } from './document.ts';
import { toEnablingSteps, toNewClusterStep, toNewKeyStep } from './enabling.ts';
import { judgeAll, toFailures, toPlannedChecks } from './judged.ts';
import { toNewKey, withEksGrant } from './new-key.ts';
import { judgeCluster, judgeKey, judgePrincipals } from './preflight.ts';
import { toProposal, withPolicy } from './proposal.ts';
import { toRepairs } from './repairs.ts';
import { toVerification } from './verification.ts';

type Family = [KeySubject, ...KeySubject[]];

export interface Planned {
  /** The cluster with the key that it has or is to be given, then the key's relatives; without a key, the cluster alone. */
  subjects: [Subject, ...Subject[]];
  described: Cluster;
  /** Whether the key is only a candidate: the cluster does not name it yet. */
  isCandidate: boolean;
  /** Who runs Keyward, and is taken to make the calls. */
  caller: string;
  /** Options by which Keyward got there, as words of a shell. */
  asking: string[];
  settings: Settings;
  checks: readonly Check[];
}

/** Takes what was read of a cluster and its key; gives the plan. */
export const toPlan = (planned: Planned): PlanDocument => {
  const { subjects, isCandidate } = planned;
  const [first, ...others] = subjects;
  if (!isOfKey(first)) return planNewKey(planned, first);
  const family: Family = [first, ...others.filter(isOfKey)];
  if (isCandidate) return planCandidate(planned, family);
  const metadata = peekAt(first)('key.metadata');
  if (isKnown(metadata) && metadata.value.KeyManager === 'AWS') return planNewCluster(planned, first);
  return planRepairs(planned, family, isKnown(metadata) ? 'customer-key' : metadata);
};

/** Of the planned checks, what can be said of a key before the cluster has it. */
const isOfCandidate = ({ id, scope }: Check): boolean =>
  (scope === 'key' || scope === 'family') && id !== 'cluster-grant-is-in-place';

const toBase = ({ described, subjects: [{ cluster }] }: Planned, keyArn: string | null) => ({
  schema: 'keyward/plan-v1' as const,
  cluster: cluster.arn,
  version: described.version ?? null,
  key: keyArn,
  verify: toVerification(cluster, keyArn),
});

/** The command line that asks the same again, of whichever account the caller is. */
const toAskAgain = ({ asking, subjects: [{ cluster }] }: Planned, keyArn?: string): string =>
  ['keyward plan', cluster.arn, ...asking, ...(keyArn ? ['--key', keyArn] : [])].join(' ');

const toUndecided = (findings: readonly Finding[]): PlanDocument['undecided'] =>
  findings.flatMap(({ check, status, reason = '', message }) =>
    status === 'unknown' ? [{ check, reason, detail: message }] : [],
  );

const toLimits = (family: Family): PlanDocument['notVisible'] =>
  toDistinct([...family.flatMap(toNotVisible), ...family.flatMap(toMissing)]);

/** Who is to make EKS's grant: the caller, where he is a user or role of the cluster's account, else that account. */
const toGranting = (subject: KeySubject, caller: string): string => {
  const { account, arn } = subject.cluster;
  return findCaller(subject, caller)?.arn ?? `arn:${parseArn(arn)?.partition}:iam::${account}:root`;
};

const toPrincipalAnswers = (
  subject: KeySubject,
  { caller, settings, checks }: Planned,
  proposal: Proposal | Unknown,
): Preflight[] =>
  'unknown' in proposal
    ? []
    : judgePrincipals(subject, { caller, settings, checks, policy: JSON.stringify(proposal.document) });

const planNewKey = (planned: Planned, subject: Subject): PlanDocument => {
  const { settings, checks, described, caller } = planned;
  const base = { ...toBase(planned, null), sealedWith: 'no-customer-key' as const, undecided: [] };
  const reason = getIneligibility(described);
  if (reason !== undefined) {
    const policy = toUnknown('unsupported', reason);
    return { ...base, preflight: judgeCluster(described), steps: [], policy, verify: [], notVisible: [] };
  }
  const made = withEksGrant(toNewKey(subject));
  const proposal = toProposal([made], checks, settings, toGranting(made, caller));
  // It has that policy from its first moment.
  const born = 'unknown' in proposal ? made : withPolicy(made, JSON.stringify(proposal.document));
  const askAgain = toAskAgain(planned);
  return {
    ...base,
    preflight: [...judgeCluster(described), ...toPrincipalAnswers(born, planned, proposal)],
    steps: [
      toNewKeyStep(subject.cluster, askAgain),
      ...toEnablingSteps(subject.cluster, described, null, askAgain),
    ],
    policy: proposal,
    notVisible: toLimits([born]),
  };
};

/** What no policy and no step makes good. */
const isUnfit = ({ id, answer }: Preflight): boolean =>
  answer === 'blocked' &&
  ['cluster-can-take-a-key', 'key-is-customer-managed', 'key-is-symmetric', 'key-is-in-the-region'].includes(
    id,
  );

const planCandidate = (planned: Planned, [first, ...others]: Family): PlanDocument => {
  const { settings, checks, described, caller } = planned;
  const fitness = [...judgeCluster(described), ...judgeKey(first)];
  const unfit = fitness.find(isUnfit);
  if (unfit)
    return {
      ...toBase(planned, first.key.arn),
      sealedWith: 'no-customer-key',
      preflight: fitness,
      steps: [],
      undecided: [],
      policy: toUnknown('unsupported', unfit.detail),
      verify: [],
      notVisible: [],
    };
  const family: Family = [withEksGrant(first), ...others];
  const [subject] = family;
  const keyArn = subject.key.arn;
  const proposal = toProposal(family, checks, settings, toGranting(subject, caller));
  const findings = judgeAll(family, toPlannedChecks(checks).filter(isOfCandidate), settings);
  const askAgain = toAskAgain(planned, keyArn);
  return {
    ...toBase(planned, keyArn),
    sealedWith: 'no-customer-key',
    preflight: [...fitness, ...toPrincipalAnswers(subject, planned, proposal)],
    steps: [
      ...toRepairs(toFailures(findings), 'unknown' in proposal ? undefined : proposal, subject, askAgain),
      ...toEnablingSteps(subject.cluster, described, keyArn, toAskAgain(planned)),
    ],
    undecided: toUndecided(findings),
    policy: proposal,
    notVisible: toLimits(family),
  };
};

const planNewCluster = (planned: Planned, subject: KeySubject): PlanDocument => ({
  ...toBase(planned, subject.key.arn),
  sealedWith: 'aws-managed-key',
  preflight: [sealedForGood(subject.key.arn)],
  steps: [toNewClusterStep(subject.cluster)],
  undecided: [],
  policy: toUnknown('unsupported', 'AWS writes the policy of a key that it manages'),
  notVisible: [],
});

const sealedForGood = (keyArn: string): Preflight => ({
  id: 'key-is-for-good',
  answer: 'mind',
  detail: `The cluster is sealed with ${keyArn}, for its life: the key can be looked after, not changed. Once it is deleted, or EKS’s grant on it is lost, the cluster cannot be recovered.`,
});

const planRepairs = (
  planned: Planned,
  family: Family,
  sealedWith: PlanDocument['sealedWith'],
): PlanDocument => {
  const { settings, checks, caller } = planned;
  const [subject] = family;
  const keyArn = subject.key.arn;
  const proposal = toProposal(family, checks, settings);
  const findings = judgeAll(family, toPlannedChecks(checks), settings);
  const isNextToKey = parseArn(caller)?.account === subject.key.account;
  const change = isNextToKey ? judgeCaller(subject, settings, caller, 'kms:PutKeyPolicy') : undefined;
  return {
    ...toBase(planned, keyArn),
    sealedWith,
    preflight: [
      sealedForGood(keyArn),
      {
        id: 'caller-may-put-key-policy',
        answer: change?.answer ?? 'unknown',
        detail: change
          ? `${caller}, kms:PutKeyPolicy: ${change.detail}.`
          : `Whoever puts a key policy calls KMS in account ${subject.key.account}; Keyward runs as ${caller}, of another account.`,
      },
    ],
    steps: toRepairs(
      toFailures(findings),
      'unknown' in proposal ? undefined : proposal,
      subject,
      toAskAgain(planned),
    ),
    undecided: toUndecided(findings),
    policy: proposal,
    notVisible: toLimits(family),
  };
};
