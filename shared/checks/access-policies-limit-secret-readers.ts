/**
 * Claims that no access entry lets a principal from outside read every Secret of the cluster by an access policy, and
 * that few others may. Does not claim anything of RBAC: of an entry's Kubernetes groups, of the ConfigMap aws-auth, or
 * of who reads the Secrets of single namespaces.
 */
import type { AccessEntry } from '../evidence/access-entry.ts';
import { classifyAccount } from '../evidence/account-trust.ts';
import { parseArn } from '../evidence/arn.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { isKnown } from '../evidence/fact.ts';
import { isGlobMatch } from '../evidence/glob.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import { findAccessPolicyRules, isOfEksItself, toAccessPolicyName } from '../rbac/access-policies.ts';
import { toPowers } from '../rbac/permissions.ts';
import { defineCheck } from './check.ts';

interface Reader {
  principal: string;
  policies: string[];
}
interface Outsider extends Reader {
  /** With its path, as EKS knows the entry. */
  principalArn: string;
  account: string;
  cluster: string;
}
interface Readers {
  readers: Reader[];
  /** By access policies that AWS's own services get for their work: not counted. */
  ofServices: Reader[];
  limit: number;
}

/**
 * AWS makes the entries that carry these. https://docs.aws.amazon.com/aws-backup/latest/devguide/eks-backups.html and
 * https://docs.aws.amazon.com/eks/latest/userguide/capabilities-security.html
 */
const policiesOfServices = /^(AWSBackupFullAccessPolicyFor(Backup|Restore)|AmazonEKSArgoCD(Cluster)?Policy)$/;

/** Its service accounts are the control plane's controllers', of which some read every object there is. */
const controllers = 'kube-system';

type Association = AccessEntry['accessPolicies'][number];

/** Whether an access policy lets read every Secret; undefined for one that is not known. */
const readsAll = ({ policyArn, accessScope }: Association): boolean | undefined => {
  const namespaces = accessScope?.type === 'namespace' ? (accessScope.namespaces ?? []) : ['*'];
  const isEverywhere = namespaces.some((pattern) => /^\*+$/.test(pattern));
  if (!isEverywhere && !namespaces.some((pattern) => isGlobMatch(pattern, controllers))) return false;
  const rules = findAccessPolicyRules(policyArn);
  if (!rules) return undefined;
  const powers = toPowers(rules, !isEverywhere);
  return isEverywhere ? powers.has('readSecrets') : powers.has('impersonateAccounts');
};

const toNames = (readers: readonly Reader[]): string =>
  readers.map(({ principal, policies }) => `${principal} by ${policies.join(', ')}`).join('; ');

const mostNames = 20;

export const accessPoliciesLimitSecretReaders = defineCheck({
  id: 'access-policies-limit-secret-readers',
  kind: 'state',
  link: 5,
  scope: 'cluster',
  subject: 'principal',
  facts: ['cluster.accessEntries', 'cluster', 'organization', 'kubernetes.awsAuth'],
  title: 'EKS’s access policies let few principals read every Secret, and none from outside',
  rationale:
    'An access policy that reads Secrets opens all of them through the API server, however well they are sealed in etcd. RBAC does not show it: kubectl auth can-i says nothing of access policies.',
  remediation: {
    text: 'Take the access policy from the entry, or scope it to the namespaces that the principal works in. If it is meant, name the principal in expected.secretReaders.',
    url: 'https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html',
  },
  references: ['https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html'],
  frameworks: {
    'CIS Amazon EKS Benchmark': ['4.1.2'],
    'NIST 800-53': ['AC-3', 'AC-6'],
    'PCI DSS 4': ['7.2'],
  },
  outcomes: {
    outsider: {
      severity: 'medium',
      message: ({ principal, account, policies }: Outsider) =>
        `${principal} of account ${account}, which is neither in the organisation nor trusted, may read every Secret of the cluster by ${policies.join(', ')}.`,
      fix: ({ principal, principalArn, cluster, policies }: Outsider) =>
        `Take it away: ${policies
          .map(
            (policy) =>
              `aws eks disassociate-access-policy --cluster-name ${cluster} --principal-arn ${principalArn} --policy-arn arn:${principalArn.split(':')[1]}:eks::aws:cluster-access-policy/${policy}`,
          )
          .join('; ')}. If it is meant, add to expected.secretReaders: - ${JSON.stringify(principal)}`,
    },
    tooMany: {
      severity: 'medium',
      message: ({ readers, limit }: Readers) =>
        `${readers.length} principals may read every Secret of the cluster by access policies, more than ${limit}: ${toNames(readers.slice(0, mostNames))}${readers.length > mostNames ? ' and others' : ''}.`,
      fix: () =>
        'Scope their access policies to the namespaces that they work in, name those that are meant in expected.secretReaders, or raise thresholds.clusterWideReaders.',
    },
  },
  pass: 'By the access policies of its entries few principals may read every Secret of the cluster, and none from outside.',
  *evaluate({ read, peek, cluster }, settings) {
    const mode = read('cluster').accessConfig?.authenticationMode ?? 'CONFIG_MAP';
    if (mode === 'CONFIG_MAP')
      return yield {
        unknown: 'unsupported',
        detail:
          'the ConfigMap aws-auth alone lets principals in (authentication mode CONFIG_MAP), and EKS’s API does not tell whom',
      };
    const organization = peek('organization');
    const readers: Reader[] = [];
    const ofServices: Reader[] = [];
    for (const { principalArn, accessPolicies } of read('cluster.accessEntries')) {
      if (isExpectedPrincipal(principalArn, cluster.name, settings.expected.secretReaders)) continue;
      const principal = toPrincipalName(principalArn);
      for (const association of accessPolicies)
        if (readsAll(association) === undefined && !isOfEksItself(principalArn))
          yield {
            unknown: 'unsupported',
            detail: `whether access policy ${toAccessPolicyName(association.policyArn)} lets ${principal} read Secrets is not known`,
          };
      const policies = accessPolicies
        .filter((association) => readsAll(association))
        .map(({ policyArn }) => toAccessPolicyName(policyArn));
      if (policies.length === 0) continue;
      const account = parseArn(principalArn)?.account ?? '';
      const zone = classifyAccount(account, { ownAccount: cluster.account, organization, settings });
      if (zone === 'outside') {
        const evidence = { principal, principalArn, account, cluster: cluster.name, policies };
        yield { outcome: 'outsider', subject: principal, evidence };
        continue;
      }
      if (typeof zone !== 'string')
        yield {
          unknown: zone.unknown,
          detail: `${principal} may read every Secret by ${policies.join(', ')}; ${zone.detail}`,
        };
      if (policies.every((name) => policiesOfServices.test(name))) ofServices.push({ principal, policies });
      else readers.push({ principal, policies });
    }
    const limit = settings.thresholds.clusterWideReaders;
    if (readers.length > limit)
      yield { outcome: 'tooMany', subject: 'readers', evidence: { readers, ofServices, limit } };
    if (mode !== 'API' && !isKnown(peek('kubernetes.awsAuth')))
      yield {
        unknown: 'unsupported',
        detail: `access entries are only a part of whom the cluster lets in: the ConfigMap aws-auth counts too (authentication mode ${mode}), and it was not read`,
      };
  },
});
