/** Key policies as AWS's own pages and the common tools write them, none of which lets anybody from outside in. */
import { account, keyArn } from './cases.ts';

export const organizationId = 'o-exampleorgid';
export const outside = '444455556666';

export const toRoot = (id: string) => `arn:aws:iam::${id}:root`;
export const toRole = (name: string, id = account) => `arn:aws:iam::${id}:role/${name}`;
export const toPolicy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
export const allow = (Principal: unknown, more: object = {}) => ({
  Effect: 'Allow',
  Principal,
  Action: 'kms:Decrypt',
  Resource: '*',
  ...more,
});
export const deny = (more: object) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: 'kms:*',
  Resource: '*',
  ...more,
});
export const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
});

export const delegation = allow(
  { AWS: toRoot(account) },
  { Sid: 'Enable IAM User Permissions', Action: 'kms:*' },
);
const useActions = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncrypt*',
  'kms:GenerateDataKey*',
  'kms:DescribeKey',
];
const administerActions = [
  ...'Create Describe Enable List Put Update Revoke Disable Get Delete'
    .split(' ')
    .map((verb) => `kms:${verb}*`),
  'kms:TagResource',
  'kms:UntagResource',
  'kms:ScheduleKeyDeletion',
  'kms:CancelKeyDeletion',
];
const attachment = (principal: string) =>
  allow(
    { AWS: principal },
    {
      Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
      ...when('Bool', 'kms:GrantIsForAWSResource', 'true'),
    },
  );
const serviceLinked = (service: string, name: string, id = account) =>
  `arn:aws:iam::${id}:role/aws-service-role/${service}/${name}`;
const autoScaling = serviceLinked('autoscaling.amazonaws.com', 'AWSServiceRoleForAutoScaling');
const trail = `arn:aws:cloudtrail:eu-west-1:${account}:trail/management`;

export const ordinaryPolicies: [string, object][] = [
  ['eksctl and CreateKey', toPolicy(delegation)],
  [
    'the console',
    toPolicy(
      delegation,
      allow({ AWS: toRole('admin') }, { Action: [...administerActions, 'kms:RotateKeyOnDemand'] }),
      allow({ AWS: toRole('user') }, { Action: useActions }),
      attachment(toRole('user')),
    ),
  ],
  [
    'terraform-aws-kms and terraform-aws-eks',
    toPolicy(
      { ...delegation, Sid: 'Default' },
      allow(
        { AWS: toRole('terraform') },
        {
          Sid: 'KeyAdministration',
          Action: [...administerActions, 'kms:ReplicateKey', 'kms:ImportKeyMaterial'],
        },
      ),
      allow({ AWS: toRole('shop-cluster') }, { Sid: 'KeyUsage', Action: useActions }),
    ),
  ],
  [
    'an AWS managed key',
    toPolicy(
      allow(
        { AWS: '*' },
        {
          Action: [...useActions, 'kms:CreateGrant'],
          Condition: {
            StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': 'eks.eu-west-1.amazonaws.com' },
          },
        },
      ),
      allow(
        { AWS: toRoot(account) },
        { Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'] },
      ),
    ),
  ],
  [
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    'CloudWatch Logs',
    toPolicy(
      delegation,
      allow(
        { Service: 'logs.eu-west-1.amazonaws.com' },
        {
          Action: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
          ...when(
            'ArnLike',
            'kms:EncryptionContext:aws:logs:arn',
            `arn:aws:logs:eu-west-1:${account}:log-group:*`,
          ),
        },
      ),
    ),
  ],
  [
    // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    'CloudTrail',
    toPolicy(
      delegation,
      allow(
        { Service: 'cloudtrail.amazonaws.com' },
        {
          Action: 'kms:GenerateDataKey*',
          Condition: {
            StringEquals: { 'aws:SourceArn': trail },
            StringLike: {
              'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${account}:trail/*`,
            },
          },
        },
      ),
      allow({ Service: 'cloudtrail.amazonaws.com' }, { Action: 'kms:DescribeKey' }),
      allow(
        { AWS: '*' },
        {
          Action: ['kms:Decrypt', 'kms:ReEncryptFrom'],
          Condition: {
            StringEquals: { 'kms:CallerAccount': account },
            StringLike: {
              'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${account}:trail/*`,
            },
          },
        },
      ),
      allow(
        { AWS: '*' },
        {
          Action: 'kms:CreateAlias',
          ...when('StringEquals', 'kms:CallerAccount', account),
        },
      ),
    ),
  ],
  [
    'S3 and SNS, bound to the account',
    toPolicy(
      delegation,
      allow(
        { Service: ['s3.amazonaws.com', 'sns.amazonaws.com'] },
        {
          Action: ['kms:GenerateDataKey*', 'kms:Decrypt'],
          ...when('StringEquals', 'aws:SourceAccount', account),
        },
      ),
    ),
  ],
  [
    // https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
    'EC2 Auto Scaling',
    toPolicy(delegation, allow({ AWS: autoScaling }, { Action: useActions }), attachment(autoScaling)),
  ],
  [
    'a central key account, by organisation',
    toPolicy(
      delegation,
      allow('*', {
        Action: [...useActions, 'kms:CreateGrant'],
        ...when('StringEquals', 'aws:PrincipalOrgID', organizationId),
      }),
      allow(
        { AWS: '*' },
        {
          Action: useActions,
          ...when('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', `${organizationId}/r-ab12/*`),
        },
      ),
    ),
  ],
  [
    'an open statement that a Deny holds to the organisation',
    toPolicy(
      delegation,
      allow('*', { Action: 'kms:*', Resource: keyArn }),
      deny({
        Condition: {
          StringNotEqualsIfExists: { 'aws:PrincipalOrgID': organizationId },
          BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
        },
      }),
      deny({
        Condition: {
          StringNotEquals: { 'aws:SourceOrgID': organizationId },
          Bool: { 'aws:PrincipalIsAWSService': 'true' },
        },
      }),
    ),
  ],
];
