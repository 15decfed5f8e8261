/** What somebody may do with a key, as people ask about it, by the actions that let them. */
import { decryptingActions } from './kms-actions.ts';

/** Each of these can leave the cluster without its key. */
const destroyingActions = [
  'kms:ScheduleKeyDeletion',
  'kms:DisableKey',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:DeleteImportedKeyMaterial',
  'kms:ImportKeyMaterial',
];

/** Each of these lets its holder give decryption to others, or to itself. */
const administeringActions = [
  'kms:PutKeyPolicy',
  'kms:CreateGrant',
  'kms:ReplicateKey',
  'kms:UpdatePrimaryRegion',
];

export type PowerName = 'decrypt' | 'administer' | 'destroy';

export const powerActions: Readonly<Record<PowerName, readonly string[]>> = {
  decrypt: decryptingActions,
  administer: administeringActions,
  destroy: destroyingActions,
};

/** KMS takes and gives up the material of such keys alone, whatever a policy allows. */
const materialActions = new Set(['kms:DeleteImportedKeyMaterial', 'kms:ImportKeyMaterial']);

/** Takes a key's origin, undefined where it is not known; gives the destroying actions that work on such a key. */
export const toDestroyingActions = (origin: string | undefined): string[] =>
  destroyingActions.filter(
    (action) => origin === undefined || origin === 'EXTERNAL' || !materialActions.has(action),
  );

/** Decided by the grant itself: https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html */
export const retirement = 'kms:RetireGrant';

/**
 * By which the store of a key's material is taken away. They have no key for a resource, so no key policy has a say.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
 */
export const keyStoreActions = [
  'kms:DisconnectCustomKeyStore',
  'kms:DeleteCustomKeyStore',
  'kms:UpdateCustomKeyStore',
];

/** Everything that is ever asked about: policies that say nothing of these need no second look. */
export const everyPowerAction: readonly string[] = [
  ...new Set([...Object.values(powerActions).flat(), retirement, ...keyStoreActions]),
];

/**
 * What a caller of another account can do at all: KMS takes the rest from the key's own account alone.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
 */
export const foreignActions: ReadonlySet<string> = new Set([
  ...decryptingActions,
  'kms:CreateGrant',
  'kms:RevokeGrant',
  retirement,
]);
