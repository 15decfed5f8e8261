import type { AccountZone } from '../../evidence/account-trust.ts';
import { toAdmitted } from '../../policy/admitted.ts';
import { parsePolicy } from '../../policy/policy-document.ts';
import { findWitness } from '../../policy/witness.ts';

/**
 * By which a copy is taken, used or put into a vault. AWS Backup refuses other accounts all but the last, whatever a
 * vault's policy says: https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html
 */
const copyActions = [
  'backup:StartRestoreJob',
  'backup:StartCopyJob',
  'backup:CopyFromBackupVault',
  'backup:GetRecoveryPointRestoreMetadata',
  'backup:CopyIntoBackupVault',
];

/**
 * Whom from outside a vault's policy names for what lies in the vault, each once, sorted. Throws a PolicyError where
 * the policy is not understood.
 */
export const findNamedOutsiders = (
  policyText: string,
  resources: readonly string[],
  classify: (account: string) => AccountZone,
  organizationId: string | undefined,
): string[] => {
  const keyPolicy = parsePolicy(policyText);
  const classifyAccount = (account: string) => {
    const zone = classify(account);
    return typeof zone === 'string' ? zone : 'unknown';
  };
  const named = keyPolicy.statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((statement) =>
      resources.flatMap((resource) => {
        const zone = { kind: 'outside', classifyAccount, organizationId } as const;
        const asked = { actions: copyActions, zone, statement: statement.index, keyArn: resource };
        const witness = findWitness(asked, { keyPolicy });
        return 'found' in witness ? toAdmitted(witness.found, statement) : [];
      }),
    );
  return [...new Set(named)].sort();
};
