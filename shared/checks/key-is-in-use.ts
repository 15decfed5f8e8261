/**
 * Claims that the key was used for something in the time that is looked back on. Does not claim that the cluster was
 * who used it, nor that a key without use protects nothing: an API server may work on with a data key that it has, and
 * below Kubernetes 1.28 it calls KMS only when Secrets are written or first read.
 */
import { getGap, isKnown } from '../evidence/fact.ts';
import type { KeyLastUsage } from '../evidence/key.ts';
import { toDaysBetween } from '../evidence/timestamp.ts';
import { toMoment } from './activity/words.ts';
import { defineCheck } from './check.ts';

interface Unused {
  key: string;
  cluster: string;
  /** From when on no use was seen. */
  since: string;
  lastUse: { operation: string | null; time: string; event: string | null } | null;
  /** The call of KMS, or where events came from. */
  source: string;
}

/** What is younger, or known of less time, tells nothing yet. */
const leastDays = 1;

/**
 * From Kubernetes 1.28 on a control plane calls KMS for its health each minute or so, by what the open source plugin
 * does; EKS's own is not documented, so a week. Before, it called only for Secrets, and may be silent for long.
 */
const silentDays = 7;
const isKmsV1 = (version: string | undefined): boolean => {
  const [major = 1, minor = 28] = (version ?? '').split('.').map(Number);
  return major === 1 && minor < 28;
};

const dayMilliseconds = 86_400_000;

const toEarlier = (moment: string, days: number): string =>
  new Date(Date.parse(moment) - days * dayMilliseconds).toISOString();

/** The latest of some moments, which may be written in more than one way. */
const toLatest = (...moments: (string | undefined)[]): string | undefined =>
  moments
    .filter((moment) => moment !== undefined)
    .sort((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1);

const toLastUse = ({ KeyLastUsage: last }: KeyLastUsage): Unused['lastUse'] =>
  last?.Timestamp === undefined
    ? null
    : { operation: last.Operation ?? null, time: last.Timestamp, event: last.CloudTrailEventId ?? null };

export const keyIsInUse = defineCheck({
  id: 'key-is-in-use',
  kind: 'state',
  link: 4,
  scope: 'key',
  subject: null,
  facts: ['cluster', 'key.lastUsage', 'key.use'],
  title: 'The cluster’s key is in use',
  rationale:
    'A running control plane calls KMS with the cluster’s key when it starts, when the key rotates and for its health. A key without any use for long says that the cluster is not sealed with it as its configuration promises, or that its control plane cannot reach it.',
  remediation: {
    text: 'Look at the cluster’s health (aws eks describe-cluster, health.issues) and at the update that associated the key (aws eks list-updates). Write a Secret and ask aws kms get-key-last-usage again; if that shows no use either, ask AWS Support. Don’t delete or disable the key for want of use.',
    url: 'https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html',
  },
  references: ['https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html'],
  frameworks: { 'NIST 800-53': ['SC-12', 'SC-28', 'AU-6'] },
  outcomes: {
    unused: {
      severity: 'low',
      message: ({ key, cluster, since, lastUse, source }: Unused) =>
        `Cluster ${cluster} is ACTIVE and names ${key}, yet ${source} shows no use of it since ${toMoment(since)}${lastUse ? ` (${lastUse.operation ?? 'the last one'})` : ''}.`,
    },
  },
  pass: 'The key was used for something in the time that is looked back on.',
  *evaluate({ read, peek, key, cluster, collectedAt }, settings) {
    const { status, createdAt, version } = read('cluster');
    if (status !== 'ACTIVE')
      return yield { notApplicable: `The cluster is ${status ?? 'in no known state'}.` };
    if (createdAt !== undefined && toDaysBetween(createdAt, collectedAt) < leastDays)
      return yield { notApplicable: 'The cluster is younger than a day.' };
    const usage = peek('key.lastUsage');
    if (!isKnown(usage) && usage.unknown === 'not-found')
      return yield { notApplicable: 'The key does not exist: key-is-usable says so.' };
    const use = peek('key.use');
    const told = isKnown(usage) ? toLastUse(usage.value) : null;
    const seen = Object.values(isKnown(use) ? use.value.days : {})
      .flat()
      .flatMap(({ outcome, last }) => (outcome === 'success' ? last : []));
    const { eventRetentionDays } = settings.thresholds;
    const days = isKmsV1(version) ? eventRetentionDays : Math.min(silentDays, eventRetentionDays);
    const oldest = toEarlier(collectedAt, days);
    const last = toLatest(told?.time, ...seen);
    if (last !== undefined && toDaysBetween(oldest, last) >= 0) return;

    const place = { key: key.arn, cluster: cluster.name };
    const isLongEnough = (since: string, until: string) => toDaysBetween(since, until) >= leastDays;
    // KMS began to remember the last use on some day; what was before it does not tell.
    const tracked = isKnown(usage) ? (told?.time ?? usage.value.TrackingStartDate) : undefined;
    if (tracked !== undefined) {
      const since = told?.time ?? toLatest(tracked, oldest, createdAt) ?? tracked;
      if (isLongEnough(since, collectedAt))
        return yield {
          outcome: 'unused',
          evidence: { ...place, since, lastUse: told, source: 'GetKeyLastUsage' },
        };
    }
    if (isKnown(use) && !getGap(use)) {
      const { from, to, sources } = use.value;
      const since = toLatest(from, createdAt) ?? from;
      if (isLongEnough(since, to))
        return yield {
          outcome: 'unused',
          evidence: { ...place, since, lastUse: null, source: sources.join(', ') },
        };
    }
    read('key.lastUsage');
    yield {
      unknown: 'incomplete-window',
      detail: 'no use of the key was seen, in less than a day that is known of it',
    };
  },
});
