/** AWS managed policies, abridged to what tells them apart. https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ */
import { allow, managed } from './documents.ts';

export const administratorAccess = managed('aws', 'AdministratorAccess', 'v1', allow('*'));

export const powerUserAccess = managed(
  'aws',
  'PowerUserAccess',
  'v6',
  { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
  allow(['account:GetAccountInformation', 'iam:CreateServiceLinkedRole', 'iam:ListRoles']),
);

export const viewOnlyAccess = managed(
  'aws',
  'job-function/ViewOnlyAccess',
  'v24',
  allow([
    'ec2:DescribeInstances',
    'eks:ListClusters',
    'kms:ListAliases',
    'kms:ListKeys',
    's3:ListAllMyBuckets',
  ]),
);

/** Since v9 (2026-02-11) it gives DescribeKey, and nothing else of KMS. */
export const eksClusterPolicy = managed(
  'aws',
  'AmazonEKSClusterPolicy',
  'v9',
  {
    ...allow([
      'autoscaling:DescribeAutoScalingGroups',
      'ec2:AuthorizeSecurityGroupIngress',
      'ec2:CreateSecurityGroup',
      'ec2:CreateTags',
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceTopology',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
      'elasticloadbalancing:CreateLoadBalancer',
      'elasticloadbalancing:DescribeLoadBalancers',
      'kms:DescribeKey',
    ]),
    Sid: 'AmazonEKSClusterPolicy',
  },
  {
    ...allow('iam:CreateServiceLinkedRole'),
    Condition: { StringEquals: { 'iam:AWSServiceName': 'elasticloadbalancing.amazonaws.com' } },
  },
);

const eksServiceRole = managed(
  'aws',
  'aws-service-role/AmazonEKSServiceRolePolicy',
  'v12',
  allow(['ec2:CreateNetworkInterface', 'ec2:DescribeVpcs', 'iam:ListAttachedRolePolicies']),
);

const autoScalingServiceRole = managed(
  'aws',
  'aws-service-role/AutoScalingServiceRolePolicy',
  'v9',
  allow(['ec2:RunInstances', 'ec2:TerminateInstances', 'ec2:DescribeInstances']),
);

const organizationsServiceRole = managed(
  'aws',
  'aws-service-role/AWSOrganizationsServiceTrustPolicy',
  'v2',
  allow('iam:CreateServiceLinkedRole', 'arn:aws:iam::*:role/aws-service-role/*'),
);

export const s3ReadOnlyAccess = managed(
  'aws',
  'AmazonS3ReadOnlyAccess',
  'v3',
  allow(['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*']),
);

/** The roles that services make for themselves, by their service and name. */
export const serviceLinkedRoles = [
  { service: 'eks', name: 'AWSServiceRoleForAmazonEKS', policy: eksServiceRole },
  { service: 'autoscaling', name: 'AWSServiceRoleForAutoScaling', policy: autoScalingServiceRole },
  { service: 'organizations', name: 'AWSServiceRoleForOrganizations', policy: organizationsServiceRole },
];

/** What IAM lists of AWS's own; the last one is attached to nobody. */
export const awsPolicies = [
  administratorAccess,
  powerUserAccess,
  viewOnlyAccess,
  eksClusterPolicy,
  s3ReadOnlyAccess,
  ...serviceLinkedRoles.map(({ policy }) => policy),
  managed(
    'aws',
    'AWSKeyManagementServicePowerUser',
    'v4',
    allow(['kms:CreateAlias', 'kms:CreateKey', 'kms:List*']),
  ),
];
