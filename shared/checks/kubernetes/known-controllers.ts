/** Programs that write Secrets of their own accord, and the marks by which theirs are known. */
import type { Secret } from '../../evidence/kubernetes/secret.ts';
import { secretTypes } from '../../evidence/kubernetes/secret.ts';

interface Mark {
  /**
   * `own`: the program's own state, nobody else's to type, renew or move. `delivered`: a person's content, in a form
   * that the program chose. `found`: a person's Secret that the program finds by the mark, not by a reference.
   */
  role: 'own' | 'delivered' | 'found';
  types?: readonly string[];
  /** A label, with its value where only that one tells. */
  label?: readonly [name: string, value?: string];
  annotation?: string;
  ownerKind?: string;
  /** As managedFields names the writer of its keys. */
  manager?: string;
}

const marks: readonly Mark[] = [
  // Helm keeps each release: https://helm.sh/docs/topics/advanced/#storage-backends
  { role: 'own', types: ['helm.sh/release.v1'] },
  // cert-manager: https://cert-manager.io/docs/reference/annotations/ and https://cert-manager.io/docs/usage/certificate/
  { role: 'delivered', annotation: 'cert-manager.io/certificate-name' },
  { role: 'delivered', label: ['controller.cert-manager.io/fao', 'true'] },
  { role: 'own', label: ['cert-manager.io/next-private-key', 'true'] },
  { role: 'found', annotation: 'cert-manager.io/allow-direct-injection' },
  // External Secrets: https://external-secrets.io/latest/api/externalsecret/
  { role: 'delivered', label: ['reconcile.external-secrets.io/managed', 'true'] },
  // Sealed Secrets: https://github.com/bitnami-labs/sealed-secrets#manual-key-management-advanced
  { role: 'own', label: ['sealedsecrets.bitnami.com/sealed-secrets-key'] },
  { role: 'delivered', ownerKind: 'SealedSecret' },
  // Secrets Store CSI Driver: https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret
  { role: 'delivered', label: ['secrets-store.csi.k8s.io/managed', 'true'] },
  // Vault Secrets Operator: https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso
  { role: 'delivered', label: ['app.kubernetes.io/managed-by', 'hashicorp-vso'] },
  // Reflector: https://github.com/emberstack/kubernetes-reflector
  { role: 'delivered', annotation: 'reflector.v1.k8s.emberstack.com/reflects' },
  // Argo CD: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/
  { role: 'found', label: ['argocd.argoproj.io/secret-type'] },
  { role: 'own', label: ['app.kubernetes.io/name', 'argocd-secret'] },
  // Istio's certificate authority: https://istio.io/latest/docs/tasks/security/cert-management/plugin-ca-cert/
  { role: 'own', types: ['istio.io/ca-root', 'istio.io/key-and-cert'] },
  // Kyverno: https://kyverno.io/docs/installation/customization/
  { role: 'own', label: ['cert.kyverno.io/managed-by'] },
  // Cluster API: https://cluster-api.sigs.k8s.io/developer/core/certificate-management
  { role: 'own', types: ['cluster.x-k8s.io/secret'] },
  // The job by which ingress-nginx and other charts make a webhook's certificate: https://github.com/jet/kube-webhook-certgen
  { role: 'own', manager: 'kube-webhook-certgen' },
];

/** The labels that have to be read for the marks to be seen. */
export const markedLabels: readonly string[] = marks.flatMap(({ label }) => label?.[0] ?? []);

const hasMark = (secret: Secret, mark: Mark): boolean =>
  (mark.types?.includes(secret.type) ?? false) ||
  (mark.label !== undefined && hasLabel(secret, mark.label)) ||
  (mark.annotation !== undefined && (secret.annotationNames?.includes(mark.annotation) ?? false)) ||
  (mark.ownerKind !== undefined && (secret.owners?.some(({ kind }) => kind === mark.ownerKind) ?? false)) ||
  (mark.manager !== undefined &&
    (secret.writers?.some(({ manager, keys }) => manager === mark.manager && keys.length > 0) ?? false));

const hasLabel = ({ labels }: Secret, [name, value]: NonNullable<Mark['label']>): boolean => {
  const found = labels && Object.hasOwn(labels, name) ? labels[name] : undefined;
  return found !== undefined && (value === undefined || found === value);
};

const hasRole = (secret: Secret, ...roles: Mark['role'][]): boolean =>
  marks.some((mark) => roles.includes(mark.role) && hasMark(secret, mark));

/** Types that Kubernetes itself makes or reads, and that have checks of their own. */
const kubernetesTypes: readonly string[] = [secretTypes.serviceAccountToken, secretTypes.bootstrapToken];

/** Whether it holds a person's content: no program's own state, and no token of Kubernetes itself. */
export const isContent = (secret: Secret): boolean =>
  !kubernetesTypes.includes(secret.type) && !hasRole(secret, 'own');

/** Whether a person chose its type: it has no owner, and no known program wrote it. */
export const isTypedByHand = (secret: Secret): boolean =>
  (secret.owners ?? []).length === 0 && !hasRole(secret, 'own', 'delivered');

/** Whether something that uses it has to name it: it is not some object's own, nor found by a mark. */
export const isUsedByName = (secret: Secret): boolean =>
  isContent(secret) &&
  !hasRole(secret, 'found') &&
  ((secret.owners ?? []).length === 0 || hasRole(secret, 'delivered'));
