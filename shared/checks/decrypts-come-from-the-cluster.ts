/**
 * Claims that in the time that was read nobody but EKS's control plane opened anything with the key under the
 * cluster's encryption context, and no unexpected principal under any other. Does not claim that no Secret was read
 * (a control plane's calls say nothing of that), nor anything of calls that seal, nor of AWS services that serve
 * other resources on a shared key.
 */
import { getCalledContext, isCalledByAws, isControlPlane } from '../activity/control-plane.ts';
import { isByService } from '../activity/services.ts';
import { sumUses, toCount, type Uses } from '../activity/sum-uses.ts';
import { mostNamed, type UseTally } from '../evidence/events.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { type KnownContexts, readClusterContexts } from './activity/cluster-contexts.ts';
import { toCallerWords, toLookUpCommand, toSourceWords, toSpan, toTimes } from './activity/words.ts';
import { defineCheck } from './check.ts';

interface Used extends Uses {
  key: string;
  principal: string;
  kind: UseTally['kind'];
  account: string | null;
  /** Other calls of the principal that this check minds, of less weight. */
  lesserCalls: number;
  /** What AWS services opened with the key under other contexts, which is ordinary on a shared key. */
  byServices: { calls: number; principals: string[] };
}

type OutcomeName = 'opened' | 'tried' | 'contextIsNotKnown' | 'other';
/** The worst first: a principal has one finding. */
const outcomeNames: readonly OutcomeName[] = ['opened', 'tried', 'contextIsNotKnown', 'other'];

/** A data key or a sealed text is of no use to whom it is generated for: only these give back what was sealed. */
const isOpening = ({ operation }: UseTally): boolean =>
  operation === 'Decrypt' || operation === 'ReEncryptFrom';

/** How bad a call is that the control plane did not make; undefined where it is ordinary. */
const toOutcome = (tally: UseTally, { own, others, isWhole }: KnownContexts): OutcomeName | undefined => {
  const context = getCalledContext(tally);
  const hasSucceeded = tally.outcome === 'success';
  if (context !== undefined && own.includes(context)) return hasSucceeded ? 'opened' : 'tried';
  if (!hasSucceeded) return undefined;
  // EKS's context is observed to be of its own kind: a service's call without one is about something else.
  const isElsewhere = context === undefined ? isByService(tally) : others.has(context);
  if (!isWhole && !isElsewhere) return isCalledByAws(tally) ? undefined : 'contextIsNotKnown';
  return isByService(tally) ? undefined : 'other';
};

/** Where no context is known to be the cluster's, each of EKS's may be that is not another cluster's. */
const isUnsettledAttempt = (tally: UseTally, { others }: KnownContexts): boolean => {
  const context = getCalledContext(tally);
  return tally.outcome !== 'success' && context !== undefined && !others.has(context);
};

const toCalls = ({ key, count, first, last, sources, operations }: Used): string =>
  `${key} ${toTimes(count)} (${Object.keys(operations).join(', ')}) ${toSpan(first, last)}${toSourceWords(sources)}`;

const toStop = ({ key, principal, events }: Used): string =>
  `Look at the calls (${toLookUpCommand(key, events[0])}), take the key from ${principal}, and end its sessions. If it is meant, add to expected.decrypters: - ${JSON.stringify(principal)}`;

export const decryptsComeFromTheCluster = defineCheck({
  id: 'decrypts-come-from-the-cluster',
  kind: 'event',
  link: 4,
  scope: 'family',
  subject: 'principal',
  facts: ['key.use', 'key.grants'],
  title: 'Nobody but the cluster opened anything with its key',
  rationale:
    'EKS’s control plane alone has the cluster’s ciphertext and a reason to open it. A call by anybody else under the cluster’s own encryption context means that somebody has a copy of its data, or of its data keys. The context decides: KMS binds it into the ciphertext.',
  remediation: {
    text: 'Find out who called and with what (CloudTrail, by the event ids of the evidence). Under the cluster’s own context treat the credentials as stolen and what the cluster holds as known to somebody: take the key from the principal, end its sessions, find the copy of etcd or backup that it came from, and replace the Secrets. If the use is meant, name the principal in expected.decrypters.',
    url: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/ct-decrypt.html',
    'https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html',
  ],
  frameworks: { 'NIST 800-53': ['AU-6', 'AC-6', 'SC-12', 'SI-4'], 'PCI DSS 4': ['3.7', '10.4'] },
  outcomes: {
    opened: {
      severity: 'critical',
      message: (used: Used) =>
        `${toCallerWords(used)} used ${toCalls(used)}, under this cluster’s own encryption context. Only EKS has a reason to: whoever else does holds a copy of the cluster’s data or data keys, and opened it.`,
      fix: toStop,
    },
    tried: {
      severity: 'high',
      message: (used: Used) =>
        `${toCallerWords(used)} tried to use ${toCalls(used)}, under this cluster’s own encryption context, and failed (${Object.keys(used.outcomes).join(', ')}). That context shows in no policy: whoever names it knows the cluster’s grant or its calls.`,
      fix: toStop,
    },
    contextIsNotKnown: {
      severity: 'high',
      message: (used: Used) =>
        `${toCallerWords(used)} used ${toCalls(used)}. Which encryption context is this cluster’s could not be told from the key’s grants, so this may have opened its data.`,
      fix: toStop,
    },
    other: {
      severity: 'low',
      message: (used: Used) =>
        `${toCallerWords(used)} used ${toCalls(used)}, under another encryption context than this cluster’s: that opened other data than the cluster’s.`,
      fix: ({ principal }: Used) =>
        `Move what it opens to a key of its own. If it is meant, add to expected.decrypters: - ${JSON.stringify(principal)}`,
    },
  },
  pass: 'In the time that was read, nobody but EKS’s control plane, expected principals and AWS services for other resources opened anything with the key.',
  *evaluate({ read, peek, key, cluster }, settings) {
    const { days } = read('key.use');
    const contexts = readClusterContexts({ peek, key, cluster });
    const ofEks = [...contexts.own, ...contexts.others];
    const isExpected = (tally: UseTally) =>
      isControlPlane(tally, ofEks) ||
      isExpectedPrincipal(tally.principal, cluster.name, settings.expected.decrypters);
    const tallies = Object.values(days)
      .flat()
      .filter((tally) => isOpening(tally) && !isExpected(tally));

    const quiet = tallies.filter(
      (tally) => tally.outcome === 'success' && toOutcome(tally, contexts) === undefined,
    );
    const byServices = {
      calls: toCount(quiet),
      principals: [...new Set(quiet.map(({ principal }) => principal))].sort().slice(0, mostNamed),
    };
    for (const [principal, calls] of Map.groupBy(tallies, (tally) => tally.principal)) {
      const minded = Map.groupBy(calls, (tally) => toOutcome(tally, contexts));
      const outcome = outcomeNames.find((name) => minded.has(name));
      const worst = outcome && minded.get(outcome);
      if (!worst) continue;
      const lesser = outcomeNames.flatMap((name) => (name === outcome ? [] : (minded.get(name) ?? [])));
      const { kind = 'other', account = null } = worst[0] ?? {};
      const told = { ...sumUses(worst), lesserCalls: toCount(lesser), byServices };
      yield { outcome, subject: principal, evidence: { key: key.arn, principal, kind, account, ...told } };
    }
    const { gap, isWhole } = contexts;
    if (gap && tallies.length > 0)
      yield { unknown: gap.unknown, detail: `which context is the cluster’s is not known: ${gap.detail}` };
    else if (!isWhole && tallies.some((tally) => isUnsettledAttempt(tally, contexts)))
      yield {
        unknown: 'unsupported',
        detail: `no grant on ${key.arn} tells the cluster’s encryption context, so failed attempts under one of EKS’s may have been under it`,
      };
  },
});
