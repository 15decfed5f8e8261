/** An account's IAM as Control Tower, Identity Center, terraform-aws-eks and its own people leave it. */
import type { RoleDetail } from '@aws-sdk/client-iam';
import type { SandboxAccount, SandboxCluster } from '../fleet.ts';
import { toHash } from '../names.ts';
import {
  administratorAccess,
  awsPolicies,
  eksClusterPolicy,
  powerUserAccess,
  s3ReadOnlyAccess,
  serviceLinkedRoles,
  viewOnlyAccess,
} from './aws-policies.ts';
import {
  allow,
  attach,
  type IamStatement,
  inline,
  managed,
  role,
  toUniqueId,
  trustAws,
  trustService,
} from './documents.ts';

type AccountIam = NonNullable<SandboxAccount['iam']>;

/** The roles that Organizations, Control Tower, StackSets and Identity Center put into every account. */
const landingZoneRoles = (account: string, management: string): RoleDetail[] => {
  const root = `arn:aws:iam::${management}:root`;
  const stackSets = `arn:aws:iam::${management}:role/aws-service-role/stacksets.cloudformation.amazonaws.com/AWSServiceRoleForCloudFormationStackSetsOrgAdmin`;
  const administrators = { AttachedManagedPolicies: attach(administratorAccess) };
  const identityCenter: IamStatement = {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${account}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE` },
    Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession'],
    Condition: { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } },
  };
  // https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
  const permissionSet = (name: string, policy: { Arn: string }) =>
    role(
      account,
      `aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_${name}_0123456789abcdef`,
      identityCenter,
      { AttachedManagedPolicies: attach(policy) },
    );
  return [
    role(account, 'OrganizationAccountAccessRole', trustAws(root), administrators),
    role(account, 'AWSControlTowerExecution', trustAws(root), administrators),
    role(account, `stacksets-exec-${toHash(account).slice(0, 32)}`, trustAws(stackSets), administrators),
    permissionSet('AWSAdministratorAccess', administratorAccess),
    permissionSet('AWSPowerUserAccess', powerUserAccess),
    permissionSet('AWSReadOnlyAccess', viewOnlyAccess),
    ...serviceLinkedRoles.map(({ service, name, policy }) =>
      role(account, `aws-service-role/${service}.amazonaws.com/${name}`, trustService(service), {
        AttachedManagedPolicies: attach(policy),
      }),
    ),
  ];
};

// https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
const trustGitHub = (account: string, repository: string): IamStatement => ({
  Effect: 'Allow',
  Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com` },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: {
    StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
    StringLike: { 'token.actions.githubusercontent.com:sub': `repo:${repository}:ref:refs/heads/main` },
  },
});

/** A cluster's role, with the policy on its key that terraform-aws-eks writes, unless told otherwise. */
export const clusterRole = (
  { name, arn, encryptionConfig }: SandboxCluster,
  more: Partial<RoleDetail> = {},
): RoleDetail => {
  const keyArn = encryptionConfig?.[0]?.provider?.keyArn;
  const keyUse = ['kms:Encrypt', 'kms:Decrypt', 'kms:ListGrants', 'kms:DescribeKey'];
  return role(arn.split(':')[4] ?? '', `${name}-cluster`, trustService('eks', 'sts:TagSession'), {
    AttachedManagedPolicies: attach(eksClusterPolicy),
    RolePolicyList: keyArn === undefined ? [] : [inline('cluster-encryption', allow(keyUse, keyArn))],
    ...more,
  });
};

/** Everything of one account: its clusters' roles among those that any landing zone and its teams have. */
const accountIam = (
  account: string,
  management: string,
  clusters: SandboxCluster[],
  more: RoleDetail[] = [],
): AccountIam => {
  const boundary = managed(
    account,
    'developer-boundary',
    'v3',
    allow(['ec2:*', 'eks:*', 's3:*', 'cloudwatch:*']),
    allow(['kms:DescribeKey', 'kms:ListAliases']),
  );
  const operate = managed(account, 'cluster-operators', 'v1', allow(['eks:Describe*', 'eks:List*']));
  const ofTeams = [
    // Terraform in CI: the caller that terraform-aws-kms makes an administrator of each key.
    role(account, 'terraform', trustGitHub(account, 'example/infrastructure'), {
      AttachedManagedPolicies: attach(powerUserAccess),
    }),
    role(account, 'deploy', trustGitHub(account, 'example/shop'), {
      RolePolicyList: [
        inline('deploy', allow(['eks:DescribeCluster', 'ecr:PutImage', 'sts:GetCallerIdentity'])),
      ],
    }),
    role(account, 'developer', trustAws(`arn:aws:iam::${account}:root`), {
      AttachedManagedPolicies: attach(powerUserAccess),
      PermissionsBoundary: {
        PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
        PermissionsBoundaryArn: boundary.Arn,
      },
      Tags: [{ Key: 'team', Value: 'Entwicklung <Plattform & Netz>' }],
    }),
    // A workload that reads encrypted objects: of every key of the account, but through S3 alone.
    role(account, 'report-reader', trustService('pods.eks', 'sts:TagSession'), {
      AttachedManagedPolicies: attach(s3ReadOnlyAccess),
      RolePolicyList: [
        inline('read-objects', {
          ...allow('kms:Decrypt', `arn:aws:kms:*:${account}:key/*`),
          Condition: { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } },
        }),
      ],
    }),
  ];
  const own = new Set(more.map(({ RoleName }) => RoleName));
  return {
    users: [
      {
        Path: '/',
        UserName: 'legacy-backup',
        UserId: toUniqueId('AIDA', `${account} legacy-backup`),
        Arn: `arn:aws:iam::${account}:user/legacy-backup`,
        GroupList: ['operators'],
        AttachedManagedPolicies: [],
        UserPolicyList: [],
        Tags: [],
      },
    ],
    groups: [
      {
        Path: '/',
        GroupName: 'operators',
        GroupId: toUniqueId('AGPA', `${account} operators`),
        Arn: `arn:aws:iam::${account}:group/operators`,
        AttachedManagedPolicies: attach(operate),
        GroupPolicyList: [inline('keys', allow(['kms:List*', 'kms:DescribeKey']))],
      },
    ],
    roles: [
      ...landingZoneRoles(account, management),
      ...ofTeams,
      ...clusters.map((cluster) => clusterRole(cluster)).filter(({ RoleName }) => !own.has(RoleName)),
      ...more,
    ],
    policies: [boundary, operate, ...awsPolicies],
  };
};

/** Accounts with their IAM filled in from the clusters they have; `more` by account adds roles or replaces a cluster's. */
export const withIam = (
  accounts: SandboxAccount[],
  management: string,
  clusters: SandboxCluster[],
  more: Record<string, RoleDetail[]> = {},
): SandboxAccount[] =>
  accounts.map((account) => {
    const own = clusters.filter(({ arn }) => arn.split(':')[4] === account.id);
    return { ...account, iam: accountIam(account.id, management, own, more[account.id]) };
  });
