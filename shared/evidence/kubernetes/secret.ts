/**
 * A Secret as its metadata tells it. Never a value: of annotations only the names are kept, because kubectl's
 * last-applied-configuration carries the data.
 */
import { z } from 'zod';
import { timestamp } from '../timestamp.ts';
import { namespaced, ownerReference } from './object.ts';

/** One entry of managedFields: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
const secretWriter = z.object({
  manager: z.string().optional(),
  operation: z.string().optional(),
  time: timestamp.optional(),
  /** The keys that it wrote last, by `f:data` and `f:stringData`. */
  keys: z.array(z.string()),
  /** Whether it wrote kubectl's annotation last-applied-configuration. */
  wroteLastApplied: z.boolean(),
  /** Whether it made the Secret and gave it no data, as charts do for a controller to fill it. */
  createdEmpty: z.literal(true).optional(),
});

export const secret = z.object({
  ...namespaced,
  type: z.string(),
  /** How many keys it has. */
  dataCount: z.int().optional(),
  createdAt: timestamp.optional(),
  /** The names of its keys. Absent where nothing tells them: without metadata, or without managedFields. */
  keys: z.array(z.string()).optional(),
  /** All of what follows is absent where metadata was not asked for (`--no-metadata`). */
  labels: z.record(z.string(), z.string()).optional(),
  annotationNames: z.array(z.string()).optional(),
  /** Of a service account's token: the account (annotation kubernetes.io/service-account.name). */
  serviceAccount: z.string().optional(),
  owners: z.array(ownerReference).optional(),
  /** Empty where the object has no managedFields. */
  writers: z.array(secretWriter).optional(),
});
export type Secret = z.infer<typeof secret>;

/** https://kubernetes.io/docs/concepts/configuration/secret/#secret-types */
export const secretTypes = {
  opaque: 'Opaque',
  serviceAccountToken: 'kubernetes.io/service-account-token',
  dockercfg: 'kubernetes.io/dockercfg',
  dockerconfigjson: 'kubernetes.io/dockerconfigjson',
  basicAuth: 'kubernetes.io/basic-auth',
  sshAuth: 'kubernetes.io/ssh-auth',
  tls: 'kubernetes.io/tls',
  bootstrapToken: 'bootstrap.kubernetes.io/token',
} as const;

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
