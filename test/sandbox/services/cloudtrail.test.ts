import {
  CloudTrailClient,
  DescribeTrailsCommand,
  type Event,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  type LookupAttribute,
  LookupEventsCommand,
  type LookupEventsCommandInput,
} from '@aws-sdk/client-cloudtrail';
import { GetKeyLastUsageCommand, KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { key } from '../../../sandbox/fleets/build.ts';
import { callOnKey, decrypt, denied, putKeyPolicy } from '../../../sandbox/fleets/events/calls.ts';
import { heartbeat } from '../../../sandbox/fleets/events/cluster-life.ts';
import { session, user } from '../../../sandbox/fleets/events/identities.ts';
import { keyStream, once } from '../../../sandbox/fleets/events/streams.ts';
import type { Fleet } from '../../../sandbox/fleets/fleet.ts';
import { organizationTrail, trail } from '../../../sandbox/fleets/trails.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';

const management = '111122223333';
const member = '123456789012';
const region = 'eu-central-1';
const now = new Date('2026-11-24T12:00:00Z');
const day = 86_400_000;
const site = { account: member, region, now };
const own = key(site, 'own');
const idle = key(site, 'idle');
const { Arn } = own.metadata;
const context = { 'aws:eks:context': '5a1f6b0e-0000-4000-8000-000000000001' };
const role = session(`arn:aws:iam::${member}:role/team/reader`, 'nightly', '2026-11-20T02:00:00Z');
const admin = user(`arn:aws:iam::${member}:user/ci`, '198.51.100.7');
const readAt = Date.parse('2026-11-20T02:00:10Z');

const fleet: Fleet = {
  organization: { id: 'o-exampleorgid', managementAccount: management },
  accounts: [management, member].map((id) => ({ id, name: id, regions: [region, 'eu-west-1'], roles: [] })),
  credentials: [management, member].map((account) => ({
    accessKeyId: `AKIA${account}`,
    secretAccessKey: 'secret',
    account,
    arn: `arn:aws:iam::${account}:user/ci`,
  })),
  clusters: [],
  keys: [own, idle],
  trails: [
    organizationTrail({ account: management, region, now }, 'example-trail'),
    trail(site, 'here', { IsMultiRegionTrail: true }),
    trail({ ...site, region: 'eu-west-1' }, 'there'),
  ],
  history: {
    until: now,
    streams: [
      heartbeat(Arn, context, { until: now.getTime() }, { minutes: 30 }),
      keyStream(
        idle.metadata.Arn,
        ['DescribeKey'],
        once('look', [{ at: readAt, call: callOnKey('DescribeKey', idle.metadata.Arn, role) }]),
      ),
      keyStream(
        Arn,
        ['Decrypt', 'PutKeyPolicy'],
        once('people', [
          { at: readAt, call: decrypt(Arn, role, context) },
          { at: readAt + 5000, call: denied(decrypt(Arn, role, context)) },
          { at: readAt + 9000, call: putKeyPolicy(Arn, admin, '{}') },
          { at: now.getTime() - 91 * day, call: putKeyPolicy(Arn, admin, '{"too":"old"}') },
        ]),
      ),
    ],
  },
};

/** Serves the fleet; look-ups wait for their turn without taking time: the sandbox's clock goes on by itself. */
const serve = async () => {
  vi.useFakeTimers({ toFake: ['Date'], now });
  const sandbox = await startSandbox(fleet);
  onTestFinished(async () => {
    vi.useRealTimers();
    await sandbox.close();
  });
  const toConfig = (account: string, inRegion = region) => ({
    endpoint: sandbox.endpoint,
    region: inRegion,
    credentials: { accessKeyId: `AKIA${account}`, secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  const client = new CloudTrailClient(toConfig(member));
  const lookUp = async (input: LookupEventsCommandInput = {}) => {
    vi.setSystemTime(Date.now() + 500);
    return client.send(new LookupEventsCommand(input));
  };
  const lookUpAll = async (input: LookupEventsCommandInput): Promise<Event[]> => {
    const events: Event[] = [];
    let NextToken: string | undefined;
    do {
      const page = await lookUp({ ...input, NextToken });
      events.push(...(page.Events ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return events;
  };
  return { sandbox, toConfig, client, lookUp, lookUpAll };
};

const by = (AttributeKey: LookupAttribute['AttributeKey'], AttributeValue: string) => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
});

describe('LookupEvents of the sandbox', () => {
  it('pages events by 50, the newest first, each once', async () => {
    const { lookUp, lookUpAll } = await serve();
    const window = { StartTime: new Date(now.getTime() - 5 * day), EndTime: now };
    const first = await lookUp(window);
    expect([first.Events?.length, typeof first.NextToken]).toEqual([50, 'string']);
    const events = await lookUpAll(window);
    const times = events.map(({ EventTime }) => EventTime?.getTime() ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(new Set(events.map(({ EventId }) => EventId)).size).toBe(events.length);
    // 48 turns a day of two events each, now and then three more, and four of people.
    expect(events.length).toBeGreaterThanOrEqual(5 * 96 + 3);
  });

  it('tells a page that is asked for again in the same words', async () => {
    const { lookUp } = await serve();
    const { NextToken } = await lookUp({ MaxResults: 7 });
    expect((await lookUp({ NextToken })).Events).toEqual((await lookUp({ NextToken })).Events);
  });

  it('tells an event with its record, a service’s without resources', async () => {
    const { lookUp } = await serve();
    const { Events = [] } = await lookUp(by('EventName', 'PutKeyPolicy'));
    expect(Events).toMatchObject([
      {
        EventName: 'PutKeyPolicy',
        EventSource: 'kms.amazonaws.com',
        EventTime: new Date('2026-11-20T02:00:19Z'),
        ReadOnly: 'false',
        Username: 'ci',
        Resources: [{ ResourceType: 'AWS::KMS::Key', ResourceName: Arn }],
      },
    ]);
    expect(JSON.parse(Events[0]?.CloudTrailEvent ?? '')).toMatchObject({
      eventID: Events[0]?.EventId,
      requestParameters: { policy: '{}' },
    });
    const { Events: encrypts = [] } = await lookUp({ ...by('EventName', 'Encrypt'), MaxResults: 1 });
    expect(encrypts).toMatchObject([{ Resources: [] }]);
    expect(encrypts[0]).not.toHaveProperty('Username');
  });

  it.each<{ attribute: LookupAttribute['AttributeKey']; value: string; names: string[] }>([
    { attribute: 'EventName', value: 'PutKeyPolicy', names: ['PutKeyPolicy'] },
    { attribute: 'EventName', value: 'NoSuchEvent', names: [] },
    { attribute: 'EventSource', value: 'ec2.amazonaws.com', names: [] },
    { attribute: 'Username', value: 'nightly', names: ['Decrypt', 'Decrypt', 'DescribeKey'] },
    { attribute: 'Username', value: 'ci', names: ['PutKeyPolicy'] },
    { attribute: 'ReadOnly', value: 'false', names: ['PutKeyPolicy'] },
    // A refusal names the key in its words alone.
    { attribute: 'ResourceName', value: Arn, names: ['PutKeyPolicy', 'Decrypt'] },
    { attribute: 'ResourceType', value: 'AWS::EC2::Instance', names: [] },
    { attribute: 'AccessKeyId', value: 'AKIANOBODY', names: [] },
  ])('finds by $attribute $value what it holds for', async ({ attribute, value, names }) => {
    const { lookUpAll } = await serve();
    const events = await lookUpAll(by(attribute, value));
    expect(events.map(({ EventName }) => EventName).toSorted()).toEqual(names.toSorted());
  });

  it('finds one event by its id, which GetKeyLastUsage tells', async () => {
    const { lookUp, toConfig } = await serve();
    const kms = new KMSClient(toConfig(member));
    const { KeyLastUsage } = await kms.send(new GetKeyLastUsageCommand({ KeyId: Arn }));
    const { Events } = await lookUp(by('EventId', KeyLastUsage?.CloudTrailEventId ?? ''));
    expect(Events).toMatchObject([
      { EventName: KeyLastUsage?.Operation, EventTime: KeyLastUsage?.Timestamp },
    ]);
    // Looked at, never used.
    const unused = await kms.send(new GetKeyLastUsageCommand({ KeyId: idle.metadata.Arn }));
    expect(unused.KeyLastUsage).toEqual({});
  });

  it('counts both ends of a time, and knows 90 days', async () => {
    const { lookUpAll } = await serve();
    const second = new Date('2026-11-20T02:00:19Z');
    const name = by('EventName', 'PutKeyPolicy');
    expect(await lookUpAll({ ...name, StartTime: second, EndTime: second })).toHaveLength(1);
    const StartTime = new Date(second.getTime() + 1000);
    expect(await lookUpAll({ ...name, StartTime })).toHaveLength(0);
    expect(await lookUpAll({ ...name, StartTime: new Date(now.getTime() - 100 * day) })).toHaveLength(1);
  });

  it('knows only the account and Region that asks', async () => {
    const { toConfig } = await serve();
    for (const config of [toConfig(management), toConfig(member, 'eu-west-1')]) {
      const answer = await new CloudTrailClient(config).send(new LookupEventsCommand({}));
      expect([answer.Events, answer.NextToken]).toEqual([[], undefined]);
    }
  });

  it.each<{ input: LookupEventsCommandInput; error: string }>([
    { input: { MaxResults: 51 }, error: 'InvalidMaxResultsException' },
    { input: { MaxResults: 0 }, error: 'InvalidMaxResultsException' },
    { input: { NextToken: 'nonsense' }, error: 'InvalidNextTokenException' },
    { input: { StartTime: now, EndTime: new Date(0) }, error: 'InvalidTimeRangeException' },
    {
      input: {
        LookupAttributes: [
          ...by('EventName', 'a').LookupAttributes,
          ...by('EventName', 'b').LookupAttributes,
        ],
      },
      error: 'InvalidLookupAttributesException',
    },
  ])('refuses $input with $error', async ({ input, error }) => {
    const { lookUp } = await serve();
    await expect(lookUp(input)).rejects.toMatchObject({ name: error, $metadata: { httpStatusCode: 400 } });
  });

  it('takes a token only with the parameters that it was given for', async () => {
    const { lookUp } = await serve();
    const { NextToken } = await lookUp({ ...by('EventName', 'Decrypt'), MaxResults: 5 });
    const other = lookUp({ ...by('EventName', 'Encrypt'), NextToken });
    await expect(other).rejects.toMatchObject({ name: 'InvalidNextTokenException' });
    expect((await lookUp({ ...by('EventName', 'Decrypt'), NextToken })).Events).toHaveLength(50);
  });

  it('answers two requests a second and Region, and throttles the third', async () => {
    const { client, toConfig, sandbox } = await serve();
    const ask = () => client.send(new LookupEventsCommand({ MaxResults: 1 }));
    await Promise.all([ask(), ask()]);
    await expect(ask()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await new CloudTrailClient(toConfig(member, 'eu-west-1')).send(new LookupEventsCommand({}));
    for (let request = 0; request < 6; request += 1) {
      vi.setSystemTime(Date.now() + 500);
      await ask();
    }
    expect(sandbox.requests.counts.get('cloudtrail:LookupEvents')).toBe(10);
  });
});

describe('Trails of the sandbox', () => {
  const organization = fleet.trails?.[0]?.TrailARN ?? '';
  const [here = '', there = ''] = fleet.trails?.slice(1).map(({ TrailARN }) => TrailARN) ?? [];
  const describeIn = async (account: string, inRegion: string, includeShadowTrails?: boolean) => {
    const { toConfig } = await serve();
    const client = new CloudTrailClient(toConfig(account, inRegion));
    const { trailList = [] } = await client.send(new DescribeTrailsCommand({ includeShadowTrails }));
    return trailList.map(({ TrailARN }) => TrailARN);
  };

  it('are a member’s own, their shadows from other Regions, and its organisation’s', async () => {
    expect(await describeIn(member, region)).toEqual([organization, here]);
    expect(await describeIn(member, 'eu-west-1')).toEqual([organization, here, there]);
    expect(await describeIn(member, 'eu-west-1', false)).toEqual([there]);
    expect(await describeIn(management, 'eu-west-1')).toEqual([organization]);
  });

  it('tell their status, a shadow by its ARN alone', async () => {
    const { toConfig } = await serve();
    const west = new CloudTrailClient(toConfig(member, 'eu-west-1'));
    for (const Name of [organization, here, there, 'there']) {
      const { IsLogging } = await west.send(new GetTrailStatusCommand({ Name }));
      expect(IsLogging).toBe(true);
    }
    for (const Name of ['here', 'none', organization.replace('organization', 'none')])
      await expect(west.send(new GetTrailStatusCommand({ Name }))).rejects.toMatchObject({
        name: 'TrailNotFoundException',
      });
  });

  it('tell their selectors at home, an organisation’s only to its own account', async () => {
    const { toConfig } = await serve();
    const ask = (account: string, inRegion: string, TrailName: string) =>
      new CloudTrailClient(toConfig(account, inRegion)).send(new GetEventSelectorsCommand({ TrailName }));
    expect((await ask(member, region, 'here')).EventSelectors).toMatchObject([{ ReadWriteType: 'All' }]);
    const { AdvancedEventSelectors } = await ask(management, region, organization);
    expect(AdvancedEventSelectors?.[0]?.FieldSelectors).toEqual([
      { Field: 'eventCategory', Equals: ['Management'] },
    ]);
    const refused = { name: 'TrailNotFoundException' };
    await expect(ask(member, region, organization)).rejects.toMatchObject(refused);
    await expect(ask(member, 'eu-west-1', here)).rejects.toMatchObject(refused);
    await expect(ask(member, region, 'arn:aws:s3:::bucket')).rejects.toMatchObject({
      name: 'CloudTrailARNInvalidException',
    });
  });
});
