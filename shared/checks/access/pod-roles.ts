/** Which IAM roles the pods of a service account can become, by the roles' own word. */
import type { PodIdentityAssociation } from '../../evidence/access-entry.ts';
import { parseArn } from '../../evidence/arn.ts';
import type { IamRole } from '../../evidence/iam.ts';
import type { Policy } from '../../policy/policy.ts';
import { parseTrustPolicy } from '../../policy/policy-document.ts';
import { PolicyError } from '../../policy/policy-error.ts';
import type { Principal } from '../../policy/principal.ts';
import { isLetIn } from '../../policy/trust-decision.ts';
import { and, or, type Truth } from '../../policy/truth.ts';
import type { AccountName } from '../../rbac/identities.ts';

export interface ClusterOfPods {
  name: string;
  arn: string;
  account: string;
  /** Of its OIDC provider; without one there is no IRSA. */
  issuer: string | undefined;
}

/** Whoever makes the pod chooses the audience of its token; these are STS's. */
const audiences = ['sts.amazonaws.com', 'sts.amazonaws.com.cn'];

export const toUsername = ({ namespace, name }: AccountName): string =>
  `system:serviceaccount:${namespace}:${name}`;

const toProvider = ({ issuer }: ClusterOfPods): string | undefined => issuer?.replace(/^https:\/\//, '');

/** Whether a role's trust policy speaks of the cluster's OIDC provider at all. */
export const trustsTokens = ({ AssumeRolePolicyDocument }: IamRole, cluster: ClusterOfPods): boolean => {
  const provider = toProvider(cluster);
  return provider !== undefined && AssumeRolePolicyDocument.includes(provider);
};

/**
 * Gives a function that tells whether a role lets in a service account by the token that the cluster's OIDC provider
 * signs. The annotation of the account has no say: its pods may take such a token without it.
 * https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
 */
export const toTokenGate = (role: IamRole, cluster: ClusterOfPods): ((account: AccountName) => Truth) => {
  const place = parseArn(role.Arn);
  const provider = toProvider(cluster);
  if (!place || !provider) return () => false;
  const decide = toDecider(role);
  const principal: Principal = {
    kind: 'federated',
    provider: `arn:${place.partition}:iam::${place.account}:oidc-provider/${provider}`,
    accountId: place.account,
  };
  return (account) => {
    const sub = [toUsername(account)];
    return or(
      audiences.values().map((audience) =>
        decide(principal, 'sts:AssumeRoleWithWebIdentity', {
          [`${provider}:sub`]: sub,
          [`${provider}:aud`]: [audience],
        }),
      ),
    );
  };
};

/** https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html; what names the pod is another one's each time. */
export const toSessionTags = (
  { namespace, serviceAccount, disableSessionTags }: PodIdentityAssociation,
  { name, arn }: ClusterOfPods,
): Record<string, string> =>
  disableSessionTags
    ? {}
    : {
        'eks-cluster-arn': arn,
        'eks-cluster-name': name,
        'kubernetes-namespace': namespace,
        'kubernetes-service-account': serviceAccount,
      };

/**
 * Whether an association's roles let in, the first EKS and the second, where there is one, the first: what the first
 * itself is allowed is not seen. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-assign-target-role.html
 */
export const isLetInByAssociation = (
  association: PodIdentityAssociation,
  role: IamRole,
  target: IamRole | undefined,
  cluster: ClusterOfPods,
): Truth => {
  const toKeys = (kind: 'Request' | 'Principal') =>
    Object.fromEntries(
      Object.entries(toSessionTags(association, cluster)).map(([tag, value]) => [
        `aws:${kind}Tag/${tag}`,
        [value],
      ]),
    );
  const { namespace, serviceAccount, disableSessionTags } = association;
  const region = cluster.arn.split(':')[3] ?? '';
  const first = toDecider(role)({ kind: 'service', service: 'pods.eks.amazonaws.com' }, 'sts:AssumeRole', {
    ...toKeys('Request'),
    'aws:SourceAccount': [cluster.account],
    'aws:SourceArn': [cluster.arn],
  });
  if (!target) return first;
  const caller: Principal = { kind: 'role', arn: role.Arn, accountId: parseArn(role.Arn)?.account ?? '' };
  const second = toDecider(target)(caller, 'sts:AssumeRole', {
    ...toKeys('Request'),
    ...toKeys('Principal'),
    ...(disableSessionTags
      ? {
          'sts:ExternalId': [`${region}/${cluster.account}/${cluster.name}/${namespace}/${serviceAccount}`],
        }
      : {}),
  });
  return and([first, second]);
};

/** Asks a trust policy, which is read once; of one that is not understood nobody can tell. */
const toDecider = ({ Arn, AssumeRolePolicyDocument }: IamRole) => {
  const policy = parseOrNull(AssumeRolePolicyDocument);
  return (principal: Principal, action: string, context: Record<string, string[]>): Truth =>
    policy ? isLetIn(policy, { principal, action, roleArn: Arn, context, isAbsent }) : 'unknown';
};

const parseOrNull = (trustPolicy: string): Policy | null => {
  try {
    return parseTrustPolicy(trustPolicy);
  } catch (error) {
    if (error instanceof PolicyError) return null;
    throw error;
  }
};

/** What a token or an association says is known as a whole; networks, times and organisations are not. */
const isAbsent = (key: string): boolean =>
  /^(aws:requesttag\/|sts:externalid$|aws:multifactorauth|aws:source(account|arn)$)/.test(key) ||
  !/^(aws|sts):/.test(key);
