/** AWS Backup: what it holds of the clusters of one account and Region. https://docs.aws.amazon.com/aws-backup/latest/devguide/api-reference.html */
import {
  DescribeBackupVault$,
  type DescribeBackupVaultInput,
  type DescribeBackupVaultOutput,
  GetBackupVaultAccessPolicy$,
  type GetBackupVaultAccessPolicyInput,
  type GetBackupVaultAccessPolicyOutput,
  ListCopyJobs$,
  type ListCopyJobsInput,
  type ListCopyJobsOutput,
  ListRecoveryPointsByResource$,
  type ListRecoveryPointsByResourceInput,
  type ListRecoveryPointsByResourceOutput,
} from '@aws-sdk/client-backup';
import { AwsError } from '../aws-error.ts';
import type { SandboxBackups, SandboxVault } from '../fleets/fleet.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { restJson } from '../wire/rest-json.ts';
import { parseArn } from '../world.ts';

const refuse = () =>
  new AwsError('InvalidParameterValueException', 'MaxResults or NextToken is not valid.', 400);

const toPageOf = <Item>(
  items: Item[],
  { MaxResults, NextToken }: { MaxResults?: number; NextToken?: string },
) => toPage(items, toPageSize(MaxResults, 1000, 1000, refuse), NextToken, refuse);

const findBackups = (arn: string | undefined, { caller, region, world }: Call): SandboxBackups => {
  const cluster = [...world.at(caller.account, region).clusters.values()].find((one) => one.arn === arn);
  return cluster?.backups ?? { vaults: [], points: [], copyJobs: [] };
};

const listRecoveryPoints = (
  input: ListRecoveryPointsByResourceInput,
  call: Call,
): ListRecoveryPointsByResourceOutput => {
  const page = toPageOf(findBackups(input.ResourceArn, call).points, input);
  return { RecoveryPoints: page.items, NextToken: page.next };
};

const listCopyJobs = (input: ListCopyJobsInput, call: Call): ListCopyJobsOutput => {
  if (input.ByResourceArn === undefined)
    throw new AwsError('InvalidParameterValueException', 'The sandbox lists copies by resource only.', 400);
  const { copyJobs } = findBackups(input.ByResourceArn, call);
  const page = toPageOf(
    copyJobs.filter(({ State }) => input.ByState === undefined || State === input.ByState),
    input,
  );
  return { CopyJobs: page.items, NextToken: page.next };
};

const findVault = (name: string | undefined, { caller, region, world }: Call): SandboxVault => {
  const vaults = world.fleet.clusters.flatMap(({ backups }) => backups?.vaults ?? []);
  const vault = vaults.find(({ BackupVaultName, BackupVaultArn }) => {
    const place = parseArn(BackupVaultArn);
    return BackupVaultName === name && place?.account === caller.account && place.region === region;
  });
  if (vault === undefined)
    // https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DescribeBackupVault.html: it may be refused, too.
    throw new AwsError('ResourceNotFoundException', `Backup vault ${name} does not exist.`, 400);
  return vault;
};

const describeVault = (
  { BackupVaultName }: DescribeBackupVaultInput,
  call: Call,
): DescribeBackupVaultOutput => {
  const { policy: _, ...vault } = findVault(BackupVaultName, call);
  return vault;
};

const getPolicy = (
  { BackupVaultName }: GetBackupVaultAccessPolicyInput,
  call: Call,
): GetBackupVaultAccessPolicyOutput => {
  const { BackupVaultArn, policy } = findVault(BackupVaultName, call);
  if (policy === undefined)
    throw new AwsError('ResourceNotFoundException', `Backup vault ${BackupVaultName} has no policy.`, 400);
  return { BackupVaultName, BackupVaultArn, Policy: JSON.stringify(policy) };
};

export const backup: Service = {
  name: 'backup',
  namespace: 'com.amazonaws.backup',
  protocol: restJson,
  codes: { serverError: { code: 'ServiceUnavailableException', status: 500 } },
  operations: [
    { schema: ListRecoveryPointsByResource$, answer: listRecoveryPoints },
    { schema: ListCopyJobs$, answer: listCopyJobs },
    { schema: DescribeBackupVault$, answer: describeVault },
    { schema: GetBackupVaultAccessPolicy$, answer: getPolicy },
  ],
};
