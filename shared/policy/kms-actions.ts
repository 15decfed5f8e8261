/** KMS's actions by what they let somebody do: https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html */

/** Open what was sealed. */
export const decryptingActions = ['kms:Decrypt', 'kms:ReEncryptFrom'];

/** Use the key in any other way. */
const sealingActions = [
  'kms:Encrypt',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
];

/** Decide over the key's life and place. */
const governingActions = [
  'kms:ScheduleKeyDeletion',
  'kms:DisableKey',
  'kms:DeleteImportedKeyMaterial',
  'kms:ImportKeyMaterial',
  'kms:ReplicateKey',
  'kms:UpdatePrimaryRegion',
  'kms:DisableKeyRotation',
];

/**
 * By which somebody of another account uses the key or decides who may, the worst first, so that a witness shows the
 * worst. All other administration is left out: a key policy that allows it to another account has no effect.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
 */
export const crossAccountActions = [
  ...decryptingActions,
  'kms:CreateGrant',
  'kms:RevokeGrant',
  ...sealingActions,
];

/**
 * What only an administrator needs. CreateGrant and RevokeGrant are left out: the console's default policy gives them
 * to key users, for the services that encrypt on their behalf.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export const administeringActions = ['kms:PutKeyPolicy', ...governingActions];
