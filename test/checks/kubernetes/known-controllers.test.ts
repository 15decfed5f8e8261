import { describe, expect, it } from 'vitest';
import {
  isContent,
  isTypedByHand,
  isUsedByName,
  markedLabels,
} from '../../../shared/checks/kubernetes/known-controllers.ts';
import { toKeptLabels } from '../../../shared/collect/kubernetes/wire.ts';
import { secret } from '../../../shared/evidence/kubernetes/secret.ts';
import { toSecret, toTableRow } from './cases.ts';

const writer = (manager: string, keys: string[]) => ({ manager, keys, wroteLastApplied: false });
const label = (name: string, value = 'true') => toSecret('x', { labels: { [name]: value } });
const annotation = (name: string) => toSecret('x', { annotationNames: [name] });

describe('the marks of known controllers', () => {
  it.each<[string, ReturnType<typeof toSecret>, boolean, boolean, boolean]>([
    ['a person’s Secret', toSecret('x'), true, true, true],
    ['a Secret without metadata', toTableRow('x'), true, true, true],
    ['a release of Helm', toTableRow('x', 'helm.sh/release.v1'), false, false, false],
    [
      'a token of a service account',
      toTableRow('x', 'kubernetes.io/service-account-token'),
      false,
      true,
      false,
    ],
    ['a certificate of cert-manager', annotation('cert-manager.io/certificate-name'), true, false, true],
    ['the same by its label', label('controller.cert-manager.io/fao'), true, false, true],
    ['the next key of a certificate', label('cert-manager.io/next-private-key'), false, false, false],
    [
      'what cert-manager’s injector reads',
      annotation('cert-manager.io/allow-direct-injection'),
      true,
      true,
      false,
    ],
    ['what External Secrets delivers', label('reconcile.external-secrets.io/managed'), true, false, true],
    ['what Secrets Store CSI delivers', label('secrets-store.csi.k8s.io/managed'), true, false, true],
    [
      'what Vault’s operator delivers',
      label('app.kubernetes.io/managed-by', 'hashicorp-vso'),
      true,
      false,
      true,
    ],
    ['what Helm installs', label('app.kubernetes.io/managed-by', 'Helm'), true, true, true],
    ['what Reflector copies', annotation('reflector.v1.k8s.emberstack.com/reflects'), true, false, true],
    [
      'a key of Sealed Secrets',
      label('sealedsecrets.bitnami.com/sealed-secrets-key', 'active'),
      false,
      false,
      false,
    ],
    [
      'an unsealed Secret',
      toSecret('x', { owners: [{ kind: 'SealedSecret', name: 'x' }] }),
      true,
      false,
      true,
    ],
    [
      'an operator’s Secret',
      toSecret('x', { owners: [{ kind: 'Prometheus', name: 'x' }] }),
      true,
      false,
      false,
    ],
    ['a repository of Argo CD', label('argocd.argoproj.io/secret-type', 'repository'), true, true, false],
    ['a certificate of Kyverno', label('cert.kyverno.io/managed-by', 'kyverno'), false, false, false],
    [
      'the certificate of a chart’s job',
      toSecret('x', { writers: [writer('kube-webhook-certgen', ['key'])] }),
      false,
      false,
      false,
    ],
    [
      'what that job only touched',
      toSecret('x', { writers: [writer('kube-webhook-certgen', [])] }),
      true,
      true,
      true,
    ],
  ])('tell of %s whose it is', (_, given, content, typed, used) => {
    const parsed = secret.parse(given);
    expect([isContent(parsed), isTypedByHand(parsed), isUsedByName(parsed)]).toEqual([content, typed, used]);
  });

  it.each(markedLabels)('label %s is one that is read of Secrets', (name) => {
    expect(toKeptLabels({ [name]: 'true' })).toEqual({ [name]: 'true' });
  });
});
