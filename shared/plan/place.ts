/** Where a plan's commands act, as they can be pasted. */

import type { ClusterIdentity } from '../checks/check.ts';
import { parseArn } from '../evidence/arn.ts';
import { toKmsCommand } from '../evidence/key-reference.ts';

/** Stands for the key that is yet to be made. */
export const newKey = 'KEY-ARN';

/** A word of a shell, quoted where it must be: names come from whoever could create a resource. */
export const toShellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** `aws eks VERB` about a cluster. */
export const toEksCommand = (verb: string, { name, region }: ClusterIdentity, option = '--name'): string =>
  `aws eks ${verb} --region ${toShellWord(region)} ${option} ${toShellWord(name)}`;

/** `aws kms VERB` about a key, in its own Region; of one that is yet to be made, in the cluster's. */
export const toKeyCommand = (verb: string, keyArn: string | null, { region }: ClusterIdentity): string =>
  keyArn === null
    ? `aws kms ${verb} --region ${toShellWord(region)} --key-id ${newKey}`
    : toKmsCommand(verb, toShellWord(keyArn));

/** The console's way to a key. */
export const toKeyPage = (keyArn: string, ...steps: string[]): string => {
  const { account, region, resource } = parseArn(keyArn) ?? { account: '', region: '', resource: keyArn };
  return [
    `KMS in ${region}, account ${account}`,
    'Customer managed keys',
    resource.replace(/^key\//, ''),
    ...steps,
  ].join(' > ');
};

/** The console's way to a cluster. */
export const toClusterPage = ({ name, account, region }: ClusterIdentity, ...steps: string[]): string =>
  [`EKS in ${region}, account ${account}`, 'Clusters', name, ...steps].join(' > ');
