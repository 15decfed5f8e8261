/** Events as AWS puts them on a bus, abridged to what rules and the router of changes look at. */

const account = '222222222222';
const region = 'eu-central-1';
const keyArn = `arn:aws:kms:${region}:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const context = { 'aws:eks:context': '5f1f7a2e-0d3b-4c55-8a57-7f2a1c9d4e10' };

const envelope = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  account,
  time: '2026-11-26T09:30:14Z',
  region,
  resources: [],
};

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html */
export const toCall = (
  service: 'kms' | 'eks' | 'cloudtrail' | 's3',
  eventName: string,
  detail: object = {},
) => ({
  ...envelope,
  source: `aws.${service}`,
  'detail-type': 'AWS API Call via CloudTrail',
  detail: {
    eventVersion: '1.11',
    userIdentity: { type: 'AssumedRole', arn: `arn:aws:sts::${account}:assumed-role/export/nightly` },
    eventTime: '2026-11-26T09:30:12Z',
    eventSource: `${service}.amazonaws.com`,
    eventName,
    awsRegion: region,
    requestParameters: null,
    responseElements: null,
    eventID: '24042d65-0000-4000-8000-2d65f0000000',
    readOnly: false,
    resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: keyArn }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    ...detail,
  },
});

/** https://docs.aws.amazon.com/kms/latest/developerguide/ct-decrypt.html: the key is named by the resources alone. */
export const toUse = (eventName: string, userIdentity: object, encryptionContext: object | null = context) =>
  toCall('kms', eventName, {
    userIdentity,
    readOnly: true,
    requestParameters: {
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      ...(encryptionContext ? { encryptionContext } : {}),
    },
  });

/** https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html */
export const toKmsEvent = (detailType: string) => ({
  ...envelope,
  source: 'aws.kms',
  'detail-type': detailType,
  resources: [keyArn],
  detail: { 'key-id': keyArn.split('/')[1] },
});

export const person = { type: 'AssumedRole', arn: `arn:aws:sts::${account}:assumed-role/export/nightly` };
export const eks = { type: 'AWSService', invokedBy: 'eks.amazonaws.com' };
export const otherService = { type: 'AWSService', invokedBy: 'backup.amazonaws.com' };
