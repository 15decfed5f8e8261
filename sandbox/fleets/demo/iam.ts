/** The demo company's organizational units and control policies, and the roles that are not like everybody's. */
import type { RoleDetail } from '@aws-sdk/client-iam';
import type { SandboxCluster, SandboxOrganization } from '../fleet.ts';
import { clusterRole } from '../iam/account-iam.ts';
import { eksClusterPolicy } from '../iam/aws-policies.ts';
import { allow, attach, inline, role, toDocument, trustAws, trustService } from '../iam/documents.ts';
import { accountIds, unitIds } from './accounts.ts';

export const organizationUnits: NonNullable<SandboxOrganization['units']> = [
  { id: unitIds.security, name: 'Security' },
  { id: unitIds.workloads, name: 'Workloads' },
  { id: unitIds.production, name: 'Production', parent: unitIds.workloads },
];

export const organizationPolicies: NonNullable<SandboxOrganization['policies']> = [
  {
    id: 'p-guardrail1',
    name: 'aws-guardrails-AbCdEf',
    type: 'SERVICE_CONTROL_POLICY',
    targets: [unitIds.security, unitIds.workloads],
    // https://docs.aws.amazon.com/controltower/latest/controlreference/mandatory-controls.html
    content: toDocument({
      Sid: 'GRLOGGROUPPOLICY',
      Effect: 'Deny',
      Action: ['cloudtrail:DeleteTrail', 'cloudtrail:StopLogging', 'cloudtrail:UpdateTrail'],
      Resource: '*',
      Condition: { ArnNotLike: { 'aws:PrincipalARN': 'arn:aws:iam::*:role/AWSControlTowerExecution' } },
    }),
  },
  {
    id: 'p-regiondeny',
    name: 'RegionDeny',
    type: 'SERVICE_CONTROL_POLICY',
    targets: [unitIds.workloads],
    content: toDocument({
      Sid: 'GRREGIONDENY',
      Effect: 'Deny',
      NotAction: ['iam:*', 'organizations:*', 'sts:*', 'support:*'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestedRegion': ['us-west-2'] } },
    }),
  },
  {
    id: 'p-keepkeys1',
    name: 'KeepKeys',
    type: 'SERVICE_CONTROL_POLICY',
    targets: [unitIds.production],
    content: toDocument({
      Sid: 'NobodyDeletesKeys',
      Effect: 'Deny',
      Action: ['kms:ScheduleKeyDeletion', 'kms:DeleteImportedKeyMaterial'],
      Resource: '*',
      Condition: { ArnNotLike: { 'aws:PrincipalARN': 'arn:aws:iam::*:role/break-glass' } },
    }),
  },
];

/** Cluster roles that a person wrote, by their cluster: what they say about the key is less than they should. */
const poorRoles: Record<string, Partial<RoleDetail>> = {
  // eksctl attaches AmazonEKSClusterPolicy and nothing about the key.
  'staging-web': { RolePolicyList: [] },
  // Written by hand before the key was given: not a word about KMS.
  'data-core': {
    AttachedManagedPolicies: [],
    RolePolicyList: [
      inline('cluster', allow(['ec2:Describe*', 'elasticloadbalancing:*', 'autoscaling:Describe*'])),
    ],
  },
  // Conditioned on an encryption context that EKS never sends.
  'data-stream': {
    AttachedManagedPolicies: attach(eksClusterPolicy),
    RolePolicyList: [
      inline('grants', allow('kms:ListGrants')),
      inline('use-key', {
        ...allow(['kms:Encrypt', 'kms:Decrypt']),
        Sid: 'OnlyThisCluster',
        Condition: { StringEquals: { 'kms:EncryptionContext:aws:eks:cluster-name': 'data-stream' } },
      }),
    ],
  },
};

const toKeyArn = (clusters: SandboxCluster[], name: string): string =>
  clusters.find((cluster) => cluster.name === name)?.encryptionConfig?.[0]?.provider?.keyArn ?? '';

/** Roles of single accounts, and the poor ones in place of those that their clusters would have. */
export const teamRoles = (clusters: SandboxCluster[]): Record<string, RoleDetail[]> => {
  const poor = clusters.flatMap((cluster) => {
    const more = poorRoles[cluster.name];
    return more === undefined ? [] : { account: cluster.arn.split(':')[4], role: clusterRole(cluster, more) };
  });
  const toPoor = (account: string) => poor.flatMap((one) => (one.account === account ? one.role : []));
  const { platformProd, platformStaging, data } = accountIds;
  const person = (account: string, name: string) =>
    role(account, name, trustAws(`arn:aws:iam::${account}:root`));
  return {
    [platformProd]: [...toPoor(platformProd), person(platformProd, 'key-admin')],
    [platformStaging]: [
      ...toPoor(platformStaging),
      person(platformStaging, 'operator'),
      role(platformStaging, 'cleanup', trustService('lambda'), {
        RolePolicyList: [
          inline('disable-untold', allow('kms:DisableKey', toKeyArn(clusters, 'staging-untold'))),
        ],
      }),
    ],
    [data]: [...toPoor(data), role(data, 'data-export', trustService('ecs-tasks'))],
  };
};
