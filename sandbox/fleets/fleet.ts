/** A fleet as data: accounts, clusters and keys in AWS's own shapes, and what goes wrong when they are asked. */
import type { AnalyzerStatus, FindingSummary, Type } from '@aws-sdk/client-accessanalyzer';
import type { CopyJob, DescribeBackupVaultOutput, RecoveryPointByResource } from '@aws-sdk/client-backup';
import type {
  AdvancedEventSelector,
  EventSelector,
  GetTrailStatusResponse,
  Trail,
} from '@aws-sdk/client-cloudtrail';
import type {
  AccessEntry,
  AssociatedAccessPolicy,
  Cluster,
  PodIdentityAssociation,
} from '@aws-sdk/client-eks';
import type { GroupDetail, ManagedPolicyDetail, RoleDetail, UserDetail } from '@aws-sdk/client-iam';
import type {
  GetKeyRotationStatusResponse,
  GrantListEntry,
  KeyLastUsageData,
  KeyMetadata,
  RotationsListEntry,
} from '@aws-sdk/client-kms';
import type { AccountState, PolicyType } from '@aws-sdk/client-organizations';
import type { ServerSideEncryptionByDefault } from '@aws-sdk/client-s3';
import type { Fault } from '../faults.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { AuditLine } from './audit/lines.ts';

export type Credential = {
  accessKeyId: string;
  secretAccessKey: string;
  account: string;
  /** The identity that GetCallerIdentity tells. */
  arn: string;
  isExpired?: boolean;
};

export type SandboxRole = {
  name: string;
  /** Accounts whose principals may assume it. */
  trustedAccounts: string[];
  externalId?: string;
};

export type SandboxAccount = {
  id: string;
  name: string;
  state?: AccountState;
  alias?: string;
  /** Not of the organisation: ListAccounts doesn't tell of it. */
  isOutside?: boolean;
  /** The Regions that are enabled. */
  regions: string[];
  roles: SandboxRole[];
  /** The Regions that have Security Hub enabled; all, where nothing is said. */
  securityHub?: string[];
  /** The organizational unit that it is in; else the root. */
  unit?: string;
  /** What GetAccountAuthorizationDetails tells beyond the roles above; documents are plain JSON here. */
  iam?: {
    users?: UserDetail[];
    groups?: GroupDetail[];
    roles?: RoleDetail[];
    policies?: ManagedPolicyDetail[];
  };
};

export type SandboxKey = {
  metadata: KeyMetadata & { Arn: string; KeyId: string; AWSAccountId: string };
  policy: string;
  grants: GrantListEntry[];
  rotation: Omit<GetKeyRotationStatusResponse, 'KeyId'>;
  rotations: RotationsListEntry[];
  /** Names with their `alias/`. */
  aliases: string[];
  /** The accounts whose callers the key policy lets in. The sandbox evaluates no policies. */
  crossAccount: string[];
  lastUsage?: KeyLastUsageData;
  /** Of an asymmetric key, as DER. */
  publicKey?: Uint8Array;
};

export type SandboxOrganization = {
  id: string;
  managementAccount: string;
  delegatedAdministrators?: string[];
  /** ListAccounts gives an empty page with a NextToken before each page that holds something. */
  hasEmptyPages?: boolean;
  /** Without a parent a unit stands below the root. */
  units?: { id: string; name: string; parent?: string }[];
  /** Types that are not switched on: nothing of them is attached anywhere. */
  offTypes?: PolicyType[];
  /** Beside FullAWSAccess and RCPFullAWSAccess, which are attached everywhere. */
  policies?: { id: string; name: string; type: PolicyType; content: string; targets: string[] }[];
};

export type SandboxAccessEntry = AccessEntry & { principalArn: string; policies: AssociatedAccessPolicy[] };

export type SandboxVault = DescribeBackupVaultOutput & {
  BackupVaultName: string;
  BackupVaultArn: string;
  /** Its access policy, as plain JSON. */
  policy?: object;
};

/** What AWS Backup holds of one cluster. */
export type SandboxBackups = {
  vaults: SandboxVault[];
  points: RecoveryPointByResource[];
  copyJobs: CopyJob[];
};

/** The log group of a cluster. */
export type SandboxLogGroup = {
  /** The lines that were written in a time, in milliseconds, without its end: the same ones whatever time is asked for, in any order. */
  between(from: number, to: number): AuditLine[];
  /** What DescribeLogGroups tells. */
  storedBytes?: number;
  retentionInDays?: number;
};

export type SandboxCluster = Cluster & {
  arn: string;
  name: string;
  accessEntries?: SandboxAccessEntry[];
  podIdentityAssociations?: (PodIdentityAssociation & { associationId: string })[];
  backups?: SandboxBackups;
  /** Its audit log in CloudWatch Logs; without one there is no log group. */
  logGroup?: SandboxLogGroup;
  /** What its API server tells; of a cluster without, what EKS puts into a new one. */
  inside?: KubernetesObject[];
};

export type SandboxAnalyzer = {
  /** Tells the account and Region. */
  arn: string;
  type?: Type;
  status?: AnalyzerStatus;
  findings: FindingSummary[];
};

/** One record of CloudTrail. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
export type CloudTrailRecord = {
  eventID: string;
  /** ISO 8601, whole seconds. */
  eventTime: string;
  eventSource: string;
  eventName: string;
  awsRegion: string;
  recipientAccountId: string;
  userIdentity: {
    type?: string;
    userName?: string;
    accessKeyId?: string;
    arn?: string;
    sessionContext?: { sessionIssuer?: { userName?: string } };
    [member: string]: unknown;
  };
  readOnly: boolean;
  errorCode?: string;
  resources?: { accountId?: string; type?: string; ARN: string }[];
  [member: string]: unknown;
};

/** Something that goes on in one account and Region: its events are made when they are asked for. */
export type EventStream = {
  account: string;
  region: string;
  /** Every name that its events may have. */
  names: string[];
  /** The one key that its events are about. */
  keyArn?: string;
  /** The events of a time, in milliseconds, without its end: the same ones whatever time is asked for, in any order. */
  between(from: number, to: number): CloudTrailRecord[];
};

/** A trail as its own account and home Region know it. */
export type SandboxTrail = Trail & {
  Name: string;
  TrailARN: string;
  HomeRegion: string;
  S3BucketName: string;
  status: GetTrailStatusResponse;
  selectors: { EventSelectors?: EventSelector[]; AdvancedEventSelectors?: AdvancedEventSelector[] };
  /** The accounts that an organisation's trail reaches; all that are in the organisation, where nothing is said. */
  reaches?: string[];
};

/** What has happened up to a moment: CloudTrail's event history, and the log files of the trails. */
type FleetHistory = { until: Date; streams: EventStream[] };

export type Fleet = {
  organization?: SandboxOrganization;
  accounts: SandboxAccount[];
  credentials: Credential[];
  clusters: SandboxCluster[];
  keys: SandboxKey[];
  /** Of IAM Access Analyzer. */
  analyzers?: SandboxAnalyzer[];
  trails?: SandboxTrail[];
  history?: FleetHistory;
  /** By the name of a bucket; others encrypt as S3 itself does. */
  bucketEncryption?: Record<string, ServerSideEncryptionByDefault>;
  faults?: Fault[];
};
