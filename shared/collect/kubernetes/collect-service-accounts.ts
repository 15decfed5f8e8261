import { z } from 'zod';
import type { Fact } from '../../evidence/fact.ts';
import {
  type Ingress,
  roleArnAnnotation,
  type ServiceAccount,
} from '../../evidence/kubernetes/service-account.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { listObjects, toItemsOf } from './list-objects.ts';
import { maybe, named, namespacedMetadata, toListPath } from './wire.ts';

export const accountOfWire = z
  .object({
    metadata: namespacedMetadata,
    secrets: maybe(z.array(named)),
    imagePullSecrets: maybe(z.array(named)),
    automountServiceAccountToken: maybe(z.boolean()),
  })
  .transform(
    ({ metadata: { namespace, name, annotations }, ...account }): ServiceAccount => ({
      namespace,
      name,
      roleArn: annotations?.[roleArnAnnotation],
      ...account,
    }),
  );

/** All service accounts, or those of a namespace. */
export const collectServiceAccounts = (
  api: KubernetesApi,
  namespace?: string,
): Promise<Fact<ServiceAccount[]>> =>
  listObjects(api, {
    what: 'list serviceaccounts',
    path: toListPath('v1', 'serviceaccounts', namespace),
    toItems: toItemsOf(accountOfWire),
  });

export const ingressOfWire = z
  .object({
    metadata: namespacedMetadata,
    spec: maybe(z.object({ tls: maybe(z.array(z.object({ secretName: maybe(z.string()) }))) })),
  })
  .transform(({ metadata: { namespace, name }, spec }): Ingress => ({ namespace, name, tls: spec?.tls }));

/** All ingresses, or those of a namespace. */
export const collectIngresses = (api: KubernetesApi, namespace?: string): Promise<Fact<Ingress[]>> =>
  listObjects(api, {
    what: 'list ingresses',
    path: toListPath('networking.k8s.io/v1', 'ingresses', namespace),
    toItems: toItemsOf(ingressOfWire),
  });
