/** The deployed service, as an operator reaches it: its stack, its state machine, its bucket, who is told. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type Capability,
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackResourceCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  waitUntilStackCreateComplete,
  waitUntilStackUpdateComplete,
} from '@aws-sdk/client-cloudformation';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetRoleCommand, IAMClient, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { type AwsSecurityFinding, paginateGetFindings, SecurityHubClient } from '@aws-sdk/client-securityhub';
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { toEnvironment } from './seed.ts';

const root = resolve(import.meta.dirname, '../..');
const memberRoleName = 'KeywardMember';
const externalId = 'emulated';

const outputs = z.object({
  NightlyScanStateMachineArn: z.string(),
  RunsBucketName: z.string(),
  AlertsTopicArn: z.string(),
  MemberRoleName: z.literal(memberRoleName),
  SigningKeyArn: z.string(),
});

const region = 'eu-central-1';
const StackName = 'keyward-prod';

/** ministack takes an account's number for the access key of its root. */
export const toRoot = (account: string) => ({ accessKeyId: account, secretAccessKey: 'test' });

export const toConfig = (endpoint: string, account: string) => ({
  endpoint,
  region,
  credentials: toRoot(account),
});

/** Deploys a template of infra/ as a member account's administrator would. */
export const deployTemplate = async (
  endpoint: string,
  account: string,
  name: string,
  parameters: Record<string, string>,
): Promise<void> => {
  const client = new CloudFormationClient(toConfig(endpoint, account));
  const stack = { StackName: `keyward-${name}` };
  await client.send(
    new CreateStackCommand({
      ...stack,
      TemplateBody: readFileSync(resolve(root, `infra/${name}.yml`), 'utf8'),
      Capabilities: ['CAPABILITY_NAMED_IAM'],
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    }),
  );
  await waitUntilStackCreateComplete({ client, maxWaitTime: 30, minDelay: 1 }, stack);
};

/** Gives a member account its role; with another external id that lets nobody in. */
export const deployMember = async (
  endpoint: string,
  hub: string,
  account: string,
  itsExternalId = externalId,
): Promise<void> => {
  await deployTemplate(endpoint, account, 'member-role', {
    HubAccountId: hub,
    MemberRoleName: memberRoleName,
    ExternalId: itsExternalId,
  });
  await nameSessions(new IAMClient(toConfig(endpoint, account)), hub);
};

/** In ministack aws:PrincipalArn is the session's ARN; on AWS, and in the template, it is that of its role. */
const nameSessions = async (client: IAMClient, hub: string): Promise<void> => {
  const { Role } = await client.send(new GetRoleCommand({ RoleName: memberRoleName }));
  const PolicyDocument = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '').replace(
    `arn:aws:iam::${hub}:role/keyward/*`,
    `arn:aws:sts::${hub}:assumed-role/keyward-prod-*`,
  );
  await client.send(new UpdateAssumeRolePolicyCommand({ RoleName: memberRoleName, PolicyDocument }));
};

/** The same of the signing key's policy, which the stack writes once. */
const nameSigner = async (config: ReturnType<typeof toConfig>, hub: string, KeyId: string): Promise<void> => {
  const client = new KMSClient(config);
  const { Policy = '' } = await client.send(new GetKeyPolicyCommand({ KeyId }));
  const role = 'keyward-prod-SummariseRunRole-*';
  const named = Policy.replace(`iam::${hub}:role/keyward/${role}`, `sts::${hub}:assumed-role/${role}`);
  if (!named.includes(`:assumed-role/${role}`)) throw new Error('no role of that name may sign');
  await client.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy: named }));
};

/** Packages and deploys the stack with osls; gives ways to what came of it. */
export const deployService = async (endpoint: string, hub: string, asked: Record<string, string>) => {
  const parameters = { memberRoleName, externalId, ...asked };
  const words = Object.entries(parameters).map(([name, value]) => `--param=${name}=${value}`);
  const { status, stdout, stderr } = spawnSync('osls', ['deploy', ...words], {
    cwd: root,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
      ...toEnvironment(endpoint, toRoot(hub)),
    },
  });
  if (status !== 0) throw new Error(`osls deploy ended with ${status}: ${stdout}${stderr}`);
  const config = toConfig(endpoint, hub);
  const cloudFormation = new CloudFormationClient(config);
  const { Stacks: [stack] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
  const told = stack?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]) ?? [];
  const { NightlyScanStateMachineArn, RunsBucketName, AlertsTopicArn, SigningKeyArn } = outputs.parse(
    Object.fromEntries(told),
  );
  await nameSigner(config, hub, SigningKeyArn);
  return {
    zips: globSync('.serverless/*.zip', { cwd: root }).map((zip) => ({
      name: basename(zip, '.zip'),
      bytes: statSync(resolve(root, zip)).size,
    })),
    /** The stack with some of its parameters changed, as an operator changes them. */
    change: async (changed: Record<string, string>) => {
      const { Stacks: [before] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
      const Parameters = (before?.Parameters ?? []).map(({ ParameterKey = '' }) =>
        ParameterKey in changed
          ? { ParameterKey, ParameterValue: changed[ParameterKey] }
          : { ParameterKey, UsePreviousValue: true },
      );
      const Capabilities: Capability[] = ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM'];
      await cloudFormation.send(
        new UpdateStackCommand({ StackName, UsePreviousTemplate: true, Capabilities, Parameters }),
      );
      await waitUntilStackUpdateComplete(
        { client: cloudFormation, maxWaitTime: 60, minDelay: 1 },
        { StackName },
      );
    },
    /** What a resource of the stack is called. */
    getName: async (LogicalResourceId: string): Promise<string> => {
      const { StackResourceDetail } = await cloudFormation.send(
        new DescribeStackResourceCommand({ StackName, LogicalResourceId }),
      );
      return StackResourceDetail?.PhysicalResourceId ?? '';
    },
    signingKeyArn: SigningKeyArn,
    parameters: new SSMClient(config),
    events: new EventBridgeClient(config),
    ...openMachine(new SFNClient(config), NightlyScanStateMachineArn),
    routeChange: openRouter(new LambdaClient(config)),
    bucket: openBucket(new S3Client(config), RunsBucketName),
    readMessages: await subscribe(config, AlertsTopicArn),
  };
};

const openMachine = (client: SFNClient, stateMachineArn: string) => {
  const waitForEnd = async (executionArn: string | undefined) => {
    for (;;) {
      const { status, cause } = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (status !== 'RUNNING') return { status, cause };
      await wait(200);
    }
  };
  return {
    /** Runs the state machine to its end; gives the status that it ended with, and why where it failed. */
    run: async (input: object) => {
      const asked = { stateMachineArn, input: JSON.stringify(input) };
      return waitForEnd((await client.send(new StartExecutionCommand(asked))).executionArn);
    },
    /** Waits for an execution of such an input to end; gives its status. */
    waitForInput: async (isAsked: (input: unknown) => boolean) => {
      for (;;) {
        const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
        for (const { executionArn } of executions) {
          const { input = '{}' } = await client.send(new DescribeExecutionCommand({ executionArn }));
          if (isAsked(JSON.parse(input))) return waitForEnd(executionArn);
        }
        await wait(500);
      }
    },
    /** Waits for the executions that changes have started; gives their names. */
    waitForChanges: async (): Promise<string[]> => {
      for (;;) {
        const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn }));
        const changes = executions.filter(({ name }) => name?.startsWith('change-'));
        for (const { executionArn } of changes) await waitForEnd(executionArn);
        if (changes.length > 0) return changes.flatMap(({ name }) => name ?? []);
        await wait(200);
      }
    },
  };
};

/** Calls the function that changes are routed to, as the rule on the bus does: nobody else may put events of AWS. */
const openRouter = (client: LambdaClient) => async (event: object) => {
  const { FunctionError } = await client.send(
    new InvokeCommand({ FunctionName: 'keyward-prod-routeChange', Payload: JSON.stringify(event) }),
  );
  if (FunctionError) throw new Error(FunctionError);
};

const openBucket = (client: S3Client, Bucket: string) => ({
  name: Bucket,
  list: async (Prefix: string): Promise<string[]> => {
    const pages = await Array.fromAsync(paginateListObjectsV2({ client }, { Bucket, Prefix }));
    return pages.flatMap(({ Contents = [] }) => Contents.flatMap(({ Key }) => Key ?? []));
  },
  write: (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body })),
  read: async (Key: string): Promise<unknown> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return JSON.parse((await Body?.transformToString()) ?? '');
  },
  readPage: async (Key: string): Promise<{ type: string | undefined; page: string }> => {
    const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket, Key }));
    return { type: ContentType, page: (await Body?.transformToString()) ?? '' };
  },
  location: `s3://${Bucket}/`,
});

const message = z.object({
  Subject: z.string(),
  Message: z.string(),
  /** A message of a rule has none. */
  MessageAttributes: z.record(z.string(), z.object({ Value: z.string() })).default({}),
});
type Message = z.infer<typeof message>;

/** Subscribes a queue to the topic; gives a way to take out what has arrived. */
const subscribe = async (config: ReturnType<typeof toConfig>, TopicArn: string) => {
  const sqs = new SQSClient(config);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'readers' }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const subscription = { TopicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn };
  const policy = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: Attributes?.QueueArn,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [policy] });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await new SNSClient(config).send(new SubscribeCommand(subscription));
  return async (): Promise<Message[]> => {
    const all: Message[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return all;
      for (const { Body = '', ReceiptHandle } of Messages) {
        all.push(message.parse(JSON.parse(Body)));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  };
};

/** What the command line says as an auditor of the hub runs it; its answer is JSON. */
export const keyward = (endpoint: string, hub: string, words: string[]) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [resolve(root, 'cli/main.ts'), ...words], {
    encoding: 'utf8',
    env: {
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
      ...toEnvironment(endpoint, toRoot(hub)),
    },
  });
  return { stderr, status, ...(stdout ? JSON.parse(stdout) : {}) };
};

/** What a Security Hub holds of an account and Region. */
export const readHub = async (endpoint: string, account: string): Promise<AwsSecurityFinding[]> => {
  const client = new SecurityHubClient({ ...toConfig(endpoint, account), region });
  const pages = await Array.fromAsync(paginateGetFindings({ client }, {}));
  return pages
    .flatMap(({ Findings = [] }) => Findings)
    .filter(({ AwsAccountId }) => AwsAccountId === account);
};
