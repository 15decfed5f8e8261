/**
 * The grant by which EKS reaches a cluster's key. AWS documents no shape; observed on real keys: name
 * `eks-grant-CLUSTER`, grantee `eks.REGION.amazonaws.com`, constraint EncryptionContextEquals
 * `{ "aws:eks:context": one uuid a cluster }`. Newer grants may name a service principal and a SourceArn instead.
 */
import type { Grant } from './key.ts';

export const eksContextKey = 'aws:eks:context';

const eksPrincipal = /^eks(\.[a-z0-9-]+)?\.amazonaws\.com(\.cn)?$/;

/** Whether the grantee is EKS itself: a name alone proves nothing, anybody who may create grants can choose it. */
export const isEksGrant = ({ GranteePrincipal, GranteeServicePrincipal }: Grant): boolean =>
  eksPrincipal.test(GranteeServicePrincipal ?? GranteePrincipal ?? '');

export const isNamedByEks = ({ Name }: Grant): boolean => Name?.startsWith('eks-grant-') ?? false;

/** The grants of EKS that carry this cluster's name or ARN. */
export const findClusterGrants = (
  grants: readonly Grant[],
  cluster: { name: string; arn: string },
): Grant[] =>
  grants.filter(
    (grant) =>
      isEksGrant(grant) &&
      (grant.Constraints?.SourceArn === cluster.arn || grant.Name === `eks-grant-${cluster.name}`),
  );

/** The encryption contexts that tie calls of KMS to this cluster: its fingerprints in CloudTrail. */
export const getClusterContexts = (
  grants: readonly Grant[],
  cluster: { name: string; arn: string },
): string[] =>
  findClusterGrants(grants, cluster).flatMap(
    (grant) => grant.Constraints?.EncryptionContextEquals?.[eksContextKey] ?? [],
  );
