/**
 * Claims that no grant on the key lets an unexpected principal open this cluster's data or hand that on. A grant
 * bound to another encryption context (a volume's, a database's) cannot: the context is bound into the ciphertext.
 * Does not claim anything about the key policy (other checks of this link).
 */
import { classifyAccount } from '../evidence/account-trust.ts';
import { parseArn } from '../evidence/arn.ts';
import { findClusterContext, isEksGrant, toClusterContexts } from '../evidence/eks-grant.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { type Fact, getGap, isKnown } from '../evidence/fact.ts';
import { isGlobMatch } from '../evidence/glob.ts';
import type { Grant } from '../evidence/key.ts';
import { toKmsCommand } from '../evidence/key-reference.ts';
import { isDeletedPrincipal, toPrincipalName } from '../evidence/principal-arn.ts';
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

/** What opens sealed data, or lets the grantee hand the right on; the worst first. */
const openingOperations = ['Decrypt', 'ReEncryptFrom', 'GenerateDataKey', 'CreateGrant'];

const serviceLinkedRole = /^role\/aws-service-role\//;

/**
 * The account whose trust settles a grant: of a service-linked role, which only its service can assume, and of the
 * resource that a service acts for. Of any other grantee, and of one that acts for the cluster itself, nobody's.
 * AWS has Auto Scaling's role given an unconstrained grant on a key of another account:
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
const findOwner = ({ Constraints }: Grant, grantee: string, clusterArn: string): string | undefined => {
  const arn = parseArn(grantee);
  if (arn) return arn.service === 'iam' && serviceLinkedRole.test(arn.resource) ? arn.account : undefined;
  const source = Constraints?.SourceArn;
  if (source === undefined || isGlobMatch(source, clusterArn)) return undefined;
  return parseArn(source)?.account || undefined;
};

/** What the request must say to meet the grant's constraints; CreateGrant itself has no encryption context. */
const toWitnessContext = (
  { Constraints }: Grant,
  operation: string,
  context: Record<string, string>,
): Record<string, string> => ({
  ...(operation === 'CreateGrant'
    ? {}
    : Object.fromEntries(
        Object.entries(context).map(([name, value]) => [`kms:EncryptionContext:${name}`, value]),
      )),
  ...(Constraints?.SourceArn === undefined ? {} : { 'aws:SourceArn': Constraints.SourceArn }),
});

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
      fix: ({ key, grant }: Granted) =>
        `Find out who created it (CloudTrail, CreateGrant), then ${toKmsCommand('revoke-grant', key)} --grant-id ${grant}. If it is meant, name its grantee in expected.decrypters.`,
    },
  },
  pass: 'No grant on the key lets an unexpected principal open this cluster’s data.',
  *evaluate({ read, peek, key, cluster }, settings) {
    const { roleArn } = read('cluster');
    const grants = read('key.grants');
    const [named, ...relatives] = key.family?.map((member) => member.grants) ?? [peek('key.grants')];
    const toGrants = (listing: Fact<Grant[]> | undefined) =>
      listing && isKnown(listing) ? listing.value : [];
    // Where a part of the list is missing, so may the cluster's own grant be: then any context may be its own.
    const contexts =
      named && !getGap(named)
        ? toClusterContexts(toGrants(named), relatives.flatMap(toGrants), cluster)
        : { own: [], others: new Set<string>() };
    const clusterRole = roleArn && toPrincipalName(roleArn);
    const trust = { ownAccount: cluster.account, organization: peek('organization'), settings };
    const classify = (account: string) =>
      account === key.account ? 'inside' : classifyAccount(account, trust);

    for (const grant of new Map(grants.map((entry) => [entry.GrantId, entry])).values()) {
      const operations = openingOperations.filter((operation) => grant.Operations?.includes(operation));
      const [operation] = operations;
      const grantee = grant.GranteeServicePrincipal ?? grant.GranteePrincipal ?? 'an unnamed principal';
      if (operation === undefined || isEksGrant(grant)) continue;
      if (toPrincipalName(grantee) === clusterRole) continue;
      const context = findClusterContext(grant, contexts);
      if (context === undefined || isDeletedPrincipal(grantee)) continue;
      if (isExpectedPrincipal(grantee, cluster.name, settings.expected.decrypters)) continue;

      const owner = findOwner(grant, grantee, cluster.arn);
      const zone = owner === undefined ? 'outside' : classify(owner);
      if (zone === 'inside') continue;
      if (zone !== 'outside') {
        yield { unknown: zone.unknown, detail: `grant ${grant.GrantId} to ${grantee}: ${zone.detail}` };
        continue;
      }
      const evidence = {
        key: key.arn,
        grant: grant.GrantId,
        grantee,
        retiringPrincipal: grant.RetiringServicePrincipal ?? grant.RetiringPrincipal ?? null,
        operations,
        constraints: { ...grant.Constraints },
        created: grant.CreationDate ?? null,
        witness: {
          principal: grantee,
          action: `kms:${operation}`,
          resource: key.arn,
          context: toWitnessContext(grant, operation, context),
        },
      };
      yield { outcome: 'unexpected', subject: grant.GrantId, evidence };
    }
  },
});
