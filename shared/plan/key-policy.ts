/** The key policy that a cluster needs, and no more. */
import { parseArn } from '../evidence/arn.ts';
import type { KeyMetadata } from '../evidence/key.ts';
import type { Proposal } from './document.ts';

type KeyPolicyDocument = Proposal['document'];

interface Needs {
  keyArn: string;
  metadata: Pick<KeyMetadata, 'Origin' | 'MultiRegion'>;
  /** The cluster's role; undefined where EKS names none that exists: KMS refuses a policy that names nobody. */
  role: string | undefined;
  /** Accounts of other clusters on the key, whose roles look at it too: their policies say which. */
  neighbours: string[];
  /** Who gives EKS its grant, once: the caller of AssociateEncryptionConfig. Undefined where it is there already. */
  granting: string | undefined;
}

/**
 * What administering a key takes, without a way to use it. Spelt by verb, as the console does, but for `Create*`,
 * which would take in CreateGrant. https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
const administration = [
  'kms:CreateAlias',
  'kms:Describe*',
  'kms:Enable*',
  'kms:List*',
  'kms:Put*',
  'kms:Update*',
  'kms:RevokeGrant',
  'kms:Disable*',
  'kms:Get*',
  'kms:Delete*',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:ScheduleKeyDeletion',
  'kms:CancelKeyDeletion',
  'kms:RotateKeyOnDemand',
];

/** The only statement that names who may create a grant: to be taken out again once EKS has its own. */
export const grantStatement = 'LetEksBeGranted';

/**
 * EKS's grant as it is seen on real keys; AWS documents no shape. A condition on kms:GrantIsForAWSResource alone is
 * not supported: https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html
 */
export const eksGrantOperations = ['Decrypt', 'Encrypt'];
export const eksGrantConstraint = 'EncryptionContextEquals';

/**
 * Takes what a cluster needs of its key; gives the policy. The key's account administers by IAM, so that no
 * re-created principal locks it out, but gives nobody use of the key by IAM. EKS decrypts by its grant, for which no
 * statement is needed.
 */
export const toKeyPolicy = ({ keyArn, metadata, role, neighbours, granting }: Needs): KeyPolicyDocument => {
  const { partition = '', account = '' } = parseArn(keyArn) ?? {};
  const actions = [
    ...administration,
    ...(metadata.Origin === 'EXTERNAL' ? ['kms:ImportKeyMaterial'] : []),
    ...(metadata.MultiRegion ? ['kms:ReplicateKey'] : []),
  ];
  const toRoot = (id: string) => `arn:${partition}:iam::${id}:root`;
  const looking = [...new Set([role, granting, ...neighbours.map(toRoot)])].filter(
    (principal) => principal !== undefined,
  );
  const toAllow = (Sid: string, principals: string[], Action: string[], more: object = {}) => ({
    Sid,
    Effect: 'Allow',
    Principal: { AWS: principals.length === 1 ? principals[0] : principals },
    Action,
    Resource: '*',
    ...more,
  });
  return {
    Version: '2012-10-17',
    Statement: [
      toAllow('AdministerByIam', [toRoot(account)], actions),
      ...(looking.length > 0
        ? [toAllow('LetClusterLook', looking, ['kms:DescribeKey', 'kms:ListGrants'])]
        : []),
      ...(granting === undefined
        ? []
        : [
            toAllow(grantStatement, [granting], ['kms:CreateGrant'], {
              Condition: {
                StringEquals: { 'kms:GrantConstraintType': eksGrantConstraint },
                'ForAllValues:StringEquals': { 'kms:GrantOperations': eksGrantOperations },
                Null: { 'kms:GrantOperations': 'false' },
              },
            }),
          ]),
    ],
  };
};
