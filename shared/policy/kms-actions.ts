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

/** Give others, or oneself, what one does not have yet. */
const grantingActions = ['kms:CreateGrant', 'kms:PutKeyPolicy'];

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

/** Whatever a stranger must not do with a key, the worst first, so that a witness shows the worst. */
export const powerfulActions = [
  ...decryptingActions,
  ...grantingActions,
  ...governingActions,
  'kms:RevokeGrant',
  ...sealingActions,
];

/**
 * Everything by which somebody uses the key or has a say over it. Tags and aliases count, since statements and IAM
 * policies may hang on them: https://docs.aws.amazon.com/kms/latest/developerguide/abac.html
 */
export const trustedActions = [
  ...powerfulActions,
  'kms:TagResource',
  'kms:UntagResource',
  'kms:CreateAlias',
  'kms:UpdateAlias',
  'kms:DeleteAlias',
  'kms:EnableKey',
  'kms:CancelKeyDeletion',
];

/**
 * What only an administrator needs. CreateGrant and RevokeGrant are left out: the console's default policy gives them
 * to key users, for the services that encrypt on their behalf.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export const administeringActions = ['kms:PutKeyPolicy', ...governingActions];
