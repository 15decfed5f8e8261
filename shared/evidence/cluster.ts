/** What EKS says of a cluster: DescribeCluster's own shape, narrowed to what checks read. */
import { z } from 'zod';
import { accessEntry, podIdentityAssociation } from './access-entry.ts';
import { clusterBackups } from './backup.ts';
import { factOf } from './fact.ts';
import { timestamp } from './timestamp.ts';

/** https://docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html */
export const cluster = z.object({
  name: z.string(),
  arn: z.string(),
  version: z.string().optional(),
  status: z.string().optional(),
  createdAt: timestamp.optional(),
  roleArn: z.string().optional(),
  endpoint: z.string().optional(),
  certificateAuthority: z.object({ data: z.string().optional() }).optional(),
  resourcesVpcConfig: z.object({ endpointPublicAccess: z.boolean().optional() }).optional(),
  accessConfig: z.object({ authenticationMode: z.string().optional() }).optional(),
  identity: z.object({ oidc: z.object({ issuer: z.string().optional() }).optional() }).optional(),
  encryptionConfig: z
    .array(
      z.object({
        resources: z.array(z.string()).optional(),
        provider: z.object({ keyArn: z.string().optional() }).optional(),
      }),
    )
    .optional(),
  health: z
    .object({
      issues: z
        .array(
          z.object({
            code: z.string().optional(),
            message: z.string().optional(),
            resourceIds: z.array(z.string()).optional(),
          }),
        )
        .optional(),
    })
    .optional(),
  logging: z
    .object({
      clusterLogging: z
        .array(z.object({ types: z.array(z.string()).optional(), enabled: z.boolean().optional() }))
        .optional(),
    })
    .optional(),
  outpostConfig: z.object({ outpostArns: z.array(z.string()).optional() }).optional(),
});
export type Cluster = z.infer<typeof cluster>;

/** One cluster of a listing: what it is called, and what was read of it. */
const clusterEvidence = z.object({
  name: z.string(),
  arn: z.string(),
  description: factOf(cluster),
  /** Each absent where no check asked for it. */
  accessEntries: factOf(z.array(accessEntry)).optional(),
  podIdentityAssociations: factOf(z.array(podIdentityAssociation)).optional(),
  backups: factOf(clusterBackups).optional(),
});
export type ClusterEvidence = z.infer<typeof clusterEvidence>;

/** Everything one account and Region showed of EKS. */
export const regionEvidence = z.object({
  account: z.string(),
  region: z.string(),
  collectedAt: timestamp,
  listing: factOf(z.array(z.string())),
  clusters: z.array(clusterEvidence),
});
export type RegionEvidence = z.infer<typeof regionEvidence>;

/** The ARN of the key that the cluster names for its Secrets (a key's or an alias's), or none. */
export const getNamedKeyArn = (described: Cluster): string | undefined =>
  described.encryptionConfig?.find((config) => config.provider?.keyArn)?.provider?.keyArn;

/** From here on EKS encrypts by default: https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html */
const firstDefaultEncryptedMinor = 28;

/** Whether EKS envelope-encrypts all API data of a Kubernetes version; undefined where the version is not understood. */
export const isEncryptedByDefault = (version: string): boolean | undefined => {
  const [major, minor] = version.split('.').map(Number);
  if (!Number.isInteger(major) || !Number.isInteger(minor)) return undefined;
  return Number(major) > 1 || Number(minor) >= firstDefaultEncryptedMinor;
};

/** Why a cluster can't be sealed with a key of KMS, whatever its owner does; undefined where it can. */
export const getIneligibility = (described: Cluster): string | undefined => {
  if (described.status === 'DELETING') return 'The cluster is being deleted.';
  if (described.status === 'FAILED') return 'EKS failed to create the cluster; it can only be deleted.';
  // https://docs.aws.amazon.com/eks/latest/userguide/eks-outposts-local-cluster-overview.html
  if (described.outpostConfig) return 'The etcd of a local cluster lies on its Outpost, not with EKS.';
  return undefined;
};
