/**
 * Claims that the grants on the key and on its multi-Region relatives, and the clusters of this run, show nothing but this cluster on the key. Does
 * not claim that nothing else can use it: a key policy lets others in without a grant (link 3).
 */
import { parseArn } from '../evidence/arn.ts';
import { getEksContext, isEksGrant } from '../evidence/eks-grant.ts';
import { getGap, isKnown } from '../evidence/fact.ts';
import type { Grant } from '../evidence/key.ts';
import { defineCheck } from './check.ts';

interface Sharing {
  key: string;
  /** The other clusters: ARNs that this run saw, and names that EKS's grants carry. */
  clusters: string[];
  /** One each cluster that EKS has a grant for. */
  contexts: string[];
  services: { service: string; grants: number }[];
}

/** EKS's grants as they are observed: named `eks-grant-CLUSTER`, bound to one context a cluster. */
const eksGrantName = /^eks-grant-(.+)$/;

/** The principal of EBS's grants: https://docs.aws.amazon.com/kms/latest/developerguide/determining-access-grants.html */
const ebsSession = /^assumed-role\/aws:ec2-infrastructure\//;
const serviceLinkedRole = /^role\/aws-service-role\/([^/]+)\//;
const servicePrincipal = /^([a-z0-9-]+)(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/;
/** The condition keys by which services bind their grants: `aws:ebs:id`, `aws:rds:db-id`, `aws:backup:…`. */
const contextOfService = /^aws:([a-z0-9-]+):/;

const getContext = ({ Constraints }: Grant): Record<string, string> => ({
  ...Constraints?.EncryptionContextSubset,
  ...Constraints?.EncryptionContextEquals,
});

/** The service a grant is for, told by its grantee or else by its context; undefined for anybody else's grant. */
const getService = (grant: Grant): string | undefined => {
  const grantee = grant.GranteeServicePrincipal ?? grant.GranteePrincipal ?? '';
  const resource = parseArn(grantee)?.resource ?? '';
  if (ebsSession.test(resource)) return 'ebs';
  const principal = serviceLinkedRole.exec(resource)?.[1] ?? grantee;
  const named = servicePrincipal.exec(principal)?.[1];
  if (named) return named;
  return Object.keys(getContext(grant)).flatMap((name) => contextOfService.exec(name)?.[1] ?? [])[0];
};

const toSharing = (
  key: string,
  grants: Grant[],
  cluster: { arn: string; name: string },
  seen: string[],
): Sharing => {
  const counts = new Map<string, number>();
  for (const service of grants.flatMap((grant) => getService(grant) ?? []))
    if (service !== 'eks') counts.set(service, (counts.get(service) ?? 0) + 1);
  const others = seen.filter((arn) => arn !== cluster.arn).sort();
  const known = new Set([cluster.name, ...others.map((arn) => arn.replace(/^.*:cluster\//, ''))]);
  // Anybody else's grants may carry any name and any context.
  const eksGrants = grants.filter(isEksGrant);
  const named = eksGrants.flatMap(({ Name }) => eksGrantName.exec(Name ?? '')?.[1] ?? []);
  const contexts = eksGrants.flatMap((grant) => getEksContext(grant) ?? []);
  return {
    key,
    clusters: [...others, ...[...new Set(named)].filter((name) => !known.has(name)).sort()],
    contexts: [...new Set(contexts)].sort(),
    services: [...counts].map(([service, count]) => ({ service, grants: count })).sort(byService),
  };
};

const byService = (a: { service: string }, b: { service: string }) => (a.service < b.service ? -1 : 1);

const toWords = ({ clusters, contexts, services }: Sharing): string => {
  const words = [
    ...(contexts.length > 1 ? [`EKS holds grants on it for ${contexts.length} clusters`] : []),
    ...(clusters.length > 0 ? [`it is also the key of ${clusters.join(', ')}`] : []),
    ...services.map(
      ({ service, grants }) => `${service} holds ${grants} ${grants === 1 ? 'grant' : 'grants'} on it`,
    ),
  ];
  return words.join('; ');
};

export const keyIsDedicated = defineCheck({
  id: 'key-is-dedicated',
  kind: 'state',
  link: 2,
  scope: 'key',
  subject: null,
  facts: ['key.grants'],
  title: 'The key seals this cluster alone',
  rationale:
    'Whatever shares a key shares its fate: who disables it for one stops all, and each further user adds people to its policy. AWS itself advises a key of its own for each cluster.',
  remediation: {
    text: 'The key of a cluster cannot be changed: give the next cluster a key of its own, and move volumes, databases and backups to other keys. If sharing is meant, record an exception.',
    url: 'https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html',
  },
  references: ['https://docs.aws.amazon.com/kms/latest/developerguide/grants.html'],
  frameworks: { 'NIST 800-53': ['SC-12', 'AC-6'] },
  outcomes: {
    shared: {
      severity: 'low',
      message: (sharing: Sharing) =>
        `Key ${sharing.key} does not serve this cluster alone: ${toWords(sharing)}. If the key is lost or opened, all of them are.`,
    },
  },
  pass: 'The key’s grants, and the clusters of this run, show nothing but this cluster on the key.',
  *evaluate({ read, peek, cluster, key }) {
    // What the run saw may fail the key even where its grants are unknown.
    const members = key.family ?? [{ ...key, grants: peek('key.grants') }];
    const clusters = [...new Set(members.flatMap((member) => member.clusters))];
    const isSharedInRun = clusters.some((arn) => arn !== cluster.arn);
    const grants = members.flatMap((member) => (isKnown(member.grants) ? member.grants.value : []));
    const sharing = toSharing(key.arn, grants, cluster, clusters);
    if (sharing.contexts.length > 1 || sharing.services.length > 0 || isSharedInRun)
      return yield { outcome: 'shared', evidence: { ...sharing } };
    read('key.grants');
    for (const { arn, grants: listing } of members) {
      const gap = arn === key.arn ? undefined : getGap(listing);
      if (gap) yield { unknown: gap.unknown, detail: `grants on ${arn}: ${gap.detail}` };
    }
  },
});
