import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import { collectFromLogFiles, type LogSource } from '../../../shared/collect/cloudtrail/log-files.ts';
import { createKindReader, toWanted } from '../../../shared/collect/cloudtrail/log-kinds.ts';
import { createFileReader } from '../../../shared/collect/cloudtrail/log-reader.ts';
import { decrypt, keyArn } from '../../activity/records.ts';
import { toFleet } from '../../use-cases/fleets.ts';

const account = '111122223333';
const region = 'us-west-2';
const window = { from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' };
const now = '2026-11-22T00:00:00.000Z';

const toRecord = (eventID: string, eventTime: string, more: object = {}) => ({
  ...decrypt,
  eventID,
  eventTime,
  ...more,
});
const toText = (...all: object[]) => JSON.stringify({ Records: all });
const pack = (...all: object[]) => gzipSync(toText(...all));

/** Where CloudTrail puts a file that was delivered at a minute, as `20261120T0105Z`. */
const toPath = (delivered: string, { of = account, at = region, random = 'AbCdEfGhIjKlMnOp' } = {}) => {
  const day = `${delivered.slice(0, 4)}/${delivered.slice(4, 6)}/${delivered.slice(6, 8)}`;
  return `AWSLogs/${of}/CloudTrail/${at}/${day}/${of}_CloudTrail_${at}_${delivered}_${random}.json.gz`;
};
/** A file for each hour of the day, so that none is missing. */
const toWholeDay = (more: object = {}) =>
  Object.fromEntries(
    Array.from({ length: 24 }, (_, hour) => {
      const time = new Date(Date.parse(window.from) + hour * 3_600_000 + 1_800_000).toISOString();
      return [
        toPath(`${time.slice(0, 16).replace(/[-:]/g, '')}Z`),
        pack(toRecord(`id-${hour}`, time.replace('.000Z', 'Z'), more)),
      ];
    }),
  );

type Files = Record<string, Buffer | string>;

const toFolder = async (files: Files): Promise<LogSource> => {
  const path = await mkdtemp(join(tmpdir(), 'keyward-logs-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), bytes);
  }
  return { kind: 'folder', path };
};

const openBucket = async (files: Files, prefix = '') => {
  const fleet = toFleet([]);
  const sandbox = await startSandbox(fleet);
  onTestFinished(() => sandbox.close());
  const { accessKeyId = '', secretAccessKey = '' } = fleet.credentials[0] ?? {};
  const client = new S3Client({
    endpoint: sandbox.endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  sandbox.world.buckets.set(
    'logs',
    new Map(Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes)])),
  );
  return { sandbox, source: { kind: 'bucket', client, bucket: 'logs', prefix } satisfies LogSource };
};

const collect = async (source: LogSource, options: { signal?: AbortSignal; threads?: number } = {}) => {
  const { signal = new AbortController().signal, threads = 1 } = options;
  const collected = await collectFromLogFiles(source, [{ arn: keyArn }], window, { signal, now, threads });
  const reading = collected.readings.get(keyArn);
  const uses = [...(reading?.days.values() ?? [])].flatMap((day) => day.uses);
  const count = uses.reduce((sum, use) => sum + use.count, 0);
  return { ...collected, reading, gaps: reading?.gaps ?? [], uses, count };
};

describe('Log files in a folder', () => {
  it('of every hour of the time leave no gap', async () => {
    const { reading, count, counts, uses } = await collect(await toFolder(toWholeDay()), { threads: 2 });
    expect(reading).toMatchObject({ source: 'log-files', ...window, gaps: [] });
    expect(count).toBe(24);
    expect(uses[0]?.events).toEqual(Array.from({ length: 20 }, (_, hour) => `id-${hour}`));
    expect(counts).toEqual({ read: 24, skipped: 0, unreadable: 0, broken: 0 });
  });

  it('count an event once that is told twice, late and out of order', async () => {
    const late = toRecord('late', '2026-11-20T23:59:00Z');
    const files = {
      ...toWholeDay(),
      [toPath('20261121T0130Z')]: pack(late, toRecord('id-3', '2026-11-20T03:30:00Z')),
      [toPath('20261121T0131Z')]: pack(late),
    };
    expect((await collect(await toFolder(files))).count).toBe(25);
  });

  it.each([
    ['of no call to KMS', { eventSource: 'sts.amazonaws.com', eventName: 'AssumeRole' }],
    [
      'that name KMS in what somebody wrote alone',
      {
        eventSource: 'iam.amazonaws.com',
        requestParameters: { policy: '"eventSource":"kms.amazonaws.com"' },
      },
    ],
  ])('%s are a gap of their day: a trail may leave KMS out', async (_name, more) => {
    const { reading } = await collect(await toFolder(toWholeDay(more)));
    expect(reading?.gaps).toMatchObject([
      { ...window, what: expect.stringContaining('holds a call to KMS') },
    ]);
  });

  it('are told which hours have none', async () => {
    const files: Files = toWholeDay();
    for (const hour of ['0530', '0630', '0730']) delete files[toPath(`20261120T${hour}Z`)];
    const { gaps } = await collect(await toFolder(files));
    expect(gaps).toEqual([
      {
        from: '2026-11-20T05:00:00.000Z',
        to: '2026-11-20T08:00:00.000Z',
        reason: 'incomplete-window',
        what: 'there is no log file of 111122223333/us-west-2',
      },
    ]);
  });

  it('of other accounts, Regions, days and kinds are not opened', async () => {
    const garbage = 'nobody reads this';
    const files = {
      ...toWholeDay(),
      [toPath('20261120T0500Z', { of: '444455556666' })]: garbage,
      [toPath('20261120T0500Z', { at: 'eu-west-1' })]: garbage,
      [toPath('20261119T2300Z')]: garbage,
      [toPath('20261121T0201Z')]: garbage,
      [`AWSLogs/${account}/CloudTrail-Digest/${region}/2026/11/20/${account}_CloudTrail-Digest_x.json.gz`]:
        garbage,
      'readme.txt': garbage,
    };
    const { counts, gaps } = await collect(await toFolder(files));
    expect(counts).toMatchObject({ read: 24, skipped: 4, unreadable: 0 });
    expect(gaps).toEqual([]);
  });

  it('are read in an organisation’s layout, and with no layout at all', async () => {
    const files = {
      [`AWSLogs/o-exampleorgid/${toPath('20261120T0105Z').slice('AWSLogs/'.length)}`]: pack(
        toRecord('one', '2026-11-20T01:00:00Z'),
      ),
      'found.json': toText(toRecord('two', '2026-11-20T02:00:00Z')),
      'lines.json': `${JSON.stringify(toRecord('three', '2026-11-20T03:00:00Z'))}\n${JSON.stringify(toRecord('four', '2026-11-20T04:00:00Z'))}\n`,
      'members.json.gz': Buffer.concat([
        pack(toRecord('five', '2026-11-20T05:00:00Z')),
        pack(toRecord('six', '2026-11-20T06:00:00Z')),
      ]),
    };
    expect((await collect(await toFolder(files))).count).toBe(6);
  });

  it('whose names tell no time show what is between their first and last event', async () => {
    const source = await toFolder({
      'found.json': toText(toRecord('one', '2026-11-20T02:00:00Z'), toRecord('two', '2026-11-20T08:00:00Z')),
    });
    const { gaps } = await collect(source);
    expect(gaps.map(({ from, to }) => [from, to])).toEqual([
      [window.from, '2026-11-20T02:00:00.000Z'],
      ['2026-11-20T08:00:00.000Z', window.to],
    ]);
    expect(gaps[0]?.what).toContain('do not tell their time');
  });

  it.each<[string, Buffer | string, number, string]>([
    [
      'cut off',
      pack(
        ...Array.from({ length: 500 }, (_, index) => toRecord(`cut-${index}`, '2026-11-20T05:01:00Z')),
      ).subarray(0, -20),
      400,
      'is cut off; ends in the middle of a record',
    ],
    ['no gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4]), 0, 'is damaged'],
    ['no JSON', '<html></html>', 0, 'is not what CloudTrail writes'],
    [
      'over too soon',
      toText(toRecord('whole', '2026-11-20T05:01:00Z')).slice(0, -1),
      1,
      'ends in the middle',
    ],
  ])('that are %s are a gap of their time, what comes before is counted', async (_, bytes, least, what) => {
    const files = { ...toWholeDay(), [toPath('20261120T0530Z')]: bytes };
    const { gaps, counts, count } = await collect(await toFolder(files));
    expect(count).toBeGreaterThanOrEqual(23 + least);
    expect(counts).toMatchObject({ read: 24, unreadable: 1 });
    expect(gaps).toEqual([
      {
        from: '2026-11-20T05:15:00.000Z',
        to: '2026-11-20T05:31:00.000Z',
        reason: 'failed',
        what: expect.stringContaining(what),
      },
    ]);
    expect(gaps[0]?.what).toContain(`${account}_CloudTrail_${region}_20261120T0530Z`);
  });

  it('with a record without the fields of one are a gap of its second, and say nothing it holds', async () => {
    const broken = { ...toRecord('broken', '2026-11-20T05:01:00Z'), eventID: 17 };
    const files = {
      ...toWholeDay(),
      [toPath('20261120T0530Z')]: pack(broken, toRecord('id-5', '2026-11-20T05:02:00Z')),
    };
    const { gaps, counts, count } = await collect(await toFolder(files));
    expect(count).toBe(24);
    expect(counts.broken).toBe(1);
    expect(gaps).toMatchObject([
      { from: '2026-11-20T05:01:00.000Z', to: '2026-11-20T05:01:01.000Z', reason: 'failed' },
    ]);
    expect(gaps[0]?.what).toMatch(/json\.gz holds a record of a key without the fields of one$/);
  });

  it('that are missing altogether are one gap, and a warning tells where they were looked for', async () => {
    const source = await toFolder({});
    const { gaps, warning } = await collect(source);
    expect(gaps).toMatchObject([{ ...window, reason: 'incomplete-window' }]);
    expect(warning).toContain(source.kind === 'folder' ? source.path : '');
  });

  it('are left when the run is interrupted, and the whole time is a gap', async () => {
    const { gaps } = await collect(await toFolder(toWholeDay()), { signal: AbortSignal.abort() });
    expect(gaps.at(-1)).toMatchObject({ ...window, reason: 'failed' });
  });

  it.each([1, 2])(
    'read by %i are left in the middle when the run is interrupted, and the rest is a gap',
    async (threads) => {
      const interruption = new AbortController();
      const source = await toFolder(toWholeDay());
      const { counts, readings } = await collectFromLogFiles(source, [{ arn: keyArn }], window, {
        signal: interruption.signal,
        now,
        threads,
        onProgress: () => interruption.abort(),
      });
      expect(counts.read).toBeLessThan(24);
      expect(readings.get(keyArn)?.gaps.at(-1)).toMatchObject({
        ...window,
        reason: 'failed',
        what: expect.stringContaining('the rest of the log files'),
      });
    },
  );

  it('may tell of more records at once than a call takes arguments', () => {
    const kinds = Array.from({ length: 150_000 }, () => '{"eventSource":"s3.amazonaws.com"}');
    const seen = { kinds: [-1, -150_000], ids: [], times: [], sources: [] };
    expect(createKindReader().toKinds({ kinds, firstKind: 0, seen, hasKms: false })).toHaveLength(2);
  });

  it('of any size are left in the middle when the run is interrupted', async () => {
    const interruption = new AbortController();
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += 1;
        if (pulled === 10) interruption.abort();
        if (pulled < 1000) controller.enqueue(Buffer.from('{"Records":['.padEnd(1000)));
        else controller.close();
      },
    });
    const read = createFileReader(toWanted([{ arn: keyArn }]), interruption.signal);
    expect(await read(endless, () => {})).toMatchObject({ problem: expect.stringContaining('AbortError') });
    expect(pulled).toBeLessThan(100);
  });

  it('of any size are read a piece at a time', async () => {
    const padding = 'x'.repeat(100_000);
    const record = (index: number) =>
      JSON.stringify(toRecord(`large-${index}`, '2026-11-20T05:01:00Z', { userAgent: padding, index }));
    const all = Array.from({ length: 300 }, (_, index) => record(index)).join(',');
    const tooLong = JSON.stringify(
      toRecord('too long', '2026-11-20T05:01:00Z', { userAgent: 'x'.repeat(5_000_000) }),
    );
    const files = {
      [toPath('20261120T0530Z')]: gzipSync(`{"Records":[${all}]}`),
      [toPath('20261120T0630Z')]: `{"Records":[${tooLong},${record(1000)}]}`,
    };
    const { count, gaps } = await collect(await toFolder(files));
    expect(count).toBe(301);
    expect(gaps.map(({ what }) => what)).toContainEqual(expect.stringContaining('1 records too long'));
  });
});

describe('Log files in a bucket', () => {
  it.each([
    ['one account', '', (path: string) => path],
    ['an organisation', '', (path: string) => path.replace('AWSLogs/', 'AWSLogs/o-exampleorgid/')],
    ['a prefix', 'trails/all', (path: string) => `trails/all/${path}`],
    ['all of AWSLogs', 'AWSLogs', (path: string) => path],
  ])('are found in the layout of %s', async (_, prefix, place) => {
    const files = Object.fromEntries(
      Object.entries(toWholeDay()).map(([path, bytes]) => [place(path), bytes]),
    );
    const { source } = await openBucket(files, prefix);
    expect(await collect(source)).toMatchObject({ count: 24, gaps: [], counts: { read: 24 } });
  });

  it('are listed for the days, accounts and Regions asked for alone', async () => {
    const { source, sandbox } = await openBucket({
      ...toWholeDay(),
      [toPath('20251120T0530Z')]: 'an old one',
      [toPath('20261120T0530Z', { of: '444455556666' })]: 'of somebody else',
    });
    const { counts } = await collect(source);
    expect(counts).toMatchObject({ read: 24, skipped: 0 });
    // Once to see the layout, then the day and the one after it.
    expect(sandbox.requests.counts.get('s3:ListObjectsV2')).toBe(3);
    expect(sandbox.requests.counts.get('s3:GetObject')).toBe(24);
  });

  it('that may not be listed are one gap of the whole time', async () => {
    const { source, sandbox } = await openBucket(toWholeDay());
    sandbox.setFaults([{ kind: 'access-denied', service: 's3' }]);
    const { gaps, count } = await collect(source);
    expect(count).toBe(0);
    expect(gaps).toContainEqual({
      ...window,
      reason: 'access-denied',
      what: expect.stringContaining('s3://logs/AWSLogs/ could not be listed: AccessDenied'),
    });
  });

  it('that may not be read are gaps of their time, the others count', async () => {
    const { source, sandbox } = await openBucket(toWholeDay());
    sandbox.setFaults([{ kind: 'access-denied', service: 's3', operation: 'GetObject', times: 2 }]);
    const { gaps, count, counts } = await collect(source);
    expect(count).toBe(22);
    expect(counts).toMatchObject({ read: 24, unreadable: 2 });
    // Two in a row are one gap.
    expect([1, 2]).toContain(gaps.length);
    expect(new Set(gaps.map(({ reason }) => reason))).toEqual(new Set(['access-denied']));
  });

  it('that are none are one gap, and a warning tells the prefixes', async () => {
    const { source } = await openBucket({}, 'trails');
    const { gaps, warning } = await collect(source);
    expect(gaps).toMatchObject([{ ...window, reason: 'incomplete-window' }]);
    expect(warning).toContain('trails/AWSLogs/');
  });
});
