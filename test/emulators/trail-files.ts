/** Log files of an organisation's trail with all that makes callers, keys and contexts hard to tell, chosen by a seed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { toRandom } from '../../sandbox/random.ts';
import { alice, context, decrypt, eks, toRole } from '../activity/records.ts';

const central = '111122223333';
const platform = '444455556666';
const [here, there] = ['eu-central-1', 'eu-west-1'];
const uuid = '1234abcd-12ab-34cd-56ef-1234567890ab';
const otherUuid = '0987dcba-09fe-87dc-65ba-ab0987654321';
const multiRegion = 'mrk-1234abcd12ab34cd56ef1234567890ab';
const toArn = (account: string, region: string, id: string) => `arn:aws:kms:${region}:${account}:key/${id}`;

/** The keys that are watched, by home. */
export const watched = {
  [central]: [
    { arn: toArn(central, here, uuid), aliases: ['alias/eks'] },
    { arn: toArn(central, here, otherUuid) },
  ],
  [platform]: [
    { arn: toArn(platform, here, multiRegion) },
    { arn: toArn(platform, there, multiRegion) },
    { arn: toArn(platform, here, otherUuid) },
  ],
};

const someSession = `arn:aws:sts::${central}:assumed-role/backup/owl`;

const callers: (object | null)[] = [
  eks,
  { type: 'AWSService', invokedBy: 'AWS Internal' },
  { type: 'AWSService', principalId: 'AIDAEXAMPLE' },
  alice,
  { ...toRole(central, '/teams/', 'backup', 'night-1'), invokedBy: 'eks.amazonaws.com' },
  toRole(central, '/teams/', 'backup', 'night-2'),
  toRole(central, '/teams/', 'backup', "it's 'night'; --"),
  toRole(platform, '/', 'cluster', 'eks'),
  {
    ...toRole(platform, '/', 'cluster', 'old'),
    sessionContext: { attributes: { mfaAuthenticated: 'true' } },
  },
  { type: 'AWSAccount', principalId: 'AROAEXAMPLEID:somebody', accountId: '999988887777' },
  { type: 'AWSAccount', principalId: 'AROAEXAMPLEID:else', accountId: '999988887777' },
  { type: 'Root', principalId: central, arn: `arn:aws:iam::${central}:root`, accountId: central },
  { type: 'FederatedUser', arn: `arn:aws:sts::${central}:federated-user/Bob`, accountId: central },
  ...['Bob', 'Eve'].map((name) => ({
    type: 'FederatedUser',
    arn: `arn:aws:sts::${central}:federated-user/${name}`,
    accountId: central,
    sessionContext: {
      sessionIssuer: { type: 'IAMUser', arn: `arn:aws:iam::${central}:user/people/Carol` },
    },
  })),
  // Paths may hold whatever is ASCII: an ARN of somebody else, too.
  { type: 'IAMUser', arn: `arn:aws:iam::${central}:user/${someSession}`, accountId: central },
  { type: 'IAMUser', arn: `arn:aws:iam::${central}:user/people/Carol`, accountId: central },
  { principalId: 'nobody knows' },
  {},
  null,
];

const contexts: (object | null | undefined)[] = [
  context,
  { purpose: 'a "quoted" \\ \u00fc', 'aws:ebs:id': 'vol-1' },
  { 'aws:ebs:id': 'vol-1', purpose: 'a "quoted" \\ \u00fc' },
  {},
  null,
  undefined,
];

const openRandom = (seed: number) => {
  const random = toRandom(seed);
  const integer = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  return {
    integer,
    pick: <Item>(items: readonly Item[]): Item => {
      const item = items[integer(0, items.length - 1)];
      if (item === undefined && !items.includes(undefined as Item)) throw new Error('nothing to pick from');
      return item as Item;
    },
  };
};
type Random = ReturnType<typeof openRandom>;

const toResources = (...arns: string[]) =>
  arns.map((ARN) => ({ ARN, type: 'AWS::KMS::Key', accountId: '1' }));

/** A record of an account and Region; `pick` chooses. */
const toRecord = (random: Random, account: string, region: string, index: number, at: string): object => {
  const pick = <Item>(items: readonly Item[]): Item => random.pick(items);
  const ids = account === central ? [uuid, otherUuid] : [multiRegion, otherUuid];
  const key = toArn(account, region, pick(ids));
  const common = {
    ...decrypt,
    eventID: `${account}-${region}-${index}`,
    eventTime: at,
    awsRegion: region,
    recipientAccountId: account,
    userIdentity: pick(callers),
    sourceIPAddress: pick(['192.0.2.1', '192.0.2.2', 'eks.amazonaws.com', undefined]),
    userAgent: pick(['aws-cli/2', 'eks.amazonaws.com', null]),
    resources: toResources(key),
    requestParameters: { encryptionContext: pick(contexts), encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  };
  const refused = { errorCode: 'AccessDenied', responseElements: null, resources: undefined };
  return pick([
    () => common,
    () => common,
    () => ({ ...common, eventName: pick(['Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext']) }),
    // Both sides of one key, of two keys, and what only the parameters tell.
    () => ({ ...common, ...reEncrypt(pick), resources: toResources(key, key) }),
    () => ({ ...common, ...reEncrypt(pick), resources: toResources(key, toArn(account, region, otherUuid)) }),
    () => ({
      ...common,
      ...refused,
      ...reEncrypt(pick, { sourceKeyId: pick(ids), destinationKeyId: otherUuid }),
    }),
    () => ({
      ...common,
      ...refused,
      ...reEncrypt(pick, { sourceKeyId: pick(ids), destinationKeyId: otherUuid }),
      errorMessage: `User: arn:aws:iam::${central}:user/Eve is not authorized to perform: ${pick(['kms:ReEncryptFrom', 'kms:ReEncryptTo'])} on resource: ${key} because no`,
    }),
    // Refusals, which name their key in words, by id, by alias, or not at all.
    () => ({ ...common, ...refused, errorMessage: `User is not authorized on resource: ${key} because no` }),
    () => ({
      ...common,
      ...refused,
      errorMessage: `User: arn:aws:iam::${central}:user/${toArn(account, region, otherUuid)}/Eve is not authorized to perform: kms:Decrypt on resource: ${key} because no`,
    }),
    () => ({ ...common, ...refused, eventName: 'Encrypt', requestParameters: { keyId: pick(ids) } }),
    () => ({ ...common, ...refused, requestParameters: { keyId: 'alias/eks', encryptionContext: context } }),
    () => ({
      ...common,
      ...refused,
      requestParameters: { keyId: `arn:aws:kms:${region}:${account}:alias/eks` },
    }),
    () => ({ ...common, ...refused, requestParameters: null, errorMessage: null }),
    // What is no use of a key, or of none that is watched.
    () => ({ ...common, eventName: 'DescribeKey' }),
    () => ({ ...common, eventSource: 'secretsmanager.amazonaws.com', eventName: 'Decrypt' }),
    () => ({
      ...common,
      resources: toResources(toArn(account, region, '00000000-0000-0000-0000-000000000000')),
    }),
    () => ({
      ...common,
      resources: [{ ARN: `arn:aws:kms:${region}:${account}:alias/x` }, ...toResources(key)],
    }),
    () => ({ ...common, eventSource: 'eks.amazonaws.com', eventName: 'ListClusters', resources: null }),
  ])();
};

const reEncrypt = (pick: <Item>(items: readonly Item[]) => Item, more: object = {}) => ({
  eventName: 'ReEncrypt',
  requestParameters: {
    sourceEncryptionContext: pick(contexts),
    destinationEncryptionContext: pick(contexts),
    ...more,
  },
});

export interface TrailFile {
  account: string;
  region: string;
  path: string;
  records: object[];
}

/** Some days of log files, below the location of infra/athena/table.sql; some records come late, twice, or both. */
export const makeTrailFiles = (seed: number, days: readonly string[], recordsAPlace: number): TrailFile[] => {
  const random = openRandom(seed);
  const files = new Map<string, TrailFile>();
  const put = (account: string, region: string, day: string, record: object) => {
    const folder = `AWSLogs/o-exampleorgid/${account}/CloudTrail/${region}/${day.replaceAll('-', '/')}`;
    const name = `${account}_CloudTrail_${region}_${day.replaceAll('-', '')}T${random.integer(10, 12)}00Z_a`;
    const path = `amzn-s3-demo-bucket/${folder}/${name}.json.gz`;
    const file = files.get(path) ?? { account, region, path, records: [] };
    files.set(path, file);
    file.records.push(record);
  };
  for (const account of [central, platform])
    for (const region of [here, there])
      for (let index = 0; index < recordsAPlace; index += 1) {
        const day = random.pick(days);
        const [hour, minute] = [random.integer(0, 23), random.integer(0, 59)].map((part) =>
          String(part).padStart(2, '0'),
        );
        const record = toRecord(random, account, region, index, `${day}T${hour}:${minute}:07Z`);
        const next = days[days.indexOf(day) + 1] ?? day;
        put(account, region, random.integer(0, 9) === 0 ? next : day, record);
        if (random.integer(0, 9) === 0) put(account, region, next, record);
      }
  return [...files.values()];
};

export const writeTrailFiles = async (root: string, files: readonly TrailFile[]): Promise<void> => {
  for (const { path, records } of files) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, gzipSync(JSON.stringify({ Records: records })));
  }
};
