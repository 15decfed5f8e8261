/**
 * Claims that EKS holds a grant on the key that carries this cluster's name or ARN. Does not claim that a cluster
 * without one has lost its key: AWS documents no shape of the grant, so its absence is a failure only where the
 * cluster's health or EKS's other grants on the key bear it out.
 */
import { findClusterGrants, findNamesakeGrants, isEksGrant, isNamedByEks } from '../evidence/eks-grant.ts';
import { defineCheck } from './check.ts';

interface Lost {
  key: string;
  /** Names of the other grants that EKS holds on the key. */
  otherGrants: string[];
}

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
      message: ({ key }: Lost) =>
        `EKS reports its grant on ${key} as revoked, and no grant there carries this cluster's name. ${consequence}`,
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
    const { KeyState: state } = read('key.metadata');
    if (state !== 'Enabled') return yield { notApplicable: `The key is ${state}: key-is-usable says so.` };
    // What is absent from a list that is known in part may be in the rest.
    const listing = peek('key.grants');
    const grants = 'value' in listing ? listing.value : read('key.grants');
    if (findClusterGrants(grants, cluster).length > 0) return;
    const [gap] = 'value' in listing ? listing.missing : [];
    if (gap) return yield { unknown: gap.reason, detail: `no grant of this cluster was seen; ${gap.what}` };

    const otherGrants = grants
      .filter((grant) => isEksGrant(grant) && isNamedByEks(grant))
      .flatMap(({ Name }) => Name ?? []);
    const evidence = { key: key.arn, otherGrants: otherGrants.sort() };
    if (health?.issues?.some(({ code }) => code === 'KmsGrantRevoked'))
      return yield { outcome: 'revoked', evidence };
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
