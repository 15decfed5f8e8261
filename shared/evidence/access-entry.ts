/** Whom EKS lets into a cluster, as its own API tells it. */
import { z } from 'zod';

/** https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessEntry.html */
export const accessEntry = z.object({
  principalArn: z.string(),
  /** Absent where the entry was not described (the listing gives principals alone): so is what follows. */
  username: z.string().optional(),
  kubernetesGroups: z.array(z.string()).optional(),
  /** STANDARD, EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, EC2, HYBRID_LINUX, … */
  type: z.string().optional(),
  /** https://docs.aws.amazon.com/eks/latest/APIReference/API_AssociatedAccessPolicy.html */
  accessPolicies: z.array(
    z.object({
      policyArn: z.string(),
      accessScope: z.object({ type: z.string(), namespaces: z.array(z.string()).optional() }).optional(),
    }),
  ),
});
export type AccessEntry = z.infer<typeof accessEntry>;

/** https://docs.aws.amazon.com/eks/latest/APIReference/API_PodIdentityAssociation.html */
export const podIdentityAssociation = z.object({
  associationArn: z.string().optional(),
  namespace: z.string(),
  serviceAccount: z.string(),
  /** Absent where the association was not described: the listing does not tell it. */
  roleArn: z.string().optional(),
  /** That role then becomes this one, whose credentials the pods get. */
  targetRoleArn: z.string().optional(),
  /** A session policy: the pods may what the role may, and this. */
  policy: z.string().optional(),
  /** Whether the session has no tags that tell the cluster, namespace and service account. */
  disableSessionTags: z.boolean().optional(),
});
export type PodIdentityAssociation = z.infer<typeof podIdentityAssociation>;
