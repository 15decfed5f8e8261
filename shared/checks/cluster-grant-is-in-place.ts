/**
 * Claims that EKS holds a grant on the key that carries this cluster's name or ARN. Does not claim that a cluster
 * without one has lost its key: AWS documents no shape of the grant, so its absence is a failure only where the
 * cluster's health or EKS's other grants on the key bear it out.
 */
import { findClusterGrants, findNamesakeGrants, isEksGrant, isNamedByEks } from '../evidence/eks-grant.ts';
import { getGap, isKnown } from '../evidence/fact.ts';
import { defineCheck } from './check.ts';

interface Lost {
  key: string;
  /** Ids of grants that look like the cluster's; null where the grants could not be read. */
  ownGrants: string[] | null;
  /** Names of the other grants that EKS holds on the key. */
  otherGrants: string[];
}

const whatIsSeen = (ownGrants: string[] | null): string => {
  if (ownGrants === null) return '';
  return ownGrants.length === 0
    ? ", and no grant there carries this cluster's name"
    : `, though one there carries this cluster’s name (${ownGrants.join(', ')}): its report can lag three hours, and anybody who may create grants can choose a name`;
};

const consequence =
  'A running API server works on with its cached key until it restarts; a grant that EKS lost cannot be given back, and the cluster cannot be recovered.';

export const clusterGrantIsInPlace = defineCheck({
  id: 'cluster-grant-is-in-place',
  kind: 'state',
  link: 3,
  scope: 'key',
  subject: null,
  facts: ['cluster', 'key.metadata', 'key.grants'],
  title: 'EKS holds its grant on the cluster’s key',
  rationale:
    'EKS reaches the key through a grant that it made when the key was given to the cluster. Who revokes or retires it cuts the cluster off from its own data for good.',
  remediation: {
    text: 'Move workloads and Secrets to a new cluster while the API server still answers, and find out who revoked the grant (CloudTrail: RevokeGrant, RetireGrant). Ask AWS Support before you restart anything.',
    url: 'https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html',
  },
  references: ['https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html'],
  frameworks: { 'NIST 800-53': ['SC-12', 'CP-9'] },
  outcomes: {
    revoked: {
      severity: 'medium',
      message: ({ key, ownGrants }: Lost) =>
        `EKS reports its grant on ${key} as revoked${whatIsSeen(ownGrants)}. ${consequence}`,
    },
    missing: {
      severity: 'medium',
      message: ({ key, otherGrants }: Lost) =>
        `EKS holds grants on ${key} (${otherGrants.join(', ')}), but none for this cluster. ${consequence}`,
    },
  },
  pass: 'EKS holds a grant on the key that carries this cluster’s name or ARN.',
  *evaluate({ read, peek, key, cluster }) {
    const { status, health } = read('cluster');
    if (status === 'CREATING' || status === 'DELETING')
      return yield {
        notApplicable: `The cluster is ${status}: its grant may not be there yet, or no longer.`,
      };
    const listing = peek('key.grants');
    const known = isKnown(listing) ? listing.value : undefined;
    const own = known ? findClusterGrants(known, cluster) : [];
    const otherGrants = (known ?? [])
      .filter((grant) => isEksGrant(grant) && isNamedByEks(grant) && !own.includes(grant))
      .flatMap(({ Name }) => Name ?? [])
      .sort();
    const ownGrants = known ? own.map(({ GrantId }) => GrantId) : null;
    const evidence = { key: key.arn, ownGrants, otherGrants };
    if (health?.issues?.some(({ code }) => code === 'KmsGrantRevoked'))
      return yield { outcome: 'revoked', evidence };

    const { KeyState: state } = read('key.metadata');
    if (state === undefined)
      return yield { unknown: 'failed', detail: `KMS did not say the state of key ${key.arn}` };
    if (state !== 'Enabled') return yield { notApplicable: `The key is ${state}: key-is-usable says so.` };
    // What is absent from a list that is known in part may be in the rest.
    const grants = known ?? read('key.grants');
    if (own.length > 0) return;
    const gap = getGap(listing);
    if (gap)
      return yield { unknown: gap.unknown, detail: `no grant of this cluster was seen; ${gap.detail}` };

    const [namesake] = findNamesakeGrants(grants, cluster);
    if (namesake)
      return yield {
        unknown: 'unsupported',
        detail: `the only grant on ${key.arn} with this cluster’s name was issued by ${namesake.IssuingAccount}; it may belong to a cluster of the same name there`,
      };
    if (otherGrants.length > 0) return yield { outcome: 'missing', evidence };
    yield {
      unknown: 'unsupported',
      detail: `no grant on ${key.arn} carries this cluster’s name; AWS documents no shape of EKS’s grants, so this alone proves nothing`,
    };
  },
});
