import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseKeyEvents } from '../../../shared/activity/key-event.ts';
import { createTally, type Tally, type WatchedKey } from '../../../shared/activity/tally.ts';
import {
  countSightings,
  createKindReader,
  isToldAtHome,
  toWanted,
} from '../../../shared/collect/cloudtrail/log-kinds.ts';
import { createRecordReader } from '../../../shared/collect/cloudtrail/log-records.ts';
import { createLogRoom } from '../../../shared/collect/cloudtrail/log-room.ts';
import { createRecordScanner } from '../../../shared/collect/cloudtrail/log-scanner.ts';
import { toRuns } from '../../runs.ts';

const account = '111122223333';
const region = 'eu-central-1';
const toKeyArn = (id: string, owner = account) => `arn:aws:kms:${region}:${owner}:key/${id}`;
const keys: WatchedKey[] = [
  { arn: toKeyArn('11111111-2222-4333-8444-555555555555'), aliases: ['alias/shop'] },
  { arn: toKeyArn('mrk-1234567890abcdef1234567890abcdef'), customKeyStoreId: 'cks-1234567890abcdef0' },
];
const window = { from: '2026-11-20T00:00:00.000Z', to: '2026-11-22T00:00:00.000Z' };

const watchedArn = fc.constantFrom(...keys.map(({ arn }) => arn));
const anyArn = fc.oneof(
  { weight: 3, arbitrary: watchedArn },
  fc.constantFrom(
    toKeyArn('99999999-2222-4333-8444-555555555555'),
    toKeyArn('11111111-2222-4333-8444-555555555555', '444455556666'),
  ),
);
/** Few, so that calls are told twice and records differ in one thing alone. */
const id = fc
  .integer({ min: 0, max: 30 })
  .map((number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`);
const time = fc
  .integer({ min: Date.parse('2026-11-19T23:50:00Z'), max: Date.parse('2026-11-20T00:30:00Z') })
  .map((milliseconds) => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`);

/** What would deceive who looks for braces, quotes or names rather than structure. */
const hostileText = fc.oneof(
  fc.constantFrom(
    '}',
    '{',
    '}}]}',
    '{"eventVersion":"1.11"',
    '"}]},{"eventVersion":"1.11","eventSource":"kms.amazonaws.com"',
    '\\',
    '\\"',
    'a"}',
    'x":true}',
    '},{',
    ']',
    'kms.amazonaws.com',
    'eventID',
    '"eventID":"forged"',
    'é{ü}',
    '\u2028',
    ' ',
    'alias/shop',
    keys[0]?.arn ?? '',
  ),
  fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'a', '1', 'é', ' ') }),
);
const values = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      'aws:eks:context',
      'eventID',
      'eventTime',
      'sourceIPAddress',
      'accessKeyId',
      ',',
      '{',
      '}',
    ),
    hostileText,
  ),
  hostileText,
  { maxKeys: 3 },
);

const identity = fc.oneof(
  fc.constant({ type: 'AWSService', invokedBy: 'eks.amazonaws.com' }),
  fc.record({
    type: fc.constant('AssumedRole'),
    arn: fc.constant(`arn:aws:sts::${account}:assumed-role/app/session`),
    accountId: fc.constant(account),
    accessKeyId: hostileText,
    sessionContext: fc.record({ attributes: fc.record({ creationDate: time }) }),
  }),
);

const kmsRecord = fc.record(
  {
    eventVersion: fc.constant('1.11'),
    userIdentity: identity,
    eventTime: fc.oneof(
      { weight: 8, arbitrary: time },
      fc.constantFrom('2026-11-20T00:10:00+00:00', '2026-02-30T00:00:00Z', 'now'),
    ),
    eventSource: fc.oneof(
      { weight: 8, arbitrary: fc.constant('kms.amazonaws.com') },
      fc.constant('ec2.amazonaws.com'),
    ),
    eventName: fc.constantFrom(
      'Decrypt',
      'Encrypt',
      'ReEncrypt',
      'GenerateDataKey',
      'DescribeKey',
      'PutKeyPolicy',
      'CreateGrant',
      'CreateAlias',
      'UpdateCustomKeyStore',
    ),
    awsRegion: fc.constant(region),
    sourceIPAddress: fc.oneof(fc.constantFrom('10.0.0.1', '10.0.0.2', 'eks.amazonaws.com'), hostileText),
    userAgent: fc.constantFrom('agent', 'eks.amazonaws.com'),
    errorCode: fc.constantFrom('AccessDenied', undefined),
    errorMessage: fc.oneof(
      fc.constant(undefined),
      anyArn.map((arn) => `not authorized on resource: ${arn} because {no} "reason"`),
    ),
    requestParameters: fc.oneof(
      fc.record({ encryptionContext: values }),
      fc.record({
        keyId: fc.oneof(anyArn, fc.constantFrom('11111111-2222-4333-8444-555555555555', 'alias/shop')),
        policy: hostileText,
      }),
      fc.record({ customKeyStoreId: fc.constant('cks-1234567890abcdef0') }),
      fc.constant(null),
    ),
    responseElements: fc.constantFrom(null, undefined),
    requestID: id,
    eventID: id,
    readOnly: fc.boolean(),
    resources: fc.oneof(
      { weight: 3, arbitrary: anyArn.map((ARN) => [{ accountId: account, type: 'AWS::KMS::Key', ARN }]) },
      fc.constant(undefined),
    ),
    recipientAccountId: fc.oneof({ weight: 4, arbitrary: fc.constant(account) }, fc.constant('444455556666')),
  },
  {
    requiredKeys: [
      'eventVersion',
      'eventTime',
      'eventSource',
      'eventName',
      'awsRegion',
      'userIdentity',
      'recipientAccountId',
    ],
  },
);

/** A record of another service whose parameters hold whole records of KMS: they happened to nobody. */
const nesting = fc.record({
  eventVersion: fc.constant('1.11'),
  eventSource: fc.constant('example.amazonaws.com'),
  requestParameters: fc.record({
    list: fc.array(kmsRecord, { minLength: 1, maxLength: 3 }),
    document: values,
  }),
  size: fc.constantFrom(1, -1.5e3, true, null, '}'),
  eventID: id,
});
/** The same call again and again: what differs is what a template has as its holes. */
const repeated = fc
  .tuple(
    kmsRecord,
    fc.array(fc.record({ eventID: id, eventTime: time, sourceIPAddress: hostileText, requestID: id }), {
      maxLength: 8,
    }),
  )
  .map(([record, others]) => [record, ...others.map((own) => ({ ...record, ...own }))]);
const records = fc
  .array(fc.oneof({ weight: 3, arbitrary: repeated }, fc.tuple(nesting), fc.tuple(values)), { maxLength: 12 })
  .map((some) => some.flat());

const toCounted = (tally: Tally) =>
  keys.map(({ arn }) => [...tally.get(arn)].sort(([one], [other]) => (one < other ? -1 : 1)));

/** A record without the fields of one is told of where it names a watched key. */
const names = [
  ...keys.flatMap(({ arn, aliases = [] }) => [arn.replace(/.*key\//, ''), ...aliases]),
  'cks-1234567890abcdef0',
];

const readPlainly = (all: readonly unknown[]) => {
  const tally = createTally(keys, window);
  let broken = 0;
  for (const record of all) {
    try {
      for (const event of parseKeyEvents(record)) if (isToldAtHome(event)) tally.add(event);
    } catch {
      if (names.some((name) => JSON.stringify(record).includes(name))) broken += 1;
    }
  }
  return { counted: toCounted(tally), broken };
};

const room = createLogRoom();
const readFast = (bytes: Buffer, pieceBytes: number) => {
  const tally = createTally(keys, window);
  const reader = createRecordReader(toWanted(keys), room);
  const scanner = createRecordScanner(room, reader.onRecord);
  for (let from = 0; from < bytes.length; from += pieceBytes)
    scanner.push(bytes.subarray(from, from + pieceBytes));
  const { isTorn, isGarbage } = scanner.end();
  const told = reader.take();
  let broken = 0;
  countSightings(createKindReader().toKinds(told), told.seen, { tally, onBroken: () => (broken += 1) });
  return { counted: toCounted(tally), broken, isWhole: !isTorn && !isGarbage };
};

const layouts = {
  'a list in a line': (all: readonly unknown[]) => JSON.stringify({ Records: all }),
  'a list with spaces': (all: readonly unknown[]) => JSON.stringify({ Records: all }, undefined, 2),
  lines: (all: readonly unknown[]) => all.map((record) => `${JSON.stringify(record)}\n`).join(''),
  'a list after the other': (all: readonly unknown[]) =>
    `${JSON.stringify({ Records: all.slice(0, 5) })}${JSON.stringify({ Records: all.slice(5) })}`,
};

describe('Records found by their bytes', () => {
  it.each(Object.entries(layouts))('count as those that are parsed, one by one: %s', (_, toText) => {
    fc.assert(
      fc.property(records, fc.constantFrom(1 << 20, 64, 7), (all, pieceBytes) => {
        const { isWhole, ...read } = readFast(Buffer.from(toText(all)), pieceBytes);
        expect(isWhole).toBe(true);
        expect(read).toEqual(readPlainly(JSON.parse(JSON.stringify(all))));
      }),
      { numRuns: toRuns(100) },
    );
  });

  it('count some, or the comparison would say nothing', () => {
    const counts = fc
      .sample(records, { numRuns: 50, seed: 1 })
      .map((all) => readPlainly(JSON.parse(JSON.stringify(all))).counted.flat().length);
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(15);
  });

  it('take no name in a context for what the call has of its own', () => {
    const toDecrypt = (eventID: string, inContext: string) => ({
      eventVersion: '1.11',
      userIdentity: { type: 'AWSService', invokedBy: 'eks.amazonaws.com' },
      eventTime: '2026-11-20T00:10:00Z',
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      awsRegion: region,
      sourceIPAddress: 'eks.amazonaws.com',
      requestParameters: { encryptionContext: { eventID: inContext } },
      eventID,
      resources: [{ ARN: keys[0]?.arn }],
      recipientAccountId: account,
    });
    const all = [toDecrypt('one-id', 'one-id'), toDecrypt('one-id', 'two-id'), toDecrypt('two-id', 'one-id')];
    expect(readFast(Buffer.from(JSON.stringify({ Records: all })), 1 << 20).counted).toEqual(
      readPlainly(all).counted,
    );
  });

  it('count as well when there are more kinds of them than a thread keeps', () => {
    const toDecrypt = (number: number, agent: number) => ({
      eventVersion: '1.11',
      userIdentity: { type: 'AWSService', invokedBy: 'eks.amazonaws.com' },
      eventTime: '2026-11-20T00:10:00Z',
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      awsRegion: region,
      sourceIPAddress: 'eks.amazonaws.com',
      userAgent: 'x'.repeat(1500 + agent),
      eventID: `id-${String(number).padStart(9, '0')}`,
      resources: [{ ARN: keys[0]?.arn }],
      recipientAccountId: account,
    });
    const tally = createTally(keys, window);
    const reader = createRecordReader(toWanted(keys), room);
    const scanner = createRecordScanner(room, reader.onRecord);
    const kinds = createKindReader();
    const told: number[] = [];
    for (let file = 0; file < 6; file += 1) {
      const all = Array.from({ length: 2000 }, (_, index) => toDecrypt(file * 2000 + index, index % 1500));
      scanner.push(Buffer.from(JSON.stringify({ Records: all })));
      scanner.end();
      const sightings = reader.take();
      told.push(sightings.kinds.length);
      countSightings(kinds.toKinds(sightings), sightings.seen, { tally, onBroken: () => {} });
    }
    const uses = keys.flatMap(({ arn }) => [...tally.get(arn).values()].flatMap((day) => day.uses));
    expect(uses.reduce((sum, { count }) => sum + count, 0)).toBe(12_000);
    // Known within a file, and forgotten after it.
    expect(told).toEqual([1500, 1500, 1500, 1500, 1500, 1500]);
  });
});
