import { z } from 'zod';
import { namespaced } from './object.ts';

export const roleArnAnnotation = 'eks.amazonaws.com/role-arn';

export const serviceAccount = z.object({
  ...namespaced,
  /** The IAM role of its pods by IRSA: annotation eks.amazonaws.com/role-arn. */
  roleArn: z.string().optional(),
  /** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/service-account-v1/ */
  secrets: z.array(z.object({ name: z.string() })).optional(),
  imagePullSecrets: z.array(z.object({ name: z.string() })).optional(),
  automountServiceAccountToken: z.boolean().optional(),
});
export type ServiceAccount = z.infer<typeof serviceAccount>;

export const ingress = z.object({
  ...namespaced,
  tls: z.array(z.object({ secretName: z.string().optional() })).optional(),
});
export type Ingress = z.infer<typeof ingress>;
