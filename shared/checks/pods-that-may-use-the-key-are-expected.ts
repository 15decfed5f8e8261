/**
 * Claims that no pod gets a role, by IRSA or Pod Identity, that may decrypt with the cluster's key or take it away by a
 * plain call, unless it is expected. Does not claim anything of roles that pods reach otherwise: their node's, one
 * that the role may assume in turn, keys of an IAM user in a Secret.
 */
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { isKnown } from '../evidence/fact.ts';
import { toObjectPath } from '../evidence/kubernetes/object.ts';
import type { Workload } from '../evidence/kubernetes/workload.ts';
import { powerActions, toDestroyingActions } from '../policy/powers.ts';
import { accessFacts, toKeyQuestion, toNotVisible } from './access/key-access.ts';
import { findPodPaths, type PodPath } from './access/pod-paths.ts';
import { toUsername } from './access/pod-roles.ts';
import { defineCheck } from './check.ts';

/** How many there are, and the first of them by name. */
interface Some {
  count: number;
  names: string[];
}

interface PodUse {
  serviceAccount: string;
  /** Those that run as it, as far as workloads were read. */
  workloads: Some;
  key: string;
  paths: PodPath[];
  notVisible: string[];
}
interface OpenRole extends PodPath {
  key: string;
  serviceAccounts: Some;
  notVisible: string[];
}

const mostNames = 20;

const toSome = (names: string[]): Some => ({ count: names.length, names: names.slice(0, mostNames) });

const toText = ({ count, names }: Some, separator = ', '): string =>
  `${names.join(separator)}${count > names.length ? ` and ${count - names.length} more` : ''}`;

const toDeeds = (paths: readonly PodPath[], key: string): string =>
  paths
    .map(({ role, way, uses }) => {
      const actions = [...new Set(uses.map(({ action }) => action))].join(' and ');
      return `become ${role} by ${way}, which may ${actions} with ${key}, by ${[...new Set(uses.flatMap(({ by }) => by))].join(', ')}`;
    })
    .join('; and ');

const toCaveat = (paths: readonly PodPath[]): string =>
  paths.some(({ uses }) => uses.some(({ power }) => power === 'destroy'))
    ? 'A cluster that loses its key can’t be recovered.'
    : 'That alone reveals no Secret: the ciphertext lies in etcd, which EKS shows to nobody.';

const toExpectation = (paths: readonly PodPath[]): string =>
  paths
    .flatMap(({ role, uses }) =>
      [...new Set(uses.map(({ power }) => power))].map(
        (power) =>
          `expected.${power === 'decrypt' ? 'decrypters' : 'administrators'}: - ${JSON.stringify(role)}`,
      ),
    )
    .join('; ');

export const podsThatMayUseTheKeyAreExpected = defineCheck({
  id: 'pods-that-may-use-the-key-are-expected',
  kind: 'state',
  link: 5,
  scope: 'family',
  subject: 'workload',
  facts: [
    'kubernetes.serviceAccounts',
    'cluster.podIdentityAssociations',
    'kubernetes.workloads',
    ...accessFacts,
  ],
  title: 'Only expected pods may use the cluster’s key, or take it away',
  rationale:
    'EKS uses the key by its own grant; a pod has no business with it. Whoever breaks into one that may decrypt holds one half of every Secret, and into one that may disable or delete the key, the cluster’s life.',
  remediation: {
    text: 'Take the key from the role: name other keys in its policy’s Resource. Or let its trust policy name the one service account that is meant, and the role in expected.decrypters or expected.administrators.',
    url: 'https://docs.aws.amazon.com/eks/latest/userguide/service-accounts.html',
  },
  references: [
    'https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html',
    'https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html',
  ],
  frameworks: { 'NIST 800-53': ['AC-3', 'AC-6', 'SC-12'], 'PCI DSS 4': ['3.6', '7.2'] },
  outcomes: {
    mayUse: {
      severity: 'medium',
      message: ({ serviceAccount, workloads, key, paths }: PodUse) =>
        `Pods of service account ${serviceAccount}${workloads.count > 0 ? ` (${toText(workloads)})` : ''} may ${toDeeds(paths, key)}. ${toCaveat(paths)}`,
      fix: ({ paths }: PodUse) =>
        `Narrow what lets the role (${[...new Set(paths.flatMap(({ uses }) => uses.flatMap(({ by }) => by)))].join(', ')}), or add to ${toExpectation(paths)}`,
    },
    anyMayUse: {
      severity: 'medium',
      message: (one: OpenRole) =>
        `Pods of ${one.serviceAccounts.count} service accounts that do not name the role (${toText(one.serviceAccounts)}) may ${toDeeds([one], one.key)}: its trust policy lets them in. ${toCaveat([one])}`,
      fix: (one: OpenRole) =>
        `Let the trust policy of ${one.role} name by StringEquals on the provider’s sub the service account that is meant, or add to ${toExpectation([one])}`,
    },
  },
  pass: 'By what could be read, no unexpected pod gets a role that may use the key or take it away by a plain call.',
  *evaluate({ read, peek, isAsked, cluster, key, collectedAt }, settings) {
    const described = read('cluster');
    const metadata = read('key.metadata');
    if (metadata.KeyManager === 'AWS')
      return yield { notApplicable: 'The key is managed by AWS, and so is its policy.' };
    const question = toKeyQuestion({ peek, cluster, key, collectedAt }, read('key.policy'), settings);
    const { decrypters, administrators } = settings.expected;
    const associations = peek('cluster.podIdentityAssociations');
    const { named, open, unsettled } = findPodPaths({
      question,
      asked: { decrypt: powerActions.decrypt, destroy: toDestroyingActions(metadata.Origin) },
      cluster: { ...cluster, issuer: described.identity?.oidc?.issuer },
      serviceAccounts: read('kubernetes.serviceAccounts'),
      associations: isKnown(associations) ? associations.value : [],
      isExpected: (account, roleArn, power) =>
        [roleArn, toUsername(account)].some((name) =>
          isExpectedPrincipal(name, cluster.name, power === 'decrypt' ? decrypters : administrators),
        ),
    });
    const shared = { key: key.arn, notVisible: toNotVisible({ peek, cluster, key, collectedAt }) };
    for (const { serviceAccounts, ...path } of open)
      yield {
        outcome: 'anyMayUse',
        subject: path.role,
        evidence: { ...shared, ...path, serviceAccounts: toSome(serviceAccounts) },
      };
    const workloads = isAsked('kubernetes.workloads') ? peek('kubernetes.workloads') : undefined;
    const running = workloads && isKnown(workloads) ? workloads.value : [];
    for (const [account, paths] of [...named].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const its = running.filter((one) => toAccount(one) === account).map(toObjectPath);
      yield {
        outcome: 'mayUse',
        subject: `serviceaccount/${account}`,
        evidence: { ...shared, serviceAccount: account, workloads: toSome(its.sort()), paths },
      };
    }
    if (unsettled.length > 0) yield { unknown: 'failed', detail: toText(toSome(unsettled), '; ') };
    read('cluster.podIdentityAssociations');
    read('key.grants');
    read('iam.key');
    read('iam.cluster');
  },
});

const toAccount = ({ namespace, spec }: Workload): string =>
  `${namespace}/${spec.serviceAccountName ?? 'default'}`;
