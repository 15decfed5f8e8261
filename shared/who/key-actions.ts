/** The actions of KMS that are about one key or its store, as people may spell them. */
import { foreignActions, keyStoreActions } from '../policy/powers.ts';

/**
 * Those with a key for a resource. `kms:ReEncrypt`, `kms:CreateKey` or `kms:ListKeys` are none: a policy that allows
 * one says nothing of a key, and a "no" to a misspelt action would reassure for nothing.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
 */
const names =
  'CancelKeyDeletion CreateAlias CreateGrant Decrypt DeleteAlias DeleteImportedKeyMaterial DeriveSharedSecret DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus GetParametersForImport GetPublicKey ImportKeyMaterial ListGrants ListKeyPolicies ListKeyRotations ListResourceTags PutKeyPolicy ReEncryptFrom ReEncryptTo ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion Sign SynchronizeMultiRegionKey TagResource UntagResource UpdateAlias UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac';

const actions = new Map(
  [...names.split(' ').map((name) => `kms:${name}`), ...keyStoreActions].map((action) => [
    action.toLowerCase(),
    action,
  ]),
);

/** An action in AWS's own spelling, whatever its case; undefined where it is none on a key that this version knows. */
export const toKeyAction = (action: string): string | undefined => actions.get(action.toLowerCase());

// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
const otherForeignActions =
  /^kms:(DescribeKey|Encrypt|GenerateDataKey.*|GenerateMac|GetKeyRotationStatus|GetPublicKey|DeriveSharedSecret|ListGrants|ReEncryptTo|Sign|Verify(Mac)?)$/;

/** Whether KMS takes an action from a caller of another account at all, whatever the policies say. */
export const isForeignAction = (action: string): boolean =>
  foreignActions.has(action) || otherForeignActions.test(action);
