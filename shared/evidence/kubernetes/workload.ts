/**
 * What runs pods, with the part of its pod template that takes Secrets: Kubernetes' own PodSpec, narrowed. The values
 * of environment variables, commands and arguments are not kept.
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
 */
import { z } from 'zod';
import { namespaced, ownerReference } from './object.ts';

const keyToPath = z.object({ key: z.string(), path: z.string(), mode: z.int().optional() });

const securityContext = z.object({
  runAsUser: z.int().optional(),
  runAsNonRoot: z.boolean().optional(),
});

const secretSelector = z.object({
  name: z.string(),
  key: z.string(),
  optional: z.boolean().optional(),
});

const container = z.object({
  name: z.string(),
  securityContext: securityContext.optional(),
  /** Only the variables that take a key of a Secret. */
  env: z
    .array(z.object({ name: z.string(), valueFrom: z.object({ secretKeyRef: secretSelector }) }))
    .optional(),
  /** Only the sources that are Secrets. */
  envFrom: z
    .array(
      z.object({
        prefix: z.string().optional(),
        secretRef: z.object({ name: z.string(), optional: z.boolean().optional() }),
      }),
    )
    .optional(),
  volumeMounts: z
    .array(z.object({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() }))
    .optional(),
});
export type Container = z.infer<typeof container>;

/** Only the volumes that hold Secrets, each by one of these. */
const volume = z.object({
  name: z.string(),
  secret: z
    .object({
      secretName: z.string(),
      defaultMode: z.int().optional(),
      items: z.array(keyToPath).optional(),
    })
    .optional(),
  projected: z
    .object({
      defaultMode: z.int().optional(),
      sources: z.array(
        z.object({ secret: z.object({ name: z.string(), items: z.array(keyToPath).optional() }) }),
      ),
    })
    .optional(),
  /** A volume of another kind (csi, flexVolume, cephfs, …) that is opened with the Secret. */
  openedWith: z.string().optional(),
});
export type Volume = z.infer<typeof volume>;

const podSpec = z.object({
  serviceAccountName: z.string().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  securityContext: securityContext.extend({ fsGroup: z.int().optional() }).optional(),
  containers: z.array(container),
  initContainers: z.array(container).optional(),
  ephemeralContainers: z.array(container).optional(),
  volumes: z.array(volume).optional(),
  imagePullSecrets: z.array(z.object({ name: z.string() })).optional(),
});
export type PodSpec = z.infer<typeof podSpec>;

/**
 * A workload: the topmost owner that was found of the pods. A pod or ReplicaSet whose owner was not read (an Argo
 * Rollout's, an operator's) stands under that owner's kind and name, so that its forty pods are one.
 */
export const workload = z.object({
  ...namespaced,
  kind: z.string(),
  /** How many pods of it there are, as far as pods were listed. */
  pods: z.int().optional(),
  owners: z.array(ownerReference).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  spec: podSpec,
});
export type Workload = z.infer<typeof workload>;
