/**
 * Claims that no Secret holds a token of a service account: those never expire. Does not claim that no such token was
 * copied elsewhere, nor that the tokens which pods get by projection are short-lived: their pods say for how long.
 */
import { isKnown } from '../evidence/fact.ts';
import { secretTypes } from '../evidence/kubernetes/secret.ts';
import { defineCheck } from './check.ts';
import { toName, toPath } from './kubernetes/pairings.ts';
import { getReferrers } from './kubernetes/referrers.ts';
import { getDistinctSecrets, toSecretReference } from './kubernetes/secret-index.ts';
import { toCount, toList } from './kubernetes/words.ts';

/** https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-legacy-token-last-used */
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used';
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since';

interface LongLived {
  secret: string;
  serviceAccount: string | null;
  /** The day, as the API server notes it; null where it noted none, or nobody asked. */
  lastUsed: string | null;
  isUseAsked: boolean;
  invalidSince: string | null;
  /** The workloads that take it, the first of them; null where workloads are not known. */
  takenBy: string[] | null;
  takers: number;
}

/** How many workloads the evidence names. */
const mostTakers = 20;

const toUse = ({ lastUsed, isUseAsked }: LongLived): string => {
  if (lastUsed !== null) return `it was last used on ${lastUsed}`;
  return isUseAsked ? 'no use of it is recorded' : 'whether it is used is not known';
};

const toTakers = ({ takenBy, takers }: LongLived): string => {
  if (takenBy === null) return 'whether a pod takes it is not known';
  return takers === 0
    ? 'no workload takes it'
    : `it is taken by ${toCount(takers, 'workload')}: ${toList(takenBy, takers)}`;
};

export const serviceAccountTokensAreShortLived = defineCheck({
  id: 'service-account-tokens-are-short-lived',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: null,
  facts: ['kubernetes.secrets', 'kubernetes.workloads'],
  title: 'No Secret holds a token of a service account',
  rationale:
    'A token in a Secret is valid for as long as the Secret exists, from anywhere that reaches the API server, and whoever may read Secrets can become the service account. Tokens by the TokenRequest API expire within hours and die with their pod.',
  remediation: {
    text: 'Let pods use the token that Kubernetes projects into them, and people kubectl create token. Then delete the Secret.',
    url: 'https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets',
  },
  references: ['https://kubernetes.io/docs/concepts/security/service-accounts/#authenticating-credentials'],
  frameworks: { 'CIS Kubernetes Benchmark': ['5.1.6'], 'NIST 800-53': ['IA-5', 'AC-6'] },
  outcomes: {
    exists: {
      severity: 'medium',
      message: (seen: LongLived) =>
        `Secret ${seen.secret} holds a token of service account ${seen.serviceAccount ?? '(not known)'} that never expires${seen.invalidSince === null ? '' : ` (marked invalid since ${seen.invalidSince})`}; ${toUse(seen)}, and ${toTakers(seen)}.`,
      fix: (seen: LongLived) =>
        seen.takers > 0
          ? `Let ${toList(seen.takenBy ?? [], seen.takers)} use the token that Kubernetes projects into the pod; once nothing takes Secret ${seen.secret}, delete it.`
          : `Find out who uses the token outside the cluster (it may stand in a pipeline), give them kubectl create token instead, and delete Secret ${seen.secret}.`,
    },
  },
  pass: 'No Secret holds a token of a service account.',
  *evaluate({ read, peek }) {
    const secrets = getDistinctSecrets(read('kubernetes.secrets')).filter(
      ({ type }) => type === secretTypes.serviceAccountToken,
    );
    const workloads = peek('kubernetes.workloads');
    const referrers = getReferrers(isKnown(workloads) ? workloads.value : []);
    for (const secret of secrets) {
      const takers = [...new Set(referrers(secret).map(({ workload }) => toPath(workload)))];
      yield {
        outcome: 'exists',
        object: toSecretReference(secret),
        evidence: {
          secret: toName(secret),
          serviceAccount: secret.serviceAccount ?? null,
          lastUsed: secret.labels?.[lastUsedLabel] ?? null,
          isUseAsked: secret.labels !== undefined && !secret.origin,
          invalidSince: secret.labels?.[invalidSinceLabel] ?? null,
          takenBy: isKnown(workloads) ? takers.slice(0, mostTakers) : null,
          takers: takers.length,
        },
      };
    }
  },
});
