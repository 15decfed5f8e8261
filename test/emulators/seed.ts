/** Puts a fleet into an emulator over HTTP, by the same calls that make one on AWS. */
import {
  CloudTrailClient,
  CreateTrailCommand,
  PutEventSelectorsCommand,
  StartLoggingCommand,
} from '@aws-sdk/client-cloudtrail';
import { CreateClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateGrantCommand,
  CreateKeyCommand,
  EnableKeyRotationCommand,
  type GrantListEntry,
  KMSClient,
} from '@aws-sdk/client-kms';
import {
  CreateAccountCommand,
  CreateOrganizationCommand,
  OrganizationsClient,
} from '@aws-sdk/client-organizations';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity } from '@smithy/types';

export const roleName = 'keyward-member';

const caller = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'example' };

/** What a process needs in its environment to ask the emulator, as the management account unless told otherwise. */
export const toEnvironment = (endpoint: string, credentials: AwsCredentialIdentity = caller) => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_REGION: 'eu-central-1',
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** Makes an organisation with accounts of the given names, a role in each; gives their numbers. */
export const seedOrganization = async <Name extends string>(
  endpoint: string,
  names: readonly Name[],
): Promise<Record<Name, string>> => {
  const config = { endpoint, region: 'us-east-1', credentials: caller };
  const organizations = new OrganizationsClient(config);
  await organizations.send(new CreateOrganizationCommand({ FeatureSet: 'ALL' }));
  const accounts: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const { CreateAccountStatus: created } = await organizations.send(
      new CreateAccountCommand({ AccountName: name, Email: `${name}@example.com` }),
    );
    if (!created?.AccountId) throw new Error(`no account ${name} was created`);
    accounts[name] = created.AccountId;
    const credentials = await enter(endpoint, created.AccountId);
    await new IAMClient({ ...config, credentials }).send(
      new CreateRoleCommand({
        RoleName: roleName,
        AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}',
      }),
    );
  }
  return accounts as Record<Name, string>;
};

/** Credentials of an account's role. */
export const enter = async (endpoint: string, account: string) => {
  const sts = new STSClient({ endpoint, region: 'us-east-1', credentials: caller });
  const { Credentials: given } = await sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/${roleName}`, RoleSessionName: 'seed' }),
  );
  if (!given?.AccessKeyId || !given.SecretAccessKey) throw new Error(`no credentials of ${account}`);
  const { AccessKeyId, SecretAccessKey, SessionToken } = given;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
};

const clusterTrust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'eks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** What EKS asks of a key in the role's name. */
const seeKey = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: ['kms:DescribeKey', 'kms:ListGrants'], Resource: '*' }],
});

export interface KeyToSeed {
  policy: string;
  grants: GrantListEntry[];
  rotates?: boolean;
  isMultiRegion?: boolean;
}

export interface TrailToSeed {
  isMultiRegion?: boolean;
  /** Services whose events it does not keep. */
  leavesOut?: string[];
}

/** Ways to put clusters, keys and trails into one account and Region. */
export const openSite = (
  endpoint: string,
  account: string,
  region: string,
  credentials: AwsCredentialIdentity,
) => {
  const config = { endpoint, region, credentials };
  const kms = new KMSClient(config);
  const eks = new EKSClient(config);
  const iam = new IAMClient(config);
  return {
    account,
    region,
    kms,
    /** Of this Region alone, unless told otherwise. */
    addTrail: async (name: string, { isMultiRegion = false, leavesOut = [] }: TrailToSeed = {}) => {
      const bucket = `example-${account}-${region}-${name}`;
      // A trail's bucket lies anywhere; there no place need be told.
      const s3 = new S3Client({ ...config, region: 'us-east-1', forcePathStyle: true });
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      const cloudtrail = new CloudTrailClient(config);
      await cloudtrail.send(
        new CreateTrailCommand({
          Name: name,
          S3BucketName: bucket,
          IsMultiRegionTrail: isMultiRegion,
          EnableLogFileValidation: true,
        }),
      );
      await cloudtrail.send(
        new PutEventSelectorsCommand({
          TrailName: name,
          EventSelectors: [
            {
              ReadWriteType: 'All',
              IncludeManagementEvents: true,
              ExcludeManagementEventSources: leavesOut,
            },
          ],
        }),
      );
      await cloudtrail.send(new StartLoggingCommand({ Name: name }));
    },
    addKey: async ({ policy, grants, rotates = true, isMultiRegion = false }: KeyToSeed) => {
      const { KeyMetadata: made } = await kms.send(
        new CreateKeyCommand({ Policy: policy, MultiRegion: isMultiRegion }),
      );
      if (!made?.Arn || !made.KeyId) throw new Error('no key was created');
      const { Arn: arn, KeyId } = made;
      if (rotates) await kms.send(new EnableKeyRotationCommand({ KeyId }));
      for (const { Name, GranteePrincipal, RetiringPrincipal, Operations, Constraints } of grants)
        await kms.send(
          new CreateGrantCommand({
            KeyId,
            Name,
            GranteePrincipal,
            RetiringPrincipal,
            Operations,
            Constraints,
          }),
        );
      return { arn, id: KeyId };
    },
    addCluster: async (
      name: string,
      { keyArn, audits = true }: { keyArn?: string; audits?: boolean } = {},
    ) => {
      await iam.send(
        new CreateRoleCommand({ RoleName: `${name}-cluster`, AssumeRolePolicyDocument: clusterTrust }),
      );
      await iam.send(
        new PutRolePolicyCommand({
          RoleName: `${name}-cluster`,
          PolicyName: 'see-key',
          PolicyDocument: seeKey,
        }),
      );
      await eks.send(
        new CreateClusterCommand({
          name,
          version: '1.33',
          roleArn: `arn:aws:iam::${account}:role/${name}-cluster`,
          resourcesVpcConfig: {},
          logging: { clusterLogging: [{ types: ['audit'], enabled: audits }] },
          ...(keyArn === undefined
            ? {}
            : { encryptionConfig: [{ resources: ['secrets'], provider: { keyArn } }] }),
        }),
      );
    },
  };
};
export type Site = ReturnType<typeof openSite>;
