/** Evidence of any shape: few names, so that they collide, and absurd ones among them. */
import fc from 'fast-check';
import type { z } from 'zod';
import { type Fact, toKnown, toUnknown } from '../../../shared/evidence/fact.ts';
import type { Secret } from '../../../shared/evidence/kubernetes/secret.ts';
import { lastAppliedAnnotation, secretTypes } from '../../../shared/evidence/kubernetes/secret.ts';
import type { Ingress, ServiceAccount } from '../../../shared/evidence/kubernetes/service-account.ts';
import type { Container, Volume, workload } from '../../../shared/evidence/kubernetes/workload.ts';

const odd = [
  '',
  '/',
  'a/b',
  '..',
  '__proto__',
  'constructor',
  '\u202egpj.exe',
  '-',
  'x'.repeat(300),
  '$patch',
  '- :#{',
];
const name = fc.oneof({ weight: 8, arbitrary: fc.constantFrom('a', 'b', 'A') }, fc.constantFrom(...odd));
const namespace = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('shop', 'default', 'kube-system') },
  fc.constantFrom(...odd),
);
const key = fc.oneof(
  fc.constantFrom('password', 'username', 'tls.key', 'tls.crt', 'ca.crt', 'token', 'namespace', 'expiration'),
  fc.constantFrom('.dockerconfigjson', 'ssh-privatekey', 'id_rsa', ...odd),
);
const path = fc.oneof(key, fc.constantFrom('deep/tls.key', './x', '..data/tls.key', '..'));
const mode = fc.option(fc.constantFrom(0, 0o400, 0o440, 0o600, 0o644, 0o777, -1, 2 ** 40), {
  nil: undefined,
});
const origin = fc.option(fc.record({ file: fc.constantFrom('a.yaml', 'b.yaml'), line: fc.nat(9) }), {
  nil: undefined,
});
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const few = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { maxLength: 3 });
const time = fc.constantFrom('2020-01-01T00:00:00Z', '2026-11-20T00:00:00Z', '2027-01-01T00:00:00Z');
const owner = fc.record({ kind: fc.constantFrom('SealedSecret', 'Prometheus', ''), name });

const secret: fc.Arbitrary<Secret> = fc.record({
  namespace,
  name,
  origin,
  type: fc.oneof(
    fc.constantFrom(...Object.values(secretTypes)),
    fc.constantFrom('helm.sh/release.v1', ...odd),
  ),
  dataCount: maybe(fc.nat(4)),
  createdAt: maybe(time),
  keys: maybe(few(key)),
  labels: maybe(
    fc.dictionary(
      fc.constantFrom(
        'kubernetes.io/legacy-token-last-used',
        'reconcile.external-secrets.io/managed',
        'argocd.argoproj.io/secret-type',
        '__proto__',
      ),
      fc.constantFrom('true', '2026-01-01', ''),
    ),
  ),
  annotationNames: maybe(few(fc.constantFrom(lastAppliedAnnotation, 'cert-manager.io/certificate-name', ''))),
  serviceAccount: maybe(name),
  owners: maybe(few(owner)),
  writers: maybe(
    few(
      fc.record({
        manager: maybe(fc.constantFrom('helm', 'kubectl', 'kube-webhook-certgen', '')),
        operation: maybe(fc.constant('Update')),
        time: maybe(time),
        keys: few(key),
        wroteLastApplied: fc.boolean(),
      }),
    ),
  ),
});

const item = fc.record({ key, path, mode });
const user = maybe(
  fc.record({ runAsUser: maybe(fc.constantFrom(0, 7, -1)), runAsNonRoot: maybe(fc.boolean()) }),
);
const container: fc.Arbitrary<Container> = fc.record({
  name,
  securityContext: user,
  env: maybe(
    few(
      fc.record({
        name,
        valueFrom: fc.record({ secretKeyRef: fc.record({ name, key, optional: maybe(fc.boolean()) }) }),
      }),
    ),
  ),
  envFrom: maybe(few(fc.record({ prefix: maybe(name), secretRef: fc.record({ name }) }))),
  volumeMounts: maybe(
    few(fc.record({ name, mountPath: fc.constantFrom('/a', '/a/', '/', ''), subPath: maybe(path) })),
  ),
});
const volume: fc.Arbitrary<Volume> = fc.record({
  name,
  secret: maybe(fc.record({ secretName: name, defaultMode: mode, items: maybe(few(item)) })),
  projected: maybe(
    fc.record({
      defaultMode: mode,
      sources: few(fc.record({ secret: fc.record({ name, items: maybe(few(item)) }) })),
    }),
  ),
  openedWith: maybe(name),
});
const named = few(fc.record({ name }));
const anyWorkload: fc.Arbitrary<z.infer<typeof workload>> = fc.record({
  kind: fc.constantFrom('Deployment', 'deployment', 'CronJob', 'Pod', 'Job', 'Rollout', '__proto__', ''),
  namespace,
  name,
  origin,
  pods: maybe(fc.nat(50)),
  spec: fc.record({
    securityContext: maybe(
      fc.record({
        runAsUser: maybe(fc.constantFrom(0, 7)),
        runAsNonRoot: maybe(fc.boolean()),
        fsGroup: maybe(fc.constantFrom(0, 7)),
      }),
    ),
    containers: few(container),
    initContainers: maybe(few(container)),
    ephemeralContainers: maybe(few(container)),
    volumes: maybe(few(volume)),
    imagePullSecrets: maybe(named),
  }),
});
const serviceAccount: fc.Arbitrary<ServiceAccount> = fc.record({
  namespace,
  name,
  secrets: maybe(named),
  imagePullSecrets: maybe(named),
});
const ingress: fc.Arbitrary<Ingress> = fc.record({
  namespace,
  name,
  tls: maybe(few(fc.record({ secretName: maybe(name) }))),
});

const factOf = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<Fact<T[]>> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.array(one, { maxLength: 6 }).map((many) => toKnown(many)) },
    fc
      .array(one, { maxLength: 6 })
      .map((many) => toKnown(many, [{ what: 'page 2', reason: 'throttled' as const }])),
    fc.constant(toUnknown('access-denied', 'not allowed to ask')),
  );

/** The facts of a cluster's inside that checks of Secrets and workloads read. */
export const inside = fc.record({
  'kubernetes.secrets': factOf(secret),
  'kubernetes.workloads': factOf(anyWorkload),
  'kubernetes.serviceAccounts': factOf(serviceAccount),
  'kubernetes.ingresses': factOf(ingress),
});
