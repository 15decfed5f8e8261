/**
 * Records as the trail of one account and Region keeps them, from a seed: mostly reads of roles and services, a fifth
 * of them KMS's, policies in strings and look-alikes among them.
 */
import { toRandom } from '../../sandbox/random.ts';

export const account = '111122223333';
export const region = 'eu-central-1';
/** All records are of it. */
export const logWindow = { from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' };

const toHex = (random: () => number, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
const toId = (random: () => number): string =>
  [8, 4, 4, 4, 12].map((digits) => toHex(random, digits)).join('-');
const pick = <Item>(random: () => number, items: readonly Item[]): Item => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
};

const toKeyArn = (id: string) => `arn:aws:kms:${region}:${account}:key/${id}`;

const applications = 40;

/** Each cluster has its key; some applications use it, too, each under a context of its own. */
const toKey = (random: () => number, contexts: number) => ({
  arn: toKeyArn(toId(random)),
  contexts: Array.from({ length: contexts }, () => toId(random)),
  users: Array.from({ length: 3 * contexts }, () => Math.floor(random() * applications)),
});

/** Ten keys that are watched, thirty that are not. */
const toKeys = (random: () => number, contexts: number) => ({
  watched: Array.from({ length: 10 }, () => toKey(random, contexts)),
  others: Array.from({ length: 30 }, () => toKey(random, contexts)),
});

type Key = ReturnType<typeof toKeys>['watched'][number];

export interface LogAccount {
  watchedKeyArns: string[];
  /** The next record, at this time. */
  toRecord: (time: Date) => object;
}

/**
 * Takes a seed, which share of KMS's records is about watched keys, and how many clusters (and three times as many
 * applications) each key has; gives the account whose records are wanted.
 */
export const createLogAccount = (seed: number, watchedShare: number, contexts: number): LogAccount => {
  const random = toRandom(seed);
  const keys = toKeys(random, contexts);
  const sessions = Array.from({ length: applications }, (_, index) => ({
    role: `app-${index}`,
    principalId: `AROA${toHex(random, 16).toUpperCase()}`,
    session: pick(random, ['i-0a1b2c3d4e5f60718', `web-${toHex(random, 8)}`, 'aws-sdk-js-session']),
  }));

  const pickSession = () => pick(random, sessions);
  const pickUser = ({ users }: Key) => sessions[pick(random, users)] ?? pickSession();
  const toAssumedRole = (time: Date, invokedBy?: string, { role, principalId, session } = pickSession()) => {
    return {
      type: 'AssumedRole',
      principalId: `${principalId}:${session}`,
      arn: `arn:aws:sts::${account}:assumed-role/${role}/${session}`,
      accountId: account,
      accessKeyId: `ASIA${toHex(random, 16).toUpperCase()}`,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId,
          arn: `arn:aws:iam::${account}:role/${role}`,
          accountId: account,
          userName: role,
        },
        attributes: {
          creationDate: new Date(time.getTime() - 600_000).toISOString(),
          mfaAuthenticated: 'false',
        },
      },
      ...(invokedBy ? { invokedBy } : {}),
    };
  };
  const toAddress = () => `10.0.${Math.floor(random() * 4)}.${Math.floor(random() * 200)}`;
  const agents = [
    'aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.173.0',
    'Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux#5.10.219 md/arch#x86_64 lang/python#3.11.9',
    'aws-sdk-java/2.26.12 Linux/5.10.219-208.866.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.11+9-LTS',
  ] as const;

  const toFrame = (time: Date, source: string, name: string, more: object, isReadOnly = true) => ({
    eventVersion: '1.11',
    userIdentity: toAssumedRole(time),
    eventTime: `${time.toISOString().slice(0, 19)}Z`,
    eventSource: source,
    eventName: name,
    awsRegion: region,
    sourceIPAddress: toAddress(),
    userAgent: pick(random, agents),
    requestParameters: null as unknown,
    responseElements: null as unknown,
    ...more,
    requestID: toId(random),
    eventID: toId(random),
    readOnly: isReadOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: source.replace('.', `.${region}.`),
    },
  });

  const toResources = ({ arn }: Key) => ({
    resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: arn }],
  });
  const ofService = (service: string) => ({
    userIdentity: { type: 'AWSService', invokedBy: service },
    sourceIPAddress: service,
    userAgent: service,
  });

  /** What uses keys in a real account: EKS's control planes, volumes, objects, parameters. */
  const kmsRecords: ((time: Date, key: Key) => object)[] = [
    ...['Encrypt', 'Decrypt'].map((name) => (time: Date, key: Key) => ({
      ...toFrame(time, 'kms.amazonaws.com', name, {
        ...ofService('eks.amazonaws.com'),
        requestParameters: {
          ...(name === 'Encrypt' ? { keyId: key.arn } : {}),
          encryptionContext: { 'aws:eks:context': pick(random, key.contexts) },
          encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        },
        additionalEventData: { keyMaterialId: 'd4'.repeat(32) },
      }),
      ...toResources(key),
    })),
    (time, key) => ({
      ...toFrame(time, 'kms.amazonaws.com', 'Decrypt', {
        userIdentity: toAssumedRole(time, 'ssm.amazonaws.com', pickUser(key)),
        requestParameters: {
          encryptionContext: { PARAMETER_ARN: `arn:aws:ssm:${region}:${account}:parameter/app/password` },
          encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        },
      }),
      ...toResources(key),
    }),
    (time, key, user = pickUser(key)) => ({
      ...toFrame(time, 'kms.amazonaws.com', 'GenerateDataKey', {
        userIdentity: toAssumedRole(time, 's3.amazonaws.com', user),
        requestParameters: {
          keyId: key.arn,
          keySpec: 'AES_256',
          encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::bucket-of-${user.role}` },
        },
      }),
      ...toResources(key),
    }),
    (time, key) => ({
      ...toFrame(time, 'kms.amazonaws.com', 'DescribeKey', {
        userIdentity: toAssumedRole(time, undefined, pickUser(key)),
        requestParameters: { keyId: key.arn },
      }),
      ...toResources(key),
    }),
    (time, key) => ({
      ...toFrame(
        time,
        'kms.amazonaws.com',
        'CreateGrant',
        {
          userIdentity: toAssumedRole(time, 'ec2.amazonaws.com'),
          requestParameters: {
            keyId: key.arn,
            operations: ['Decrypt', 'GenerateDataKeyWithoutPlaintext'],
            granteePrincipal: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-${toHex(random, 17)}`,
            constraints: { encryptionContextSubset: { 'aws:ebs:id': `vol-${toHex(random, 17)}` } },
          },
          responseElements: { grantId: toHex(random, 64), keyId: key.arn },
        },
        false,
      ),
      ...toResources(key),
    }),
  ];
  // A control plane's heartbeat is most of what a key sees; volumes come and go now and then.
  const kmsWeights = [0, 1, 2, 3, 4]
    .flatMap((kind) => Array(kind < 2 ? 16 : kind < 4 ? 12 : 7).fill(kind))
    .concat(5);

  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: ['arn:aws:s3:::data-lake/*'] },
      { Effect: 'Allow', Action: 'kms:Decrypt', Resource: keys.watched[0]?.arn },
    ],
  });
  const others: ((time: Date) => object)[] = [
    (time) =>
      toFrame(time, 'sts.amazonaws.com', 'AssumeRole', {
        ...ofService(pick(random, ['ec2.amazonaws.com', 'lambda.amazonaws.com', 'eks.amazonaws.com'])),
        requestParameters: {
          roleArn: `arn:aws:iam::${account}:role/app-${Math.floor(random() * 40)}`,
          roleSessionName: `session-${toHex(random, 8)}`,
          durationSeconds: 3600,
        },
        responseElements: {
          credentials: {
            accessKeyId: `ASIA${toHex(random, 16).toUpperCase()}`,
            sessionToken: toHex(random, 300),
            expiration: time.toUTCString(),
          },
          assumedRoleUser: {
            assumedRoleId: `AROA${toHex(random, 16).toUpperCase()}:session`,
            arn: `arn:aws:sts::${account}:assumed-role/app-1/session`,
          },
        },
      }),
    (time) =>
      toFrame(
        time,
        'ec2.amazonaws.com',
        pick(random, ['DescribeInstances', 'DescribeNetworkInterfaces', 'DescribeTags']),
        {
          requestParameters: {
            maxResults: 1000,
            filterSet: {
              items: [{ name: 'tag:aws:eks:cluster-name', valueSet: { items: [{ value: 'shop' }] } }],
            },
          },
        },
      ),
    (time) => toFrame(time, 'eks.amazonaws.com', 'DescribeCluster', { requestParameters: { name: 'shop' } }),
    (time) =>
      toFrame(
        time,
        'logs.amazonaws.com',
        'CreateLogStream',
        {
          requestParameters: {
            logGroupName: `/aws/lambda/job-${Math.floor(random() * 60)}`,
            logStreamName: `2026/11/20/[$LATEST]${toHex(random, 32)}`,
          },
        },
        false,
      ),
    (time) =>
      toFrame(time, 'lambda.amazonaws.com', 'GetFunction20150331v2', {
        requestParameters: { functionName: `job-${Math.floor(random() * 60)}` },
      }),
    (time) =>
      toFrame(
        time,
        'ec2.amazonaws.com',
        'CreateVolume',
        {
          requestParameters: {
            size: '20',
            encrypted: true,
            kmsKeyId: pick(random, keys.watched).arn,
          },
          responseElements: {
            volumeId: `vol-${toHex(random, 17)}`,
            status: 'creating',
            multiAttachEnabled: false,
          },
        },
        false,
      ),
    (time) =>
      toFrame(
        time,
        'iam.amazonaws.com',
        'PutRolePolicy',
        {
          requestParameters: { roleName: 'app-1', policyName: 'data', policyDocument: policy },
        },
        false,
      ),
  ];
  const otherWeights = [
    ...Array(12).fill(0),
    ...Array(16).fill(1),
    ...Array(6).fill(2),
    ...Array(6).fill(3),
    ...Array(6).fill(4),
    5,
    6,
  ];

  return {
    watchedKeyArns: keys.watched.map(({ arn }) => arn),
    toRecord: (time) => {
      if (random() >= 0.2) return others[pick(random, otherWeights)]?.(time) ?? {};
      const key = pick(random, random() < watchedShare ? keys.watched : keys.others);
      return kmsRecords[pick(random, kmsWeights)]?.(time, key) ?? {};
    },
  };
};
