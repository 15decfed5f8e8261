/**
 * Claims that no Secret carries kubectl's annotation last-applied-configuration, which repeats its data. Does not claim
 * that no other annotation does: of annotations only the names are known.
 */
import { lastAppliedAnnotation, type Secret } from '../evidence/kubernetes/secret.ts';
import { defineCheck } from './check.ts';
import { isContent } from './kubernetes/known-controllers.ts';
import { toName } from './kubernetes/pairings.ts';
import { getDistinctSecrets, toSecretReference } from './kubernetes/secret-index.ts';
import { toCount, toList } from './kubernetes/words.ts';

interface Copied {
  secret: string;
  namespace: string;
  name: string;
  /** When kubectl last wrote the annotation, and when others last wrote the data; null where nothing tells. */
  copiedAt: string | null;
  writtenAt: string | null;
  /** Who else wrote the data, and which keys. */
  writers: string[];
  keys: string[];
}

type Writer = NonNullable<Secret['writers']>[number];

const getLatest = (writers: readonly Writer[]): string | null =>
  writers
    .flatMap(({ time }) => time ?? [])
    .sort()
    .at(-1) ?? null;

const toCopied = ({ namespace, name, writers = [] }: Secret): Copied => {
  const copiers = writers.filter(({ wroteLastApplied }) => wroteLastApplied);
  const copiedAt = getLatest(copiers);
  // What stood there before the annotation was applied again as it was, or kubectl would hold the key.
  const isLater = ({ time }: Writer) =>
    copiedAt === null || time === undefined || Date.parse(time) >= Date.parse(copiedAt);
  const later = writers.filter(
    (writer) => !writer.wroteLastApplied && writer.keys.length > 0 && isLater(writer),
  );
  // Without the writer of the annotation nothing tells whether others wrote before it or after.
  const others = copiers.length > 0 ? later : [];
  return {
    secret: toName({ namespace, name }),
    namespace,
    name,
    copiedAt,
    writtenAt: getLatest(others),
    writers: [...new Set(others.map(({ manager }) => manager ?? '(unnamed)'))],
    keys: [...new Set(others.flatMap(({ keys }) => keys))],
  };
};

/** A Secret that was applied empty for a program, or Kubernetes itself, to fill it in: no copy holds the values. */
const wasAppliedEmpty = (secret: Secret): boolean => {
  const copiers = secret.writers?.filter(({ wroteLastApplied }) => wroteLastApplied);
  if (isContent(secret))
    return copiers !== undefined && copiers.length > 0 && copiers.every(({ createdEmpty }) => createdEmpty);
  return copiers
    ? copiers.length > 0 && copiers.every(({ keys }) => keys.length === 0)
    : secret.keys?.length === 0;
};

const toRemoval = ({ namespace, name }: Copied): string =>
  `kubectl annotate secret ${name}${namespace ? ` --namespace ${namespace}` : ''} ${lastAppliedAnnotation}-`;

const toFix = (copied: Copied): string =>
  `Remove the annotation (${toRemoval(copied)}), and apply by kubectl apply --server-side from now on, which leaves none.`;

export const secretsLeaveNoCopyInAnnotations = defineCheck({
  id: 'secrets-leave-no-copy-in-annotations',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: null,
  facts: ['kubernetes.secrets'],
  title: 'No Secret repeats its data in an annotation',
  rationale:
    'kubectl apply keeps what it applied in an annotation, values included. Listings of metadata, dashboards and audit logs show annotations where they would hide data, and the annotation keeps an old value when something else renews the Secret.',
  remediation: {
    text: 'Remove the annotation, and apply Secrets by kubectl apply --server-side, which leaves none.',
    url: 'https://kubernetes.io/docs/reference/using-api/server-side-apply/#migration-between-client-side-and-server-side-apply',
  },
  references: [
    'https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-last-applied-configuration',
  ],
  frameworks: { 'NIST 800-53': ['SC-28', 'AC-6'] },
  outcomes: {
    stale: {
      severity: 'medium',
      message: ({ secret, writers, keys, copiedAt, writtenAt }: Copied) =>
        `Secret ${secret} repeats in annotation ${lastAppliedAnnotation} what kubectl applied${copiedAt === null ? '' : ` (its last write is of ${copiedAt.slice(0, 10)})`}, while ${toList(writers)} wrote ${toList(keys)} since${writtenAt === null ? '' : ` (${writtenAt.slice(0, 10)})`}: an older value that was thought gone may survive there.`,
      fix: toFix,
    },
    copied: {
      severity: 'low',
      message: ({ secret }: Copied) =>
        `Secret ${secret} repeats its data in annotation ${lastAppliedAnnotation}: whatever shows metadata shows the values.`,
      fix: toFix,
    },
  },
  pass: 'No Secret carries kubectl’s annotation last-applied-configuration.',
  *evaluate({ read }) {
    const unasked: string[] = [];
    for (const secret of getDistinctSecrets(read('kubernetes.secrets'))) {
      if (!secret.annotationNames) unasked.push(toName(secret));
      if (!secret.annotationNames?.includes(lastAppliedAnnotation) || wasAppliedEmpty(secret)) continue;
      const copied = toCopied(secret);
      yield {
        outcome: copied.writers.length > 0 ? 'stale' : 'copied',
        object: toSecretReference(secret),
        evidence: { ...copied },
      };
    }
    if (unasked.length > 0)
      yield {
        unknown: 'unsupported',
        detail: `annotations were not asked for, of ${toCount(unasked.length, 'Secret')}: ${toList(unasked)}`,
      };
  },
});
