/** The answer of `keyward who --secret`: schema keyward/who-secret-v1, as `--format json` prints it. */
import { z } from 'zod';
import { unknownReason } from '../evidence/fact.ts';
import { whoRead } from './document.ts';

const way = z.strictObject({
  identity: z.string(),
  how: z.string(),
  /** Where it reads: `get secrets`, `create pods`, … */
  may: z.array(z.string()),
  /** Bindings with their roles, access policies. */
  by: z.array(z.string()),
});

const reader = z.strictObject({
  /** A username, a group's name, or an IAM principal's ARN without path. */
  identity: z.string(),
  kind: z.enum(['user', 'group', 'service-account', 'iam']),
  /** Of an IAM principal: what Kubernetes calls it. */
  usernames: z.array(z.string()),
  /** `reads`, or `through` what it reads or becomes somebody who does. */
  how: z.string(),
  /** Step by step, the shortest that was found. */
  ways: z.array(way),
  /** Whether it may read every Secret of the cluster. */
  everySecret: z.boolean(),
  /** Whether expected.secretReaders names it. */
  expected: z.boolean(),
  group: z.enum(['control-plane']).nullable(),
});
export type SecretReader = z.infer<typeof reader>;

const gap = z.strictObject({ what: z.string(), reason: z.string() });

export const whoSecretDocument = z.strictObject({
  schema: z.literal('keyward/who-secret-v1'),
  cluster: z.string(),
  secret: z.string(),
  /** Whether there is such a Secret now; null where that was not seen. */
  exists: z.boolean().nullable(),
  may: z.union([
    z.strictObject({ identities: z.array(reader), missing: z.array(gap) }),
    z.strictObject({ unknown: unknownReason, detail: z.string() }),
  ]),
  /** Who read it, or listed where it is, where something was asked of the cluster's audit log. */
  read: whoRead,
  notVisible: z.array(gap),
});
export type WhoSecretDocument = z.infer<typeof whoSecretDocument>;
