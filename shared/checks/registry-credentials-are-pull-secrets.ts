/**
 * Claims that credentials of registries serve to pull images: pods and service accounts name them as pull secrets, and
 * no container has them. Does not claim that they allow no more than pulling.
 */
import { getGap, isKnown } from '../evidence/fact.ts';
import { secretTypes } from '../evidence/kubernetes/secret.ts';
import { defineCheck } from './check.ts';
import { isUsedByName } from './kubernetes/known-controllers.ts';
import { toName, toPath } from './kubernetes/pairings.ts';
import { getReferrers } from './kubernetes/referrers.ts';
import { getDistinctSecrets, toKey, toSecretReference } from './kubernetes/secret-index.ts';
import { toCount, toList } from './kubernetes/words.ts';

const registryTypes: readonly string[] = [secretTypes.dockerconfigjson, secretTypes.dockercfg];

/** How many workloads the evidence names. */
const mostTakers = 20;

interface Taken {
  secret: string;
  type: string;
  takers: number;
  /** The first of them. */
  takenBy: string[];
}

export const registryCredentialsArePullSecrets = defineCheck({
  id: 'registry-credentials-are-pull-secrets',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: null,
  facts: ['kubernetes.secrets', 'kubernetes.workloads', 'kubernetes.serviceAccounts'],
  title: 'Credentials of registries are pull secrets, and nothing else',
  rationale:
    'Only the kubelet needs the credentials of a registry. A container that has them can pull every image that they open, and push, where they allow it, what the next pod will run; one that nobody uses is a credential that nobody misses when it leaks.',
  remediation: {
    text: 'Name the Secret in imagePullSecrets of the pod or its service account, and take it out of volumes and variables. Delete one that nobody uses.',
    url: 'https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/',
  },
  references: ['https://kubernetes.io/docs/concepts/containers/images/#specifying-imagepullsecrets-on-a-pod'],
  frameworks: { 'NIST 800-53': ['AC-6', 'IA-5'] },
  outcomes: {
    taken: {
      severity: 'low',
      message: ({ secret, type, takers, takenBy }: Taken) =>
        `Secret ${secret} (${type}) is for pulling images, and is mounted or exported by ${toCount(takers, 'workload')}: ${toList(takenBy, takers)}. Their programs can pull, and where it allows that push, whatever it opens.`,
      fix: ({ secret, takers, takenBy }: Taken) =>
        `Name Secret ${secret} in imagePullSecrets, and take it out of the volumes and variables of ${toList(takenBy, takers)}. A program that builds images needs a credential of its own.`,
    },
    unused: {
      severity: 'low',
      message: ({ secret, type }: { secret: string; type: string }) =>
        `No reference to Secret ${secret} (${type}) was found in imagePullSecrets of workloads and service accounts, nor elsewhere in workloads: a credential of a registry that nobody would miss.`,
    },
  },
  pass: 'Every credential of a registry is named as a pull secret, and no container has one.',
  *evaluate({ read, peek, cluster }) {
    const secrets = getDistinctSecrets(read('kubernetes.secrets')).filter(({ type }) =>
      registryTypes.includes(type),
    );
    if (secrets.length === 0) return;
    const referrers = getReferrers(read('kubernetes.workloads'));
    const accounts = peek('kubernetes.serviceAccounts');
    const namedByAccounts = new Set(
      (isKnown(accounts) ? accounts.value : []).flatMap(
        ({ namespace, imagePullSecrets = [], secrets: named = [] }) =>
          [...imagePullSecrets, ...named].map(({ name }) => toKey({ namespace, name })),
      ),
    );
    const isSeenWhole = !getGap(peek('kubernetes.workloads')) && !getGap(accounts);
    // Whoever uses a manifest's Secret may stand in a manifest that was not given.
    const isInCluster = cluster.arn !== 'manifests';
    const unmarked: string[] = [];
    let isUseMissed = false;
    for (const secret of secrets) {
      const found = referrers(secret);
      const taking = found.filter(({ isPull }) => !isPull);
      const takers = [...new Set(taking.map(({ workload }) => toPath(workload)))];
      const told = { secret: toName(secret), type: secret.type };
      const object = toSecretReference(secret);
      if (takers.length > 0)
        yield {
          outcome: 'taken',
          object,
          evidence: { ...told, takers: takers.length, takenBy: takers.slice(0, mostTakers) },
        };
      if (found.length > 0 || namedByAccounts.has(toKey(secret)) || !isInCluster || !isUsedByName(secret))
        continue;
      if (!isSeenWhole) isUseMissed = true;
      // Without its labels nothing tells whether a controller finds it without naming it.
      else if (!secret.labels) unmarked.push(told.secret);
      else yield { outcome: 'unused', object, evidence: told };
    }
    if (unmarked.length > 0)
      yield {
        unknown: 'unsupported',
        detail: `labels and owners were not asked for, of ${toCount(unmarked.length, 'credential')} that nothing names: ${toList(unmarked)}`,
      };
    if (isUseMissed) read('kubernetes.serviceAccounts');
  },
});
