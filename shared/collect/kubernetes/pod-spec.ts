/** The part of a pod's specification that takes Secrets; values, commands and arguments are left behind here. */
import { z } from 'zod';
import type { Container, PodSpec, Volume } from '../../evidence/kubernetes/workload.ts';
import { listOf, maybe } from './wire.ts';

const reference = maybe(z.object({ name: maybe(z.string()) }));
const mode = maybe(z.int());
const items = maybe(z.array(z.object({ key: z.string(), path: z.string(), mode })));

const environment = z.object({
  name: z.string(),
  valueFrom: maybe(
    z.object({
      secretKeyRef: maybe(
        z.object({ name: maybe(z.string()), key: z.string(), optional: maybe(z.boolean()) }),
      ),
    }),
  ),
});

const containerShape = z.object({
  name: z.string(),
  securityContext: maybe(z.object({ runAsUser: maybe(z.int()), runAsNonRoot: maybe(z.boolean()) })),
  env: listOf(environment),
  envFrom: listOf(
    z.object({
      prefix: maybe(z.string()),
      secretRef: maybe(z.object({ name: maybe(z.string()), optional: maybe(z.boolean()) })),
    }),
  ),
  volumeMounts: listOf(z.object({ name: z.string(), mountPath: z.string(), subPath: maybe(z.string()) })),
});

/** How volumes of other kinds name the Secret that opens them: csi, flexVolume, cephfs, rbd, iscsi, azureFile, … */
const opened = z.object({
  secretRef: reference,
  nodePublishSecretRef: reference,
  secretName: maybe(z.string()),
});

const volumeShape = z
  .object({
    name: z.string(),
    secret: maybe(z.object({ secretName: maybe(z.string()), defaultMode: mode, items })),
    projected: maybe(
      z.object({
        defaultMode: mode,
        sources: listOf(z.object({ secret: maybe(z.object({ name: maybe(z.string()), items })) })),
      }),
    ),
  })
  .catchall(z.unknown());

const podSpecShape = z.object({
  serviceAccountName: maybe(z.string()),
  automountServiceAccountToken: maybe(z.boolean()),
  securityContext: maybe(
    z.object({ runAsUser: maybe(z.int()), runAsNonRoot: maybe(z.boolean()), fsGroup: maybe(z.int()) }),
  ),
  containers: listOf(containerShape),
  initContainers: listOf(containerShape),
  ephemeralContainers: listOf(containerShape),
  volumes: listOf(volumeShape),
  imagePullSecrets: listOf(z.object({ name: maybe(z.string()) })),
});

/** Undefined where it would say nothing. */
const orNothing = <T extends object>(value: T): T | undefined =>
  Object.values(value).some((inner) => inner !== undefined) ? value : undefined;
const orNone = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);

const toVolume = ({
  name,
  secret,
  projected,
  ...others
}: z.infer<typeof volumeShape>): Volume | undefined => {
  if (secret?.secretName) return { name, secret: { ...secret, secretName: secret.secretName } };
  const sources = (projected?.sources ?? []).flatMap(({ secret: source }) =>
    source?.name ? { secret: { name: source.name, items: source.items } } : [],
  );
  if (sources.length > 0) return { name, projected: { defaultMode: projected?.defaultMode, sources } };
  const found = Object.values(others).flatMap((other) => opened.safeParse(other).data ?? [])[0];
  const openedWith = found?.secretRef?.name ?? found?.nodePublishSecretRef?.name ?? found?.secretName;
  return openedWith ? { name, openedWith } : undefined;
};

const toContainer = (
  { name, securityContext, env, envFrom, volumeMounts }: z.infer<typeof containerShape>,
  volumes: ReadonlySet<string>,
): Container => ({
  name,
  securityContext: securityContext && orNothing(securityContext),
  env: orNone(
    env.flatMap(({ name: variable, valueFrom }) => {
      const taken = valueFrom?.secretKeyRef;
      if (!taken?.name) return [];
      const { name: secret, key, optional } = taken;
      return { name: variable, valueFrom: { secretKeyRef: { name: secret, key, optional } } };
    }),
  ),
  envFrom: orNone(
    envFrom.flatMap(({ prefix, secretRef }) =>
      secretRef?.name ? { prefix, secretRef: { ...secretRef, name: secretRef.name } } : [],
    ),
  ),
  volumeMounts: orNone(volumeMounts.filter((mount) => volumes.has(mount.name))),
});

/** A PodSpec of Kubernetes, narrowed: only volumes that hold Secrets, and only mounts of those. */
export const podSpecOfWire = podSpecShape.transform((spec): PodSpec => {
  const volumes = spec.volumes.flatMap((volume) => toVolume(volume) ?? []);
  const names = new Set(volumes.map(({ name }) => name));
  const toContainers = (list: z.infer<typeof containerShape>[]) =>
    list.map((container) => toContainer(container, names));
  return {
    serviceAccountName: spec.serviceAccountName,
    automountServiceAccountToken: spec.automountServiceAccountToken,
    securityContext: spec.securityContext && orNothing(spec.securityContext),
    containers: toContainers(spec.containers),
    initContainers: orNone(toContainers(spec.initContainers)),
    ephemeralContainers: orNone(toContainers(spec.ephemeralContainers)),
    volumes: orNone(volumes),
    imagePullSecrets: orNone(spec.imagePullSecrets.flatMap(({ name }) => (name ? { name } : []))),
  };
});
