/** The IAM principals that EKS lets into a cluster. */
import type { AccessEntry } from '../evidence/access-entry.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import { findAccessPolicyRules, toAccessPolicyName } from './access-policies.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { type Grant, toPlaces } from './grants.ts';
import { toPowers } from './permissions.ts';

/** An IAM principal as EKS lets it in: by an access entry, or by aws-auth. */
export interface IamIdentity {
  id: string;
  /** Without session and path. */
  principal: string;
  /** As configured: of a role it can hold a place for the session's name. */
  usernames: string[];
  groups: string[];
  /** By access policies. */
  grants: Grant[];
}

/**
 * Where both name a principal, its access entry alone counts.
 * https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html
 */
export const collectIamIdentities = (
  { accessEntries = [], awsAuth }: ClusterAccess,
  namespaces: ReadonlySet<string>,
): IamIdentity[] => {
  const identities = new Map<string, IamIdentity>();
  const add = (arn: string, username: string | undefined, groups: readonly string[], grants: Grant[]) => {
    const principal = toPrincipalName(arn);
    const known = identities.get(principal) ?? {
      id: `iam:${principal}`,
      principal,
      usernames: [],
      groups: [],
      grants: [],
    };
    if (username) known.usernames.push(username);
    known.groups.push(...groups);
    known.grants.push(...grants);
    identities.set(principal, known);
  };
  for (const { principalArn, username, kubernetesGroups = [], accessPolicies } of accessEntries) {
    const grants = accessPolicies.flatMap(({ policyArn, accessScope }) =>
      toPolicyGrants(policyArn, accessScope, namespaces),
    );
    // EKS's capabilities are bound by this group: https://docs.aws.amazon.com/eks/latest/userguide/argocd-register-clusters.html
    add(principalArn, username, [...kubernetesGroups, `eks-access-entry:${principalArn}`], grants);
  }
  const withEntry = new Set(identities.keys());
  const mapped = [
    ...(awsAuth?.mapRoles ?? []).map(({ rolearn, ...entry }) => ({ arn: rolearn, ...entry })),
    ...(awsAuth?.mapUsers ?? []).map(({ userarn, ...entry }) => ({ arn: userarn, ...entry })),
  ];
  for (const { arn, username, groups = [] } of mapped)
    if (!withEntry.has(toPrincipalName(arn))) add(arn, username, groups, []);
  return [...identities.values()];
};

const toPolicyGrants = (
  policyArn: string,
  scope: AccessEntry['accessPolicies'][number]['accessScope'],
  namespaces: ReadonlySet<string>,
): Grant[] => {
  const rules = findAccessPolicyRules(policyArn) ?? [];
  const places = scope?.type === 'namespace' ? toPlaces(scope.namespaces ?? [], namespaces) : [{}];
  const powers = toPowers(rules, scope?.type === 'namespace');
  return places.map((place) => ({ ...place, powers, by: `access policy ${toAccessPolicyName(policyArn)}` }));
};

const toLiteral = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const template = /\{\{\s*(\w+)\s*\}\}/g;

/**
 * What a name with places to fill in can become, or undefined for a plain one. Whoever becomes the role chooses its
 * session's name; the other places are filled by AWS.
 * https://github.com/kubernetes-sigs/aws-iam-authenticator#full-configuration-format
 */
export const toChosenName = (name: string): RegExp | undefined => {
  if (!/\{\{\s*SessionName/.test(name)) return undefined;
  let pattern = '';
  let end = 0;
  for (const place of name.matchAll(template)) {
    pattern += toLiteral(name.slice(end, place.index));
    pattern += place[1]?.startsWith('SessionName') ? '[\\w+=,.@-]{2,64}' : '[^:]*';
    end = place.index + place[0].length;
  }
  return new RegExp(`^${pattern}${toLiteral(name.slice(end))}$`);
};
