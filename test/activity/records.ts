/** Records of CloudTrail in the shapes that AWS documents: https://docs.aws.amazon.com/kms/latest/developerguide/ct-decrypt.html */
export const keyArn = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const otherKeyArn = 'arn:aws:kms:us-west-2:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321';
export const context = { 'aws:eks:context': 'a9a8a022-aaf2-4ee0-aa14-f41a94497cfe' };

export const alice = {
  type: 'IAMUser',
  principalId: 'EX_PRINCIPAL_ID',
  arn: 'arn:aws:iam::111122223333:user/Alice',
  accountId: '111122223333',
  accessKeyId: 'EXAMPLE_KEY_ID',
  userName: 'Alice',
};

export const eks = { type: 'AWSService', invokedBy: 'eks.amazonaws.com' };

export const toRole = (account: string, path: string, name: string, session: string) => ({
  type: 'AssumedRole',
  principalId: `AROAEXAMPLEID:${session}`,
  arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
  accountId: account,
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      principalId: 'AROAEXAMPLEID',
      arn: `arn:aws:iam::${account}:role${path}${name}`,
      accountId: account,
      userName: name,
    },
    attributes: { creationDate: '2026-11-20T10:00:00Z', mfaAuthenticated: 'false' },
  },
});

/** A symmetric Decrypt: it names no key in its parameters. */
export const decrypt = {
  eventVersion: '1.11',
  userIdentity: eks,
  eventTime: '2026-11-20T10:00:00Z',
  eventSource: 'kms.amazonaws.com',
  eventName: 'Decrypt',
  awsRegion: 'us-west-2',
  sourceIPAddress: 'eks.amazonaws.com',
  userAgent: 'eks.amazonaws.com',
  requestParameters: { encryptionContext: context, encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  responseElements: null,
  additionalEventData: { keyMaterialId: '123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0' },
  requestID: '12345126-30d5-4b28-98b9-9153da559963',
  eventID: 'abcde202-ba1a-467c-b4ba-f729d45ae521',
  readOnly: true,
  resources: [{ accountId: '111122223333', type: 'AWS::KMS::Key', ARN: keyArn }],
  eventType: 'AwsApiCall',
  managementEvent: true,
  recipientAccountId: '111122223333',
  eventCategory: 'Management',
};
