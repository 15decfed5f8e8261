/**
 * Claims that no Secret with a person's content lies in the namespace `default`. Does not claim that other namespaces
 * are shared by nobody.
 */
import { defineCheck } from './check.ts';
import { isContent } from './kubernetes/known-controllers.ts';
import { toName } from './kubernetes/pairings.ts';
import { getDistinctSecrets, toSecretReference } from './kubernetes/secret-index.ts';
import { toList } from './kubernetes/words.ts';

export const secretsAvoidDefaultNamespace = defineCheck({
  id: 'secrets-avoid-default-namespace',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: null,
  facts: ['kubernetes.secrets'],
  title: 'No Secret lies in the default namespace',
  rationale:
    'The namespace is the border of a Secret: whoever may create a pod in it can mount every Secret there. Into default falls whatever names no namespace, so what lies there shares its Secrets with everything that was started in haste.',
  remediation: {
    text: 'Move the Secret, with the workloads that use it, into a namespace of their own.',
    url: 'https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/',
  },
  references: ['https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation'],
  frameworks: { 'CIS Kubernetes Benchmark': ['5.7.4'], 'NIST 800-53': ['AC-6'] },
  outcomes: {
    inDefault: {
      severity: 'low',
      message: ({ secret, type }: { secret: string; type: string }) =>
        `Secret ${secret} (${type}) lies in the namespace default: every pod that somebody may start there can mount it.`,
    },
  },
  pass: 'No Secret lies in the namespace default, other than those of Helm, controllers and Kubernetes itself.',
  *evaluate({ read }) {
    const untold: string[] = [];
    for (const secret of getDistinctSecrets(read('kubernetes.secrets'))) {
      if (secret.namespace !== 'default' || !isContent(secret)) continue;
      // By its labels a controller's own state is known.
      if (secret.labels === undefined) untold.push(toName(secret));
      else
        yield {
          outcome: 'inDefault',
          object: toSecretReference(secret),
          evidence: { secret: toName(secret), type: secret.type },
        };
    }
    if (untold.length > 0)
      yield {
        unknown: 'unsupported',
        detail: `without metadata nothing tells whether a controller keeps ${toList(untold)}`,
      };
  },
});
