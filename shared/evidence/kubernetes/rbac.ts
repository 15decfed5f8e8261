/** RBAC's own objects, narrowed: https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
import { z } from 'zod';
import { origin } from './object.ts';

const rule = z.object({
  apiGroups: z.array(z.string()).optional(),
  resources: z.array(z.string()).optional(),
  resourceNames: z.array(z.string()).optional(),
  verbs: z.array(z.string()),
  nonResourceURLs: z.array(z.string()).optional(),
});
export type Rule = z.infer<typeof rule>;

const labelSelector = z.object({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
});

export const role = z.object({
  kind: z.enum(['Role', 'ClusterRole']),
  /** Absent for a ClusterRole. */
  namespace: z.string().optional(),
  name: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
  rules: z.array(rule),
  /** Its rules are the union of those of the ClusterRoles that one of these selects. */
  aggregationRule: z.object({ clusterRoleSelectors: z.array(labelSelector).optional() }).optional(),
});
export type Role = z.infer<typeof role>;

const rbacSubject = z.object({
  kind: z.enum(['User', 'Group', 'ServiceAccount']),
  name: z.string(),
  /** Of a service account. */
  namespace: z.string().optional(),
});
export type RbacSubject = z.infer<typeof rbacSubject>;

export const roleBinding = z.object({
  kind: z.enum(['RoleBinding', 'ClusterRoleBinding']),
  /** Absent for a ClusterRoleBinding. */
  namespace: z.string().optional(),
  name: z.string(),
  origin: origin.optional(),
  labels: z.record(z.string(), z.string()).optional(),
  roleRef: z.object({ kind: z.string(), name: z.string() }),
  subjects: z.array(rbacSubject),
});
export type RoleBinding = z.infer<typeof roleBinding>;

/** The ConfigMap kube-system/aws-auth, parsed: https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html */
export const awsAuth = z.object({
  mapRoles: z.array(
    z.object({
      rolearn: z.string(),
      username: z.string().optional(),
      groups: z.array(z.string()).optional(),
    }),
  ),
  mapUsers: z.array(
    z.object({
      userarn: z.string(),
      username: z.string().optional(),
      groups: z.array(z.string()).optional(),
    }),
  ),
  mapAccounts: z.array(z.string()),
});
export type AwsAuth = z.infer<typeof awsAuth>;
