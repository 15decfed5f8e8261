/**
 * Claims that nobody but those expected may read Secrets across the cluster: by RBAC, EKS's access policies or aws-auth,
 * directly or by becoming somebody who may (making pods, entering them, tokens, impersonation, bindings, roles, the
 * kubelets). Does not claim anything of single namespaces, of the principal that created a cluster whose mode is
 * CONFIG_MAP, of admission webhooks, of custom resources whose controllers make pods or copy Secrets, of the control
 * plane itself, or of nodes, whom the Node authorizer gives the Secrets of their own pods.
 */
import type { ObjectReference } from '../evidence/kubernetes/object.ts';
import { createReaderFinder, type Reader } from '../rbac/readers.ts';
import { insideFacts, toClusterAccess } from './access/cluster-access.ts';
import {
  expectedReaders,
  isExpectedReader,
  toReaderSubject,
  toSentence,
  toWaysJson,
  type WayJson,
} from './access/readers.ts';
import { defineCheck } from './check.ts';

interface Shown {
  identity: string;
  kind: string;
  /** Of an IAM principal: what Kubernetes calls it. */
  usernames: string[];
  how: string;
  ways: WayJson[];
}

const toShown = ({ identity, kind, usernames, ways }: Reader): Shown => ({
  identity,
  kind,
  usernames: [...usernames],
  how: ways[0].how,
  ways: toWaysJson(ways),
});

const toMessage = ({ identity, kind, ways }: Shown): string =>
  `${kind === 'group' ? 'Group ' : ''}${identity} may read the Secrets of every namespace: it ${toSentence(ways)}.`;

const toGivers = ({ ways }: Shown): string => ways.flatMap(({ by }) => by).join(', ');

/** A name is taken for a glob there: a star of its own would let in others. */
const toExpectation = ({ identity }: Shown): string =>
  `${JSON.stringify(identity.replaceAll('*', '?'))}.${identity.includes('*') ? ' In it ? stands for the star of the name, which would let in whatever fits.' : ''}`;

const mostNames = 20;

export const secretAccessIsLimited = defineCheck({
  id: 'secret-access-is-limited',
  kind: 'state',
  link: 5,
  scope: 'cluster',
  subject: 'identity',
  facts: insideFacts,
  title: 'Few may read Secrets across the cluster',
  rationale:
    'The API server opens every Secret for whoever may read it, however well it is sealed in etcd. Who may make pods, enter them, or act as another, reads Secrets too.',
  remediation: {
    text: 'Give each reader a Role in the namespaces that it needs, with resourceNames where they are known, in place of a ClusterRole. Name those who have to read every Secret in expected.secretReaders.',
    url: 'https://kubernetes.io/docs/concepts/security/rbac-good-practices/',
  },
  references: [
    'https://kubernetes.io/docs/concepts/security/rbac-good-practices/',
    'https://kubernetes.io/docs/reference/access-authn-authz/rbac/',
    'https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html',
  ],
  frameworks: {
    'CIS Amazon EKS Benchmark': ['4.1.2'],
    'NIST 800-53': ['AC-3', 'AC-6'],
    'PCI DSS 4': ['3.6', '7.2'],
  },
  outcomes: {
    everybodyReads: {
      severity: 'high',
      message: toMessage,
      fix: (shown: Shown) =>
        `Take ${shown.identity} out of the subjects of ${toGivers(shown)}, and bind a service account or group of their own for those who need it.`,
    },
    defaultAccountReads: {
      severity: 'high',
      message: (shown: Shown) =>
        `${toMessage(shown)} Every pod of its namespace that names no service account runs as it.`,
      fix: (shown: Shown) =>
        `Give the workload that needs it a service account of its own, and take ${shown.identity} out of the subjects of ${toGivers(shown)}.`,
    },
    clusterWideReader: {
      severity: 'medium',
      message: toMessage,
      fix: (shown: Shown) =>
        `Name it in expected.secretReaders if it has to read every Secret; if not, give it Roles in the namespaces that it needs. The line is: - ${toExpectation(shown)} What lets it: ${toGivers(shown)}.`,
    },
    manyExpectedReaders: {
      severity: 'low',
      message: ({ readers, count, limit }: { readers: string[]; count: number; limit: number }) =>
        `${count} expected identities may read the Secrets of every namespace, more than ${limit} (thresholds.clusterWideReaders): ${readers.join(', ')}${count > readers.length ? ` and ${count - readers.length} more` : ''}.`,
    },
  },
  pass: 'By RBAC, access policies and aws-auth, nobody but those expected may read Secrets across the cluster, nor become one who may.',
  *evaluate({ read, peek, isAsked, cluster }, settings) {
    const roleBindings = read('kubernetes.roleBindings');
    const roles = read('kubernetes.roles');
    const { access, facts, open } = toClusterAccess({ peek, isAsked, cluster }, { roles, roleBindings });
    const readers = createReaderFinder(access)('every').filter(({ isOfControlPlane }) => !isOfControlPlane);
    const expected: string[] = [];
    for (const reader of readers) {
      const shown = toShown(reader);
      if (!reader.isEverybody && isExpectedReader(reader, cluster.name, settings)) {
        expected.push(reader.identity);
        continue;
      }
      const object = toManifest(reader);
      yield {
        outcome: !reader.isEverybody
          ? 'clusterWideReader'
          : reader.kind === 'service-account'
            ? 'defaultAccountReads'
            : 'everybodyReads',
        subject: toReaderSubject(reader),
        evidence: shown,
        ...(object ? { object } : {}),
      };
    }
    const limit = settings.thresholds.clusterWideReaders;
    if (expected.length > limit)
      yield {
        outcome: 'manyExpectedReaders',
        subject: expectedReaders,
        evidence: { readers: expected.slice(0, mostNames), count: expected.length, limit },
      };
    for (const { unknown, detail } of open) yield { unknown, detail };
    for (const fact of facts) read(fact);
  },
});

/** In manifests: the binding, with the file that it stands in. */
const toManifest = ({ bindings }: Reader): ObjectReference | undefined => {
  const binding = bindings.find(({ origin }) => origin !== undefined);
  if (!binding) return undefined;
  const { kind, namespace, name, origin } = binding;
  return { kind, name, ...(namespace === undefined ? {} : { namespace }), ...(origin ? { origin } : {}) };
};
