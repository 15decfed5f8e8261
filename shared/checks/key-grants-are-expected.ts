/**
 * Claims that no grant on the key lets an unexpected principal open this cluster's data or hand that on. A grant
 * bound to another encryption context (a volume's, a database's) cannot: the context is bound into the ciphertext.
 * Does not claim anything about the key policy (other checks of this link).
 */
import { classifyAccount } from '../evidence/account-trust.ts';
import { parseArn } from '../evidence/arn.ts';
import { eksContextKey, getClusterContexts, isEksGrant } from '../evidence/eks-grant.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { isKnown } from '../evidence/fact.ts';
import type { Grant } from '../evidence/key.ts';
import type { WitnessJson } from '../policy/witness-json.ts';
import { defineCheck } from './check.ts';

interface Granted {
  key: string;
  grant: string;
  grantee: string;
  retiringPrincipal: string | null;
  operations: string[];
  constraints: Record<string, unknown>;
  created: string | null;
  witness: WitnessJson;
}

/** What opens sealed data, or lets the grantee hand the right on. */
const openingOperations = ['Decrypt', 'ReEncryptFrom', 'GenerateDataKey', 'CreateGrant'];

const serviceLinkedRole = /^role\/aws-service-role\//;

/**
 * Whether a call under the cluster's context could satisfy the grant's constraint. The cluster's context is exactly
 * one pair: https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html#grant-constraints
 */
const canHoldForCluster = ({ Constraints = {} }: Grant, contexts: string[], clusterArn: string): boolean => {
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset, SourceArn: source } = Constraints;
  if (source !== undefined && source !== clusterArn) return false;
  const isClusters = (pairs: Record<string, string>) =>
    Object.entries(pairs).every(
      ([name, value]) => name === eksContextKey && (contexts.length === 0 || contexts.includes(value)),
    );
  // An empty EncryptionContextEquals demands an empty context, and the cluster's never is.
  if (equals && (Object.keys(equals).length === 0 || !isClusters(equals))) return false;
  return !subset || isClusters(subset);
};

const toContext = (context: string | undefined): Record<string, string> =>
  context === undefined ? {} : { [`kms:EncryptionContext:${eksContextKey}`]: context };

export const keyGrantsAreExpected = defineCheck({
  id: 'key-grants-are-expected',
  kind: 'state',
  link: 3,
  scope: 'family',
  subject: 'grant',
  facts: ['cluster', 'key.grants', 'organization'],
  title: 'No unexpected grant can open the cluster’s data',
  rationale:
    'A grant gives the use of a key past its policy, survives changes of the policy, and shows in no policy review. It is the quiet way to keep access.',
  remediation: {
    text: 'Find out who created the grant (CloudTrail, CreateGrant) and revoke it: aws kms revoke-grant --key-id KEY --grant-id GRANT. If it is meant, name its grantee in expected.decrypters.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/grants.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/determining-access-grants.html',
  ],
  frameworks: { 'NIST 800-53': ['AC-6', 'SC-12'], 'PCI DSS 4': ['3.6', '3.7'] },
  outcomes: {
    unexpected: {
      severity: 'high',
      message: ({ key, grant, grantee, operations, constraints }: Granted) =>
        `Grant ${grant} on ${key} gives ${grantee} ${operations.join(', ')}, ${
          Object.keys(constraints).length === 0
            ? 'without any constraint'
            : 'under a constraint that this cluster’s data meets'
        }.`,
    },
  },
  pass: 'No grant on the key lets an unexpected principal open this cluster’s data.',
  *evaluate({ read, peek, key, cluster }, settings) {
    const grants = read('key.grants');
    const described = peek('cluster');
    const roleArn = isKnown(described) ? described.value.roleArn : undefined;
    const contexts = getClusterContexts(grants, cluster);
    const trust = { ownAccount: cluster.account, organization: peek('organization'), settings };
    // AWS has Auto Scaling's role given an unconstrained grant on a key of another account:
    // https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
    const isOwnServiceLinkedRole = (principal: string) => {
      const arn = parseArn(principal);
      return (
        arn !== undefined &&
        serviceLinkedRole.test(arn.resource) &&
        (arn.account === key.account || classifyAccount(arn.account, trust) === 'inside')
      );
    };
    for (const grant of grants) {
      const operations = (grant.Operations ?? []).filter((operation) =>
        openingOperations.includes(operation),
      );
      const grantee = grant.GranteeServicePrincipal ?? grant.GranteePrincipal ?? 'an unnamed principal';
      if (operations.length === 0 || isEksGrant(grant) || grantee === roleArn) continue;
      if (isOwnServiceLinkedRole(grantee)) continue;
      if (!canHoldForCluster(grant, contexts, cluster.arn)) continue;
      if (isExpectedPrincipal(grantee, cluster.name, settings.expected.decrypters)) continue;
      const witness: WitnessJson = {
        principal: grantee,
        action: `kms:${operations[0]}`,
        resource: key.arn,
        context: toContext(contexts[0]),
      };
      const evidence = {
        key: key.arn,
        grant: grant.GrantId,
        grantee,
        retiringPrincipal: grant.RetiringServicePrincipal ?? grant.RetiringPrincipal ?? null,
        operations,
        constraints: { ...grant.Constraints },
        created: grant.CreationDate ?? null,
        witness,
      };
      yield { outcome: 'unexpected', subject: grant.GrantId, evidence };
    }
  },
});
