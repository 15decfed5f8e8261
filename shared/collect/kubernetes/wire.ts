/** How objects stand in JSON: the API server writes `null` where a list or a field is not there. */
import { z } from 'zod';
import { ownerReference } from '../../evidence/kubernetes/object.ts';
import { timestamp } from '../../evidence/timestamp.ts';

/** Absent or null: undefined. */
export const maybe = <S extends z.ZodType>(shape: S) =>
  shape.nullish().transform((value) => value ?? undefined);

/** A list, empty where there is none. */
export const listOf = <S extends z.ZodType>(shape: S) =>
  z
    .array(shape)
    .nullish()
    .transform((list) => list ?? []);

export const named = z.object({ name: z.string() });

const texts = z.record(z.string(), z.string());

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ */
export const metadata = z.object({
  name: z.string(),
  namespace: maybe(z.string()),
  generateName: maybe(z.string()),
  creationTimestamp: maybe(timestamp),
  labels: maybe(texts),
  annotations: maybe(texts),
  ownerReferences: maybe(z.array(ownerReference)),
});
export type Metadata = z.infer<typeof metadata>;

export const namespacedMetadata = metadata.extend({ namespace: z.string() });

/** `apps/v1` → `apps`, which tells kinds of one name apart: https://kubernetes.io/docs/reference/using-api/#api-groups */
export const toGroup = (apiVersion = ''): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

/**
 * Labels that say who made an object, or what became of a token; others could be anybody's own, and are not kept.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/
 */
const keptLabels = new Set([
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/name',
  'app.kubernetes.io/part-of',
  'kubernetes.io/legacy-token-last-used',
  'kubernetes.io/legacy-token-invalid-since',
  'kubernetes.io/bootstrapping',
  'addonmanager.kubernetes.io/mode',
  // Helm marks its releases: https://helm.sh/docs/topics/advanced/#storage-backends
  'owner',
  'helm.sh/chart',
  'k8s-app',
]);
/** The domains of controllers that mark what they wrote. */
const keptLabelDomains = new Set([
  'controller.cert-manager.io',
  'cert-manager.io',
  'acme.cert-manager.io',
  'external-secrets.io',
  'reconcile.external-secrets.io',
  'argocd.argoproj.io',
  'kustomize.toolkit.fluxcd.io',
  'helm.toolkit.fluxcd.io',
  'sealedsecrets.bitnami.com',
  'secrets-store.csi.k8s.io',
  'cert.kyverno.io',
  'secrets.hashicorp.com',
  'velero.io',
  'operator.prometheus.io',
  'eks.amazonaws.com',
]);

/** The labels that checks may ask for; undefined where there is none. */
export const toKeptLabels = (
  labels: Record<string, string> | undefined,
): Record<string, string> | undefined => {
  const kept: [name: string, value: string][] = [];
  for (const [name, value] of Object.entries(labels ?? {}))
    if (keptLabels.has(name) || keptLabelDomains.has(name.slice(0, name.indexOf('/'))))
      kept.push([name, value]);
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
};

/** Where a kind is listed: in all namespaces, or in one. */
export const toListPath = (group: string, plural: string, namespace?: string): string => {
  const prefix = group.includes('/') ? `/apis/${group}` : `/api/${group}`;
  return namespace === undefined
    ? `${prefix}/${plural}`
    : `${prefix}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
};
