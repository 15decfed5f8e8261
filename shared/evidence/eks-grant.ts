/**
 * The grant by which EKS reaches a cluster's key. AWS documents no shape; observed on real keys: name
 * `eks-grant-CLUSTER`, grantee `eks.REGION.amazonaws.com`, constraint EncryptionContextEquals
 * `{ "aws:eks:context": one uuid a cluster }`. Newer grants may name a service principal and a SourceArn instead.
 */
import { parseArn } from './arn.ts';
import { isGlobMatch } from './glob.ts';
import type { Grant } from './key.ts';

const eksContextKey = 'aws:eks:context';

/** Of every partition: https://docs.aws.amazon.com/general/latest/gr/rande.html, and the SDKs' partitions.json. */
const eksPrincipal =
  /^eks(?:\.([a-z]+(?:-[a-z]+)+-\d+))?\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$/;

const getGrantees = ({ GranteePrincipal, GranteeServicePrincipal }: Grant): string[] =>
  [GranteeServicePrincipal, GranteePrincipal].filter((grantee) => grantee !== undefined);

/** Whether a service principal is EKS's own. */
export const isEksService = (name: string): boolean => eksPrincipal.test(name);

/** Whether the grantee is EKS itself: a name alone proves nothing, anybody who may create grants can choose it. */
export const isEksGrant = (grant: Grant): boolean => {
  const grantees = getGrantees(grant);
  return grantees.length > 0 && grantees.every((grantee) => eksPrincipal.test(grantee));
};

/** EKS of another Region serves no cluster of this one. */
const isOfOtherRegion = (grant: Grant, { arn }: ClusterName): boolean =>
  getGrantees(grant).some((grantee) => {
    const region = eksPrincipal.exec(grantee)?.[1];
    return region !== undefined && region !== parseArn(arn)?.region;
  });

export const isNamedByEks = ({ Name }: Grant): boolean => Name?.startsWith('eks-grant-') ?? false;

/** Grants of EKS that open what they seal: one without Decrypt leaves the cluster as locked out as none. */
const canServeCluster = (grant: Grant): boolean =>
  isEksGrant(grant) && (grant.Operations?.includes('Decrypt') ?? true);

type ClusterName = { name: string; arn: string };

const isNamedFor = (grant: Grant, cluster: ClusterName): boolean =>
  canServeCluster(grant) &&
  !isOfOtherRegion(grant, cluster) &&
  grant.Constraints?.SourceArn === undefined &&
  grant.Name === `eks-grant-${cluster.name}`;

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

/** The value by which EKS binds a grant to one cluster; the cluster's fingerprint in CloudTrail. */
export const getEksContext = ({ Constraints }: Grant): string | undefined =>
  Constraints?.EncryptionContextEquals?.[eksContextKey] ??
  Constraints?.EncryptionContextSubset?.[eksContextKey];

/** Whether a grant of EKS says that it is for another cluster: by its ARN, its Region or its name. */
const isForOther = (grant: Grant, cluster: ClusterName): boolean => {
  const source = grant.Constraints?.SourceArn;
  if (source !== undefined) return !isGlobMatch(source, cluster.arn);
  const isOtherName = isNamedByEks(grant) && grant.Name !== `eks-grant-${cluster.name}`;
  return isOtherName || isOfOtherRegion(grant, cluster);
};

/** Whether a grant of EKS may be this cluster's, by all that it says: AWS documents no shape that it must have. */
export const mayServeCluster = (grant: Grant, cluster: ClusterName): boolean =>
  canServeCluster(grant) && !isForOther(grant, cluster);

export interface ClusterContexts {
  /** Told by the cluster's own grants. */
  own: string[];
  /** Told by grants that EKS holds for other clusters, and by none that may be this one's. */
  others: Set<string>;
}

/**
 * Which encryption contexts are this cluster's and which are proven not to be. `named` are the grants of the key
 * that the cluster names: only there EKS makes the cluster's own. `relatives` are those of the other members of its
 * multi-Region family, where a name stands for a cluster of another Region. Who may create grants can give a made-up
 * context EKS's name and grantee, so one that looks like the cluster's own proves no other to be somebody else's.
 */
export const toClusterContexts = (
  named: readonly Grant[],
  relatives: readonly Grant[],
  cluster: ClusterName,
): ClusterContexts => {
  const toContexts = (grants: readonly Grant[]) => grants.flatMap((grant) => getEksContext(grant) ?? []);
  const isOther = (grant: Grant) => isForOther(grant, cluster);
  const isElsewhere = (grant: Grant) =>
    isOther(grant) || (isNamedByEks(grant) && grant.Constraints?.SourceArn === undefined);
  const [here, there] = [named.filter(isEksGrant), relatives.filter(isEksGrant)];
  const maybeOwn = new Set(toContexts(here.filter((grant) => !isOther(grant))));
  const others = toContexts([...here.filter(isOther), ...there.filter(isElsewhere)]);
  return {
    own: toContexts(findClusterGrants(named, cluster)),
    others: new Set(others.filter((context) => !maybeOwn.has(context))),
  };
};

/**
 * The pairs of the cluster's encryption context under which the grant may be used, or undefined where that is
 * another cluster's or no context of a cluster. A cluster's context is exactly one pair.
 * https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html#grant-constraints
 */
export const findClusterContext = (
  { Constraints = {} }: Grant,
  { own, others }: ClusterContexts,
): Record<string, string> | undefined => {
  // AWS does not say that a constraint without pairs binds anything, so it counts as none.
  const pairs = [Constraints.EncryptionContextEquals, Constraints.EncryptionContextSubset].flatMap(
    (constraint) => Object.entries(constraint ?? {}),
  );
  const isMet = pairs.every(
    ([name, value]) => name === eksContextKey && value === pairs[0]?.[1] && !others.has(value),
  );
  if (!isMet) return undefined;
  const context = pairs[0]?.[1] ?? own[0];
  return context === undefined ? {} : { [eksContextKey]: context };
};
