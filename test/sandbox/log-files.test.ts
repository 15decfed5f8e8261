import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CloudTrailClient, paginateLookupEvents } from '@aws-sdk/client-cloudtrail';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventsBetween, streamsAt } from '../../sandbox/event-history.ts';
import { accountIds } from '../../sandbox/fleets/demo/accounts.ts';
import { demoFleet, demoTrailBucket } from '../../sandbox/fleets/demo.ts';
import type { CloudTrailRecord, Fleet } from '../../sandbox/fleets/fleet.ts';
import { startSandbox } from '../../sandbox/start-sandbox.ts';
import { writeLogFiles } from '../../sandbox/write-log-files.ts';

const now = new Date('2026-11-24T12:20:00Z');
const hour = 3_600_000;
const fleet = demoFleet(now);
const { data, sandbox: lab } = accountIds;
const labBucket = `example-${lab}-trail`;

const serve = async () => {
  const sandbox = await startSandbox(fleet);
  onTestFinished(() => sandbox.close());
  const config = {
    endpoint: sandbox.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  };
  const client = new S3Client({ ...config, forcePathStyle: true });
  const list = async (Bucket: string, Prefix: string, Delimiter?: string) => {
    const { Contents = [], CommonPrefixes = [] } = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix, Delimiter }),
    );
    return {
      objects: Contents.map(({ Key = '', Size }) => ({ name: Key, size: Size })),
      prefixes: CommonPrefixes.map((prefix) => prefix.Prefix),
    };
  };
  const read = async (Bucket: string, name: string): Promise<CloudTrailRecord[]> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: name }));
    return toRecords(Buffer.from((await Body?.transformToByteArray()) ?? []));
  };
  return { sandbox, config, list, read };
};

const toRecords = (bytes: Buffer): CloudTrailRecord[] =>
  JSON.parse(gunzipSync(bytes).toString('utf8')).Records;
const toDelivery = (name: string) => /_(\d{8}T\d{4})Z_/.exec(name)?.[1] ?? '';
const toIds = (records: CloudTrailRecord[]) => [...new Set(records.map(({ eventID }) => eventID))].sort();
const between = (account: string, region: string, from: string, to: string) =>
  eventsBetween(streamsAt(fleet, account, region), Date.parse(from), Date.parse(to));

describe('Log files of an organisation’s trail', () => {
  const prefix = `AWSLogs/o-exampleorgid/${data}/CloudTrail/eu-central-1/2026/11/23/`;

  it('lie in CloudTrail’s layout, each with two hours', async () => {
    const { list } = await serve();
    const { objects } = await list(demoTrailBucket, prefix);
    const deliveries = objects.map(({ name }) => toDelivery(name));
    const isLate = (time: string) => time.endsWith('44');
    expect(deliveries.filter((time) => !isLate(time))).toEqual(
      Array.from({ length: 12 }, (_, slot) => `20261123T${String(slot * 2 + 1).padStart(2, '0')}04`),
    );
    expect(deliveries.filter(isLate).length).toBeGreaterThan(0);
    const shape = new RegExp(
      `^${prefix}${data}_CloudTrail_eu-central-1_20261123T\\d{4}Z_\\w{16}\\.json\\.gz$`,
    );
    expect(objects.filter(({ name }) => !shape.test(name))).toEqual([]);
  });

  it('are found level by level', async () => {
    const { list } = await serve();
    const organization = 'AWSLogs/o-exampleorgid/';
    expect((await list(demoTrailBucket, 'AWSLogs/', '/')).prefixes).toEqual([organization]);
    const accounts = (await list(demoTrailBucket, organization, '/')).prefixes;
    expect(accounts).toContain(`${organization}${data}/`);
    // The trail does not reach this one, and that one is none of the organisation's.
    expect(accounts).not.toContain(`${organization}${lab}/`);
    expect(accounts).not.toContain(`${organization}${accountIds.partner}/`);
    const below = `${organization}${accountIds.platformProd}/CloudTrail/`;
    expect((await list(demoTrailBucket, below, '/')).prefixes).toEqual(
      ['eu-central-1', 'eu-west-1', 'us-east-1'].map((region) => `${below}${region}/`),
    );
  });

  it('tell the events of their day, each, out of order, a few late, a few twice', async () => {
    const { list, read } = await serve();
    const { objects } = await list(demoTrailBucket, prefix);
    const files = await Promise.all(objects.map(({ name }) => read(demoTrailBucket, name)));
    const told = files.flat();
    // The last hour's file is delivered on the day after.
    const day = between(data, 'eu-central-1', '2026-11-22T23:00:00Z', '2026-11-23T23:00:00Z');
    expect(toIds(told)).toEqual(toIds(day));
    expect(told.length).toBeGreaterThan(day.length);
    const times = files.map((records) => records.map(({ eventTime }) => eventTime));
    expect(times.some((file) => file.join() !== file.toSorted().join())).toBe(true);
    const late = files[objects.findIndex(({ name }) => /T\d\d44Z/.test(name))] ?? [];
    const onTime = files[objects.findIndex(({ name }) => /T\d\d44Z/.test(name)) - 1] ?? [];
    const twice = late.filter(({ eventID }) => onTime.some((record) => record.eventID === eventID));
    expect([twice.length, late.length > twice.length, onTime.length > late.length]).toEqual([1, true, true]);
  });

  it('have the size that their listing tells, and are the same each time', async () => {
    const { list, sandbox, config } = await serve();
    const { objects } = await list(demoTrailBucket, prefix);
    const { Body } = await new S3Client({ ...config, forcePathStyle: true }).send(
      new GetObjectCommand({ Bucket: demoTrailBucket, Key: objects[7]?.name }),
    );
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(bytes.length).toBe(objects[7]?.size);
    const again = await startSandbox(demoFleet(now));
    onTestFinished(() => again.close());
    expect(again.world.logBuckets.get(demoTrailBucket)?.get(objects[7]?.name ?? '')).toEqual(bytes);
    expect(sandbox.world.logBuckets.get(demoTrailBucket)?.get('AWSLogs/none.json.gz')).toBeUndefined();
  });

  it('tell the same events as LookupEvents', async () => {
    const { list, read, config } = await serve();
    const [StartTime, EndTime] = [new Date('2026-11-23T10:00:00Z'), new Date('2026-11-23T17:59:59Z')];
    const { objects } = await list(demoTrailBucket, prefix.replace(data, accountIds.audit));
    const own = objects.filter(({ name }) => /T1[13579]\d\dZ/.test(name));
    const files = await Promise.all(own.map(({ name }) => read(demoTrailBucket, name)));
    const told = files
      .flat()
      .filter(({ eventTime }) => eventTime >= '2026-11-23T10:00:00Z' && eventTime < '2026-11-23T18:00:00Z');
    const events: string[] = [];
    const pages = paginateLookupEvents({ client: new CloudTrailClient(config) }, { StartTime, EndTime });
    for await (const page of pages)
      events.push(...(page.Events ?? []).flatMap(({ CloudTrailEvent }) => CloudTrailEvent ?? []));
    const byId = (records: CloudTrailRecord[]) =>
      [...new Map(records.map((record) => [record.eventID, record])).values()].sort((a, b) =>
        a.eventID < b.eventID ? -1 : 1,
      );
    expect(events.length).toBeGreaterThan(5);
    expect(byId(told)).toEqual(byId(events.map((event) => JSON.parse(event))));
  });

  it('are there up to the last minute', async () => {
    const { list, read } = await serve();
    const { objects } = await list(demoTrailBucket, prefix.replace('/23/', '/24/'));
    expect(objects.at(-1)?.name).toContain('T1220Z');
    const last = await read(demoTrailBucket, objects.at(-1)?.name ?? '');
    expect(last.every(({ eventTime }) => eventTime >= '2026-11-24T11')).toBe(true);
  });
});

describe('Log files of an account’s own trails', () => {
  const toPrefix = (region: string) => `AWSLogs/${lab}/CloudTrail/${region}/`;

  it('leave out what the trail does not keep', async () => {
    const { list, read } = await serve();
    const readDay = async (region: string) => {
      const { objects } = await list(labBucket, `${toPrefix(region)}2026/11/23/`);
      const files = await Promise.all(objects.map(({ name }) => read(labBucket, name)));
      return files.flat();
    };
    const [withoutKms, writes, unproven] = await Promise.all(
      ['us-east-1', 'eu-west-1', 'eu-north-1'].map(readDay),
    );
    const isKms = ({ eventSource }: CloudTrailRecord) => eventSource === 'kms.amazonaws.com';
    expect([withoutKms?.length, withoutKms?.some(isKms)]).toEqual([expect.any(Number), false]);
    expect(withoutKms?.length).toBeGreaterThan(0);
    expect(writes?.length).toBeGreaterThan(0);
    expect(writes?.some(({ readOnly }) => readOnly)).toBe(false);
    expect(unproven?.some(isKms)).toBe(true);
  });

  it('end where the trail was stopped', async () => {
    const { list } = await serve();
    const { prefixes } = await list(labBucket, `${toPrefix('eu-central-1')}2026/11/`, '/');
    expect(prefixes.at(-1)).toBe(`${toPrefix('eu-central-1')}2026/11/04/`);
  });
});

describe('Log files in a folder', () => {
  it('are those that S3 has, of the time asked for and the two hours after it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'log-files-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const small: Fleet = {
      ...fleet,
      history: { until: now, streams: streamsAt(fleet, data, 'eu-central-1') },
    };
    const from = Date.parse('2026-11-22T20:00:00Z');
    const count = await writeLogFiles(small, folder, { from, to: from + 3 * hour });
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.gz'));
    expect(names.length).toBe(count);
    expect(
      names
        .filter((name) => /04Z_/.test(name))
        .map((name) => toDelivery(name))
        .toSorted(),
    ).toEqual(['20261122T2104', '20261122T2304', '20261123T0104']);
    const { sandbox } = await serve();
    const bucket = sandbox.world.logBuckets.get(demoTrailBucket);
    for (const name of names)
      expect(await readFile(join(folder, name))).toEqual(
        bucket?.get(name.replace(`${demoTrailBucket}/`, '')),
      );
  });
});
