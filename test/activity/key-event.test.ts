import { describe, expect, it } from 'vitest';
import { parseKeyEvents } from '../../shared/activity/key-event.ts';
import { alice, context, decrypt, keyArn, otherKeyArn, toRole } from './records.ts';

const onlyEvent = (record: object) => {
  const events = parseKeyEvents(record);
  expect(events).toHaveLength(1);
  return events[0];
};
const toChange = (record: object) => {
  const event = onlyEvent(record);
  return event?.kind === 'change' ? event.change : undefined;
};

/** A change, as https://docs.aws.amazon.com/kms/latest/developerguide/ct-put-key-policy.html tells it. */
const change = (eventName: string, requestParameters: object | null, more: object = {}) => ({
  ...decrypt,
  userIdentity: alice,
  eventName,
  requestParameters,
  readOnly: false,
  ...more,
});

describe('parseKeyEvents', () => {
  it('knows a use by the key among the record’s resources', () => {
    expect(onlyEvent(decrypt)).toEqual({
      key: keyArn,
      account: '111122223333',
      region: 'us-west-2',
      kind: 'use',
      use: {
        principal: 'eks.amazonaws.com',
        kind: 'service',
        invokedBy: 'eks.amazonaws.com',
        id: 'abcde202-ba1a-467c-b4ba-f729d45ae521',
        time: '2026-11-20T10:00:00.000Z',
        operation: 'Decrypt',
        context,
        outcome: 'success',
        source: 'eks.amazonaws.com',
        agent: 'eks.amazonaws.com',
      },
    });
  });

  it('tells ReEncrypt’s two sides apart, each with its own context', () => {
    const record = {
      ...decrypt,
      eventName: 'ReEncrypt',
      requestParameters: {
        sourceEncryptionContext: context,
        destinationKeyId: otherKeyArn.split('/')[1],
        destinationEncryptionContext: { Level: '3A' },
      },
      resources: [
        { accountId: '111122223333', type: 'AWS::KMS::Key', ARN: keyArn },
        { accountId: '111122223333', type: 'AWS::KMS::Key', ARN: otherKeyArn },
      ],
    };
    const uses = parseKeyEvents(record).map((event) =>
      event.kind === 'use' ? [event.key, event.use.operation, event.use.context] : [],
    );
    expect(uses).toEqual([
      [keyArn, 'ReEncryptFrom', context],
      [otherKeyArn, 'ReEncryptTo', { Level: '3A' }],
    ]);
  });

  it('finds the key of a refused call in the refusal’s own words', () => {
    const { resources: _resources, ...bare } = decrypt;
    const refused = {
      ...bare,
      userIdentity: toRole('111122223333', '/', 'prober', 'a'),
      errorCode: 'AccessDenied',
      errorMessage: `User: arn:aws:sts::111122223333:assumed-role/prober/a is not authorized to perform: kms:Decrypt on resource: ${keyArn} because no identity-based policy allows the kms:Decrypt action`,
    };
    expect(onlyEvent(refused)).toMatchObject({ key: keyArn, use: { outcome: 'AccessDenied' } });
  });

  it('takes no key for the refused one that a caller has put into its own path', () => {
    const { resources: _resources, ...bare } = decrypt;
    const decoy = 'arn:aws:kms:us-west-2:111122223333:key/decoy';
    const refused = {
      ...bare,
      errorCode: 'AccessDenied',
      errorMessage: `User: arn:aws:iam::111122223333:user/${decoy}/mallory is not authorized to perform: kms:Decrypt on resource: ${keyArn} because no identity-based policy allows the kms:Decrypt action`,
    };
    expect(onlyEvent(refused)).toMatchObject({ key: keyArn });
  });

  it.each([
    ['kms:ReEncryptTo', 'ReEncryptTo'],
    ['kms:ReEncryptFrom', 'ReEncryptFrom'],
  ])('knows which side of a ReEncrypt was refused: %s', (action, operation) => {
    const { resources: _resources, ...bare } = decrypt;
    const refused = {
      ...bare,
      eventName: 'ReEncrypt',
      requestParameters: null,
      errorCode: 'AccessDenied',
      errorMessage: `User: x is not authorized to perform: ${action} on resource: ${keyArn} because no`,
    };
    expect(onlyEvent(refused)).toMatchObject({ key: keyArn, use: { operation } });
  });

  it('gives nothing for a refused use that names no key at all', () => {
    const { resources: _resources, ...bare } = decrypt;
    expect(parseKeyEvents({ ...bare, errorCode: 'AccessDenied', errorMessage: 'no' })).toEqual([]);
  });

  it.each([
    [
      'a call of another service of the same name',
      { ...decrypt, eventSource: 'lambda.amazonaws.com', eventName: 'CreateAlias' },
    ],
    ['a call that neither uses nor changes a key', { ...decrypt, eventName: 'DescribeKey' }],
    ['something else', 'text'],
    ['nothing', null],
  ])('gives nothing for %s', (_name, record) => {
    expect(parseKeyEvents(record)).toEqual([]);
  });

  it('throws for a use without an id or with a time out of range', () => {
    expect(() => parseKeyEvents({ ...decrypt, eventID: undefined })).toThrow('eventID');
    expect(() => parseKeyEvents({ ...decrypt, eventTime: '2026-13-40T00:00:00Z' })).toThrow('eventTime');
  });

  it('keeps the whole policy that PutKeyPolicy put, and whether it bypassed the lockout check', () => {
    const record = change('PutKeyPolicy', {
      keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
      policyName: 'default',
      policy: '{"Version":"2012-10-17","Statement":[]}',
      bypassPolicyLockoutSafetyCheck: true,
    });
    expect(toChange(record)).toMatchObject({
      principal: 'arn:aws:iam::111122223333:user/Alice',
      name: 'PutKeyPolicy',
      policy: '{"Version":"2012-10-17","Statement":[]}',
      bypassesLockoutCheck: true,
    });
  });

  it('tells the grant that CreateGrant made in the words of ListGrants', () => {
    const record = change(
      'CreateGrant',
      {
        keyId: keyArn,
        granteePrincipal: 'arn:aws:iam::111122223333:role/reader',
        operations: ['Decrypt'],
        constraints: { encryptionContextSubset: { a: 'b' } },
        retiringPrincipal: 'arn:aws:iam::111122223333:role/owner',
      },
      { responseElements: { grantId: 'f020fe75', keyId: keyArn } },
    );
    expect(toChange(record)?.grant).toEqual({
      GrantId: 'f020fe75',
      CreationDate: '2026-11-20T10:00:00.000Z',
      GranteePrincipal: 'arn:aws:iam::111122223333:role/reader',
      RetiringPrincipal: 'arn:aws:iam::111122223333:role/owner',
      Operations: ['Decrypt'],
      Constraints: { EncryptionContextSubset: { a: 'b' } },
    });
  });

  it('knows which grant RetireGrant retired, though it has no parameters', () => {
    const record = change('RetireGrant', null, {
      responseElements: { keyId: keyArn },
      additionalEventData: { grantId: 'abc' },
    });
    expect(toChange(record)).toMatchObject({ name: 'RetireGrant', grantId: 'abc' });
  });

  it('names the key by what the call asked for where it failed without resources', () => {
    const record = change(
      'ScheduleKeyDeletion',
      { keyId: 'alias/ledger', pendingWindowInDays: 7 },
      {
        resources: [],
        errorCode: 'AccessDenied',
      },
    );
    expect(onlyEvent(record)).toMatchObject({
      key: 'alias/ledger',
      account: '111122223333',
      change: { outcome: 'AccessDenied', detail: 'pendingWindowInDays 7' },
    });
  });

  it('tells of a custom key store by the store’s id', () => {
    const record = change(
      'DisconnectCustomKeyStore',
      { customKeyStoreId: 'cks-1234567890abcdef0' },
      { resources: null },
    );
    expect(onlyEvent(record)).toMatchObject({ key: 'cks-1234567890abcdef0', kind: 'change' });
  });

  it('tells of an alias by the key that it is pointed to', () => {
    const record = change('UpdateAlias', { aliasName: 'alias/a', targetKeyId: keyArn }, { resources: [] });
    expect(onlyEvent(record)).toMatchObject({ key: keyArn, change: { detail: 'aliasName alias/a' } });
  });
});
