/** What the facts of a cluster say about who may do what inside it, and what they leave open. */
import { type Fact, getGap, isKnown, toUnknown, type Unknown } from '../../evidence/fact.ts';
import { secretTypes } from '../../evidence/kubernetes/secret.ts';
import { findAccessPolicyRules, isOfEksItself, toAccessPolicyName } from '../../rbac/access-policies.ts';
import type { ClusterAccess } from '../../rbac/cluster-access.ts';
import type { FactName, Facts, Subject } from '../check.ts';

/** RBAC first: without it there is nothing to judge. */
export const insideFacts = [
  'kubernetes.roleBindings',
  'kubernetes.roles',
  'kubernetes.serviceAccounts',
  'kubernetes.workloads',
  'kubernetes.secrets',
  'kubernetes.awsAuth',
  'cluster',
  'cluster.accessEntries',
] as const satisfies FactName[];
type InsideFact = (typeof insideFacts)[number];

interface InsideEvidence {
  peek: <Name extends InsideFact>(name: Name) => Fact<Facts[Name]>;
  isAsked: (name: InsideFact) => boolean;
  cluster: Subject['cluster'];
}

/**
 * Takes the facts, of which the first two have to be known; gives what is known of the cluster, which facts have a say in
 * it, and what those leave open that are known.
 */
export const toClusterAccess = (
  { peek, isAsked, cluster }: InsideEvidence,
  { roles, roleBindings }: Pick<ClusterAccess, 'roles' | 'roleBindings'>,
): { access: ClusterAccess; facts: InsideFact[]; open: Unknown[] } => {
  const getValue = <Name extends InsideFact>(name: Name): Facts[Name] | undefined => {
    if (!isAsked(name)) return undefined;
    const fact = peek(name);
    return isKnown(fact) ? fact.value : undefined;
  };
  const mode = getValue('cluster')?.accessConfig?.authenticationMode;
  // Each mode of a cluster goes by one of them, or both: https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html
  const awsAuth = mode === 'API' ? undefined : getValue('kubernetes.awsAuth');
  const accessEntries = mode === 'CONFIG_MAP' ? undefined : getValue('cluster.accessEntries');
  // Neither manifests nor a part of a cluster, such as one namespace, tell which service accounts there are not.
  const isWhole =
    cluster.arn !== 'manifests' &&
    !getGap(peek('kubernetes.serviceAccounts')) &&
    !getGap(peek('kubernetes.roleBindings'));
  const [serviceAccounts, workloads, secrets] = [
    isWhole ? getValue('kubernetes.serviceAccounts') : undefined,
    getValue('kubernetes.workloads'),
    getValue('kubernetes.secrets'),
  ];
  const hasMappings = (awsAuth?.mapRoles.length ?? 0) + (awsAuth?.mapUsers.length ?? 0) > 0;
  const access: ClusterAccess = {
    roles,
    roleBindings,
    ...(serviceAccounts ? { serviceAccounts } : {}),
    ...(workloads ? { workloads } : {}),
    ...(secrets ? { secrets } : {}),
    ...(awsAuth ? { awsAuth } : {}),
    ...(accessEntries ? { accessEntries } : {}),
    isAwsAuthHonoured: mode === undefined ? hasMappings : mode !== 'API',
  };
  const left = [
    ...(mode === 'API' ? ['kubernetes.awsAuth'] : []),
    ...(mode === 'CONFIG_MAP' ? ['cluster.accessEntries'] : []),
  ];
  return {
    access,
    facts: insideFacts.filter((name) => isAsked(name) && !left.includes(name)),
    open: [...toOpenEntries(accessEntries ?? []), ...toOpenTokens(secrets ?? [])],
  };
};

function* toOpenEntries(entries: Facts['cluster.accessEntries']): Iterable<Unknown> {
  for (const { principalArn, username, kubernetesGroups, accessPolicies } of entries) {
    if (username === undefined && kubernetesGroups === undefined)
      yield toUnknown('failed', `the username and groups of ${principalArn} were not read`);
    for (const { policyArn } of accessPolicies)
      if (!findAccessPolicyRules(policyArn) && !isOfEksItself(principalArn))
        yield toUnknown(
          'unsupported',
          `whether access policy ${toAccessPolicyName(policyArn)} lets ${principalArn} read Secrets is not known`,
        );
  }
}

/** A token opens what its service account may: without the annotation that names it, nobody can tell what. */
function* toOpenTokens(secrets: Facts['kubernetes.secrets']): Iterable<Unknown> {
  const tokens = secrets.filter(
    ({ type, annotationNames }) => type === secretTypes.serviceAccountToken && annotationNames === undefined,
  );
  const [first] = tokens;
  if (first)
    yield toUnknown(
      'unsupported',
      `without metadata nobody sees whose token Secret ${first.namespace}/${first.name} holds (${tokens.length} such Secrets)`,
    );
}
