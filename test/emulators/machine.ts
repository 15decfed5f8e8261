/** The state machine as it is deployed, in an account of its own, with functions that answer or fail as a test says. */
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { toConfig } from './service.ts';

const account = '555555555555';
const bucket = 'runs-of-the-machine';
const name = 'machine';
const items = ['111111111111', '222222222222'];

/** What a function gives in its calls, the first of them `0`: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html */
export type Answers = Record<string, { Return: object } | { Throw: { Error: string; Cause: string } }>;
export type Mocks = Record<string, Answers>;

const always = '0-99';
export const done = (isDone: boolean) => ({ Return: { Payload: { isDone } } });
export const failing = (error: string): Answers => ({ [always]: { Throw: { Error: error, Cause: 'so' } } });

export const started = (changes: { isToScan?: boolean; readsKubernetes?: boolean }) => ({
  Return: { Payload: { run: 'night', isNightly: true, isToScan: true, readsKubernetes: true, ...changes } },
});

const asMeant: Mocks = {
  ListAccounts: { [always]: started({}) },
  ReadClusters: { [always]: done(true) },
  ReadWithin: { [always]: done(true) },
  ReadKeys: { [always]: done(true) },
  JudgeAccount: { [always]: done(true) },
  SummariseRun: { [always]: { Return: { Payload: {} } } },
};

const toPolicy = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
const trust = toPolicy({
  Effect: 'Allow',
  Principal: { Service: 'states.amazonaws.com' },
  Action: 'sts:AssumeRole',
});
const readItems = toPolicy({ Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: '*' });

const toDefinition = () => {
  const values: Record<string, string> = {
    Partition: 'aws',
    RunsBucket: bucket,
    Concurrency: '4',
    // The emulator can't ask Athena.
    AsksKeyUse: 'false',
  };
  return readFileSync(new URL('../../infra/scan.asl.json', import.meta.url), 'utf8').replace(
    /\$\{(\w+)\}/g,
    (_, placeholder: string) => values[placeholder] ?? `arn:aws:lambda:eu-central-1:${account}:function:none`,
  );
};

export const createMachine = async (endpoint: string) => {
  const config = toConfig(endpoint, account);
  const s3 = new S3Client(config);
  await s3.send(
    new CreateBucketCommand({
      Bucket: bucket,
      CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
    }),
  );
  const put = (Key: string, body: object) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: JSON.stringify(body) }));
  await put('runs/night/accounts', { accounts: items });
  for (const item of items) await put(`runs/night/homes/${item}`, {});
  const { Role } = await new IAMClient(config).send(
    new CreateRoleCommand({ RoleName: 'scan', AssumeRolePolicyDocument: trust }),
  );
  await new IAMClient(config).send(
    new PutRolePolicyCommand({ RoleName: 'scan', PolicyName: 'items', PolicyDocument: readItems }),
  );
  const client = new SFNClient(config);
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({
      name,
      roleArn: Role?.Arn,
      definition: toDefinition(),
    }),
  );

  const countFailures = async (executionArn: string | undefined): Promise<number> => {
    const { events = [] } = await client.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
    );
    return events.filter(({ type }) => type === 'TaskFailed').length;
  };
  /** How each child of a map ended, and how often its function failed. */
  const tellChildren = async (executionArn: string | undefined, label: string) => {
    const { mapRuns = [] } = await client.send(new ListMapRunsCommand({ executionArn }));
    const mapRunArn = mapRuns.find((run) => run.mapRunArn?.includes(`/${label}:`))?.mapRunArn;
    if (mapRunArn === undefined) return [];
    const { executions = [] } = await client.send(new ListExecutionsCommand({ mapRunArn }));
    return Promise.all(
      executions.map(async (child) => {
        const { error } = await client.send(
          new DescribeExecutionCommand({ executionArn: child.executionArn }),
        );
        return { status: child.status, error, failures: await countFailures(child.executionArn) };
      }),
    );
  };

  /** Runs it with functions that answer as they are meant to, but for those that are told otherwise. */
  return async (mocks: Mocks) => {
    const told = { ...asMeant, ...mocks };
    const states = Object.fromEntries(Object.keys(told).map((state) => [state, state]));
    const mocked = {
      StateMachines: { [name]: { TestCases: { told: states } } },
      MockedResponses: told,
    };
    await fetch(`${endpoint}/_ministack/config`, {
      method: 'POST',
      body: JSON.stringify({ 'stepfunctions._sfn_mock_config': mocked }),
    });
    const { executionArn } = await client.send(
      new StartExecutionCommand({ stateMachineArn: `${stateMachineArn}#told`, input: '{}' }),
    );
    for (;;) {
      const { status, error } = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (status !== 'RUNNING')
        return {
          status,
          error,
          failures: await countFailures(executionArn),
          children: (label: string) => tellChildren(executionArn, label),
        };
      await wait(50);
    }
  };
};
