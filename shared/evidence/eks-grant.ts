/**
 * The grant by which EKS reaches a cluster's key. AWS documents no shape; observed on real keys: name
 * `eks-grant-CLUSTER`, grantee `eks.REGION.amazonaws.com`, constraint EncryptionContextEquals
 * `{ "aws:eks:context": one uuid a cluster }`. Newer grants may name a service principal and a SourceArn instead.
 */
import { parseArn } from './arn.ts';
import type { Grant } from './key.ts';

const eksContextKey = 'aws:eks:context';

const eksPrincipal = /^eks(\.[a-z]{2}(-[a-z]+)+-\d+)?\.amazonaws\.com(\.cn)?$/;

/** Whether the grantee is EKS itself: a name alone proves nothing, anybody who may create grants can choose it. */
export const isEksGrant = ({ GranteePrincipal, GranteeServicePrincipal }: Grant): boolean => {
  const grantees = [GranteeServicePrincipal, GranteePrincipal].filter((grantee) => grantee !== undefined);
  return grantees.length > 0 && grantees.every((grantee) => eksPrincipal.test(grantee));
};

export const isNamedByEks = ({ Name }: Grant): boolean => Name?.startsWith('eks-grant-') ?? false;

/** Grants of EKS that open what they seal: one without Decrypt leaves the cluster as locked out as none. */
const canServeCluster = (grant: Grant): boolean =>
  isEksGrant(grant) && (grant.Operations?.includes('Decrypt') ?? true);

type ClusterName = { name: string; arn: string };

const isNamedFor = (grant: Grant, { name }: ClusterName): boolean =>
  canServeCluster(grant) && grant.Constraints?.SourceArn === undefined && grant.Name === `eks-grant-${name}`;

const isIssuedElsewhere = ({ IssuingAccount }: Grant, { arn }: ClusterName): boolean =>
  IssuingAccount !== undefined &&
  (parseArn(IssuingAccount)?.account ?? IssuingAccount) !== parseArn(arn)?.account;

/** The grants of EKS that carry this cluster's ARN or, where they carry none, its name. */
export const findClusterGrants = (grants: readonly Grant[], cluster: ClusterName): Grant[] =>
  grants.filter(
    (grant) =>
      (canServeCluster(grant) && grant.Constraints?.SourceArn === cluster.arn) ||
      (isNamedFor(grant, cluster) && !isIssuedElsewhere(grant, cluster)),
  );

/**
 * Grants of EKS with this cluster's name that another account issued: clusters of two accounts that share a key may
 * share a name. AWS does not document that EKS issues in the cluster's own account, so these prove nothing.
 */
export const findNamesakeGrants = (grants: readonly Grant[], cluster: ClusterName): Grant[] =>
  grants.filter((grant) => isNamedFor(grant, cluster) && isIssuedElsewhere(grant, cluster));

/** The encryption contexts that tie calls of KMS to this cluster: its fingerprints in CloudTrail. */
export const getClusterContexts = (grants: readonly Grant[], cluster: ClusterName): string[] =>
  findClusterGrants(grants, cluster).flatMap(
    (grant) => grant.Constraints?.EncryptionContextEquals?.[eksContextKey] ?? [],
  );

/**
 * The pairs of the cluster's encryption context under which the grant may be used, or undefined where none of its
 * contexts meets the constraint. That context is exactly one pair; without `contexts` its value is not known.
 * https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html#grant-constraints
 */
export const findClusterContext = (
  { Constraints = {} }: Grant,
  contexts: string[],
): Record<string, string> | undefined => {
  // AWS does not say that a constraint without pairs binds anything, so it counts as none.
  const pairs = [Constraints.EncryptionContextEquals, Constraints.EncryptionContextSubset].flatMap(
    (constraint) => Object.entries(constraint ?? {}),
  );
  const isMet = pairs.every(
    ([name, value]) =>
      name === eksContextKey &&
      value === pairs[0]?.[1] &&
      (contexts.length === 0 || contexts.includes(value)),
  );
  if (!isMet) return undefined;
  const context = pairs[0]?.[1] ?? contexts[0];
  return context === undefined ? {} : { [eksContextKey]: context };
};
