/** How to see afterwards that it is so: which checks of Keyward's say it, and which command of AWS's. */
import type { ClusterIdentity } from '../checks/check.ts';
import type { PlanDocument } from './document.ts';
import { toEksCommand, toKeyCommand, toShellWord } from './place.ts';

/** Takes the cluster and its key, null for one that is yet to be made; gives each claim with what shows it. */
export const toVerification = (cluster: ClusterIdentity, keyArn: string | null): PlanDocument['verify'] => {
  const toKey = (verb: string, options = '') => `${toKeyCommand(verb, keyArn, cluster)}${options}`;
  return [
    {
      claim: 'The cluster names the key.',
      checks: ['secrets-use-customer-key'],
      command: `${toEksCommand('describe-cluster', cluster)} --query cluster.encryptionConfig`,
    },
    {
      claim: 'The key is enabled, and rotates.',
      checks: ['key-is-usable', 'key-rotates', 'key-material-does-not-expire'],
      command: toKey('get-key-rotation-status'),
    },
    {
      claim: 'EKS holds its grant, and no unexpected one stands beside it.',
      checks: ['cluster-grant-is-in-place', 'key-grants-are-expected', 'key-is-dedicated'],
      command: toKey(
        'list-grants',
        ` --query ${toShellWord(`Grants[?Name=='eks-grant-${cluster.name}'].[GranteePrincipal,Operations,Constraints]`)}`,
      ),
    },
    {
      claim: 'The policy lets in nobody else, and somebody can still change it.',
      checks: [
        'key-policy-has-no-public-statement',
        'key-policy-trusts-only-the-organization',
        'key-policy-keeps-an-administrator',
        'key-decrypters-are-expected',
        'key-destroyers-are-expected',
        'key-administrators-cannot-decrypt',
      ],
      command: toKey('get-key-policy', ' --policy-name default --query Policy --output text'),
    },
    {
      claim:
        'The cluster’s role sees the key, and EKS reports nothing about it (its report can lag three hours).',
      checks: ['cluster-role-can-use-key', 'cluster-reports-no-key-issue'],
      command: `${toEksCommand('describe-cluster', cluster)} --query cluster.health.issues`,
    },
    {
      claim:
        'Only the cluster uses the key: keyward scan with --since tells, once there is something to see.',
      checks: ['key-is-in-use', 'decrypts-come-from-the-cluster'],
      command: toKey('get-key-last-usage'),
    },
  ];
};
