/**
 * Claims that each Secret with a person's content is named by a workload, a service account or an ingress. Does not
 * claim that one which none of them names is useless: custom resources refer to Secrets in ways nobody can list.
 */
import { getGap } from '../evidence/fact.ts';
import { defineCheck } from './check.ts';
import { isUsedByName } from './kubernetes/known-controllers.ts';
import { toName } from './kubernetes/pairings.ts';
import { getReferrers } from './kubernetes/referrers.ts';
import { getDistinctSecrets, toKey, toSecretReference } from './kubernetes/secret-index.ts';
import { toCount, toList } from './kubernetes/words.ts';

/** What may name a Secret: a page that is missing of any may hold the reference. */
const places = ['kubernetes.workloads', 'kubernetes.serviceAccounts', 'kubernetes.ingresses'] as const;

export const secretsAreUsed = defineCheck({
  id: 'secrets-are-used',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: null,
  facts: ['kubernetes.secrets', ...places],
  title: 'Secrets are used by something',
  rationale:
    'A Secret that nothing uses is a credential that nobody renews and nobody would miss when it leaks. What is gone needs no guarding.',
  remediation: {
    text: 'Find out whose it is: a custom resource, a controller or a person may use it. If nobody does, revoke the credential where it was issued, and delete the Secret.',
    url: 'https://kubernetes.io/docs/concepts/security/secrets-good-practices/',
  },
  references: ['https://kubernetes.io/docs/concepts/configuration/secret/#using-a-secret'],
  frameworks: { 'NIST 800-53': ['AC-6', 'IA-5'] },
  outcomes: {
    unreferenced: {
      severity: 'info',
      message: ({ secret, type }: { secret: string; type: string }) =>
        `No reference to Secret ${secret} (${type}) was found in workloads, service accounts and ingresses. Custom resources may refer to it in ways that nobody can list.`,
    },
  },
  pass: 'Every Secret is named by a workload, a service account or an ingress, other than those of Helm, controllers and Kubernetes itself.',
  *evaluate({ read, peek, cluster }) {
    if (cluster.arn === 'manifests')
      return yield { notApplicable: 'What uses a Secret may stand in manifests that were not given.' };
    const gaps = places.flatMap((place) => getGap(peek(place)) ?? []);
    for (const { unknown, detail } of gaps) yield { unknown, detail };
    if (gaps.length > 0) return;
    const referrers = getReferrers(read('kubernetes.workloads'));
    const named = new Set([
      ...read('kubernetes.serviceAccounts').flatMap(({ namespace, secrets = [], imagePullSecrets = [] }) =>
        [...secrets, ...imagePullSecrets].map(({ name }) => toKey({ namespace, name })),
      ),
      ...read('kubernetes.ingresses').flatMap(({ namespace, tls = [] }) =>
        tls.flatMap(({ secretName: name }) => (name === undefined ? [] : toKey({ namespace, name }))),
      ),
    ]);
    const unmarked: string[] = [];
    for (const secret of getDistinctSecrets(read('kubernetes.secrets'))) {
      if (!isUsedByName(secret) || named.has(toKey(secret)) || referrers(secret).length > 0) continue;
      // Without its labels and owners nothing tells whether a controller finds it without naming it.
      if (!secret.labels) unmarked.push(toName(secret));
      else
        yield {
          outcome: 'unreferenced',
          object: toSecretReference(secret),
          evidence: { secret: toName(secret), type: secret.type },
        };
    }
    if (unmarked.length > 0)
      yield {
        unknown: 'unsupported',
        detail: `labels and owners were not asked for, of ${toCount(unmarked.length, 'Secret')} that nothing names: ${toList(unmarked)}`,
      };
  },
});
