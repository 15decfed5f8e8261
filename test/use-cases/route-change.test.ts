import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../sandbox/start-sandbox.ts';
import { startScan } from '../../shared/publish/start-scan.ts';
import { EventError } from '../../shared/runtime/errors.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { indexNames } from '../../shared/store/names.ts';
import { writeObject } from '../../shared/store/store.ts';
import { listChangedTargets, routeChange } from '../../shared/use-cases/route-change.ts';
import { central, management, region, toFleet, west, workload } from './fleets.ts';

const keyArn = `arn:aws:kms:${region}:${central}:key/1234`;
const otherKey = `arn:aws:kms:${region}:${central}:key/5678`;
const machine = `arn:aws:states:${region}:${management}:stateMachine:keyward`;

/** As EventBridge forwards a record of CloudTrail. */
const event = (detail: object = {}, more: object = {}) => ({
  version: '0',
  source: 'aws.kms',
  'detail-type': 'AWS API Call via CloudTrail',
  account: central,
  region,
  time: '2026-11-24T02:10:59Z',
  resources: [],
  detail: {
    eventSource: 'kms.amazonaws.com',
    eventName: 'PutKeyPolicy',
    eventTime: '2026-11-24T02:10:12Z',
    userIdentity: { type: 'AssumedRole' },
    resources: [{ accountId: central, type: 'AWS::KMS::Key', ARN: keyArn }],
    ...detail,
  },
  ...more,
});

const openRouter = async () => {
  const fleet = toFleet([]);
  const sandbox = await startSandbox(fleet);
  onTestFinished(() => sandbox.close());
  const { accessKeyId = '', secretAccessKey = '' } = fleet.credentials[0] ?? {};
  const credentials = { accessKeyId, secretAccessKey };
  const client = new SFNClient({ endpoint: sandbox.endpoint, region, credentials, maxAttempts: 1 });
  const store = createMemoryStore();
  for (const [arn, account, inRegion, cluster] of [
    [keyArn, workload, region, 'payments'],
    [keyArn, management, west, 'ledger'],
    [otherKey, workload, region, 'other'],
  ] as const)
    await writeObject(store, indexNames.at(arn, account, inRegion, cluster), {});
  return {
    store,
    executions: sandbox.world.executions,
    route: (given: unknown) => routeChange(store, startScan(machine, client), given),
  };
};

describe('An event', () => {
  it('starts one run of its account, Region and minute, that scans once the minute is well over', async () => {
    const { route, executions } = await openRouter();
    const name = `change-${central}-${region}-2026-11-24T0210`;
    expect(await route(event())).toEqual({ started: name, isNew: true });
    const [[arn, input] = ['', '']] = executions;
    expect(arn).toBe(`${machine.replace('stateMachine', 'execution')}:${name}`);
    expect(JSON.parse(input)).toEqual({
      change: { account: central, region, minute: '2026-11-24T02:10:00.000Z' },
      scanAt: '2026-11-24T02:11:30.000Z',
    });
    expect(name.length).toBeLessThanOrEqual(80);
  });

  it('starts no second run in a storm of them, and a new one for the minute after', async () => {
    const { route, executions } = await openRouter();
    for (let index = 0; index < 500; index += 1)
      await route(event({ eventTime: `2026-11-24T02:10:${String(index % 60).padStart(2, '0')}Z` }));
    expect(executions.size).toBe(1);
    await route(event({ eventTime: '2026-11-24T02:11:00Z' }));
    expect(executions.size).toBe(2);
  });

  it('is done where a run of its name is there already, even with another input', async () => {
    const { route, executions } = await openRouter();
    await route(event());
    for (const arn of executions.keys()) executions.set(arn, '{}');
    expect(await route(event())).toMatchObject({ isNew: false });
  });

  it.each([
    ['kms.amazonaws.com', 'ScheduleKeyDeletion'],
    ['kms.amazonaws.com', 'RetireGrant'],
    ['eks.amazonaws.com', 'CreateCluster'],
    ['eks.amazonaws.com', 'AssociateAccessPolicy'],
    ['cloudtrail.amazonaws.com', 'StopLogging'],
  ])('of %s %s starts a run', async (eventSource, eventName) => {
    const { route } = await openRouter();
    expect(await route(event({ eventSource, eventName }))).toMatchObject({ isNew: true });
  });

  it.each(['KMS CMK Deletion', 'KMS Imported Key Material Expiration'])(
    '"%s" of KMS itself starts a run',
    async (type) => {
      const { route } = await openRouter();
      const own = event({}, { 'detail-type': type, resources: [keyArn], detail: { 'key-id': '1234' } });
      expect(await route(own)).toMatchObject({ isNew: true });
    },
  );

  it.each<[string, object, object?]>([
    ['a use of the key', { eventName: 'Decrypt' }],
    ['a call that failed', { errorCode: 'AccessDenied' }],
    [
      'a grant that another service made',
      { eventName: 'CreateGrant', userIdentity: { invokedBy: 'ec2.amazonaws.com' } },
    ],
    ['another service’s event of that name', { eventSource: 'sts.amazonaws.com' }],
    ['a rotation that KMS tells of', {}, { 'detail-type': 'KMS CMK Rotation' }],
    [
      'an alias of a key that seals no cluster',
      { eventName: 'UpdateAlias', resources: [{ ARN: `${otherKey}9` }] },
    ],
  ])('is none of the closed list: %s', async (_, detail, more) => {
    const { route, executions } = await openRouter();
    expect(await route(event(detail, more))).toHaveProperty('ignored');
    expect(executions.size).toBe(0);
  });

  it.each<[string, object]>([
    ['a grant that EKS made', { eventName: 'CreateGrant', userIdentity: { invokedBy: 'eks.amazonaws.com' } }],
    ['a grant that a person made', { eventName: 'CreateGrant' }],
    ['an alias of a key that seals a cluster', { eventName: 'UpdateAlias' }],
  ])('starts a run: %s', async (_, detail) => {
    const { route } = await openRouter();
    expect(await route(event(detail))).toMatchObject({ isNew: true });
  });

  it('counts for the home of the key, wherever its caller’s record came from', async () => {
    const { route } = await openRouter();
    expect(await route(event({ eventName: 'RetireGrant' }, { account: workload }))).toMatchObject({
      started: `change-${central}-${region}-2026-11-24T0210`,
    });
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'hello'],
    ['no account', { ...event(), account: undefined }],
    ['a record without a name', event({ eventName: undefined })],
  ])('is refused where it is no event: %s', async (_, given) => {
    const { route } = await openRouter();
    await expect(route(given)).rejects.toThrow(EventError);
  });
});

describe('A change', () => {
  it('of a central key account is looked at in every account and Region whose clusters hang on its keys', async () => {
    const { store } = await openRouter();
    const change = { account: central, region, minute: '2026-11-24T02:10:00.000Z' };
    expect(await listChangedTargets(store, 'aws', change)).toEqual({
      accounts: [management, workload, central].sort(),
      regions: [region, west].sort(),
    });
  });

  it('of an account without keys is looked at in that account alone', async () => {
    const { store } = await openRouter();
    const change = { account: workload, region, minute: '2026-11-24T02:10:00.000Z' };
    expect(await listChangedTargets(store, 'aws', change)).toEqual({
      accounts: [workload],
      regions: [region],
    });
  });
});
