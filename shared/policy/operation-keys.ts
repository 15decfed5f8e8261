import type { Statement } from './policy.ts';

/**
 * Condition keys about what the caller writes into requests of some operations: those of all others lack them.
 * https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
 * https://docs.aws.amazon.com/kms/latest/developerguide/grant-authorization.html
 */
const operations: Readonly<Record<string, readonly string[]>> = {
  'kms:grantconstrainttype': ['kms:creategrant'],
  'kms:grantisforawsresource': ['kms:creategrant', 'kms:listgrants', 'kms:revokegrant'],
  'kms:grantoperations': ['kms:creategrant'],
  'kms:granteeprincipal': ['kms:creategrant'],
  'kms:retiringprincipal': ['kms:creategrant'],
  'kms:schedulekeydeletionpendingwindowindays': ['kms:schedulekeydeletion'],
};

/** Whether a request for an action may say anything of a condition key. */
export function isSaidBy(action: string, key: string): boolean {
  return operations[key]?.includes(action.toLowerCase()) ?? true;
}

/** By what actions that meet the same statements may still differ: the keys asked for that this one never says. */
export function toUnsaidKeys(action: string, statements: Statement[]): string {
  const keys = statements.flatMap(({ conditions }) => conditions.map(({ key }) => key));
  return [...new Set(keys.filter((key) => !isSaidBy(action, key)))].sort().join();
}
