/** Key policies as the tools that make EKS keys really write them. */

export type Statement = Record<string, unknown> & { Sid?: string; Effect: 'Allow' | 'Deny' };

const toPolicy = (statements: Statement[], id?: string): string =>
  JSON.stringify({ Version: '2012-10-17', ...(id === undefined ? {} : { Id: id }), Statement: statements });

const toRoot = (account: string) => `arn:aws:iam::${account}:root`;

const rootDelegation = (account: string, sid: string): Statement => ({
  Sid: sid,
  Effect: 'Allow',
  Principal: { AWS: toRoot(account) },
  Action: 'kms:*',
  Resource: '*',
});

const useActions = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncrypt*',
  'kms:GenerateDataKey*',
  'kms:DescribeKey',
];

// https://github.com/terraform-aws-modules/terraform-aws-kms, statement KeyAdministration
const terraformAdministration = 'Create Describe Enable List Put Update Revoke Disable Get Delete'
  .split(' ')
  .map((verb) => `kms:${verb}*`);
const terraformAdministrationActions = [
  ...terraformAdministration,
  'kms:TagResource',
  'kms:UntagResource',
  'kms:ScheduleKeyDeletion',
  'kms:CancelKeyDeletion',
  'kms:ReplicateKey',
  'kms:ImportKeyMaterial',
];

/** The policy of a key made by eksctl, CloudFormation or CreateKey without one: the account alone. */
export const accountPolicy = (account: string, ...more: Statement[]): string =>
  toPolicy([rootDelegation(account, 'Enable IAM User Permissions'), ...more], 'key-default-1');

/** terraform-aws-kms with its defaults: who ran it administers, the given principals use. */
export const terraformKmsPolicy = (account: string, users: string[], ...more: Statement[]): string =>
  toPolicy([
    rootDelegation(account, 'Default'),
    {
      Sid: 'KeyAdministration',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:role/terraform` },
      Action: terraformAdministrationActions,
      Resource: '*',
    },
    ...(users.length === 0
      ? []
      : [
          {
            Sid: 'KeyUsage',
            Effect: 'Allow',
            Principal: { AWS: users },
            Action: useActions,
            Resource: '*',
          } as const,
        ]),
    ...more,
  ]);

/** terraform-aws-eks: terraform-aws-kms with the cluster's role as the only user. */
export const terraformEksPolicy = (account: string, cluster: string, ...more: Statement[]): string =>
  terraformKmsPolicy(account, [`arn:aws:iam::${account}:role/${cluster}-cluster`], ...more);

/** The four statements of the KMS console, with one administrator and one user. */
export const consolePolicy = (account: string, administrator: string, user: string): string =>
  toPolicy(
    [
      rootDelegation(account, 'Enable IAM User Permissions'),
      {
        Sid: 'Allow access for Key Administrators',
        Effect: 'Allow',
        Principal: { AWS: administrator },
        Action: [
          ...terraformAdministration,
          'kms:TagResource',
          'kms:UntagResource',
          'kms:ScheduleKeyDeletion',
          'kms:CancelKeyDeletion',
          'kms:RotateKeyOnDemand',
        ],
        Resource: '*',
      },
      {
        Sid: 'Allow use of the key',
        Effect: 'Allow',
        Principal: { AWS: user },
        Action: useActions,
        Resource: '*',
      },
      attachmentStatement('Allow attachment of persistent resources', user),
    ],
    'key-consolepolicy-3',
  );

const attachmentStatement = (sid: string, principal: string): Statement => ({
  Sid: sid,
  Effect: 'Allow',
  Principal: { AWS: principal },
  Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
  Resource: '*',
  Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
});

/** A policy without the account's root, whose administrators were re-created under other ids and names since. */
export const leftBehindPolicy = (account: string, user: string): string => {
  const path = 'aws-reserved/sso.amazonaws.com/eu-central-1';
  const former = `arn:aws:iam::${account}:role/${path}/AWSReservedSSO_AWSAdministratorAccess_fedcba9876543210`;
  return toPolicy([
    {
      Sid: 'KeyAdministration',
      Effect: 'Allow',
      Principal: { AWS: ['AROAIOSFODNN7EXAMPLE', former] },
      Action: terraformAdministrationActions,
      Resource: '*',
    },
    {
      Sid: 'KeyUsage',
      Effect: 'Allow',
      Principal: { AWS: user },
      Action: [...useActions, 'kms:ListGrants'],
      Resource: '*',
    },
  ]);
};

/** What EC2 Auto Scaling needs for encrypted volumes. https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html */
export const autoScalingStatements = (account: string): Statement[] => {
  const role = `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
  return [
    {
      Sid: 'Allow service-linked role use of the customer managed key',
      Effect: 'Allow',
      Principal: { AWS: role },
      Action: useActions,
      Resource: '*',
    },
    {
      Sid: 'Allow attachment of persistent resources',
      Effect: 'Allow',
      Principal: { AWS: role },
      Action: ['kms:CreateGrant'],
      Resource: '*',
      Condition: { Bool: { 'kms:GrantIsForAWSResource': true } },
    },
  ];
};

/** A central account's key: the cluster's account may see it and let EKS in, not decrypt. */
export const centralPolicy = (account: string, clusterAccounts: string[]): string =>
  accountPolicy(account, {
    Sid: 'AllowClusterAccounts',
    Effect: 'Allow',
    Principal: { AWS: clusterAccounts.map(toRoot) },
    Action: ['kms:DescribeKey', 'kms:ListGrants', 'kms:CreateGrant'],
    Resource: '*',
  });

/** The policy of the AWS managed key aws/eks, which nobody can change. */
export const awsManagedPolicy = (account: string, region: string): string =>
  toPolicy(
    [
      {
        Sid: 'Allow access through EKS for all principals in the account that are authorized to use EKS',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncrypt*',
          'kms:GenerateDataKey*',
          'kms:CreateGrant',
          'kms:DescribeKey',
        ],
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': `eks.${region}.amazonaws.com` },
        },
      },
      {
        Sid: 'Allow direct access to key metadata to the account',
        Effect: 'Allow',
        Principal: { AWS: toRoot(account) },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
        Resource: '*',
      },
    ],
    'auto-eks-1',
  );
