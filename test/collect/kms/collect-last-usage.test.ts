import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import type { KeyReader } from '../../../shared/collect/kms/collect-key.ts';
import { collectLastUsage } from '../../../shared/collect/kms/collect-last-usage.ts';
import { toKnown, toUnknown } from '../../../shared/evidence/fact.ts';
import { type Asked, serveJson } from '../serve-json.ts';

const arn = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const open = async (answer: object, reading: Partial<KeyReader> = {}) => {
  const asked: Asked[] = [];
  const access = await serveJson((call) => {
    asked.push(call);
    return answer;
  });
  const reader: KeyReader = {
    client: new KMSClient(access),
    isHome: true,
    lacking: new Map(),
    abortSignal: new AbortController().signal,
    ...reading,
  };
  return { reader, asked };
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html */
const used = {
  KeyId: arn,
  KeyLastUsage: {
    Operation: 'Encrypt',
    Timestamp: 1773253497,
    CloudTrailEventId: '2cfd5892-ea8c-4342-ad49-4b9594b06a8b',
    KmsRequestId: '040cce3e-9ef3-4651-b8cf-e47c9bafdc9b',
  },
  TrackingStartDate: 1773253425.56,
  KeyCreationDate: 1773253425.56,
};

describe('collectLastUsage', () => {
  it('tells the last use and since when KMS keeps track of it', async () => {
    const { reader, asked } = await open(used);
    expect(await collectLastUsage(reader, arn)).toEqual(
      toKnown({
        KeyLastUsage: {
          Operation: 'Encrypt',
          Timestamp: '2026-03-11T18:24:57.000Z',
          CloudTrailEventId: '2cfd5892-ea8c-4342-ad49-4b9594b06a8b',
        },
        TrackingStartDate: '2026-03-11T18:23:45.560Z',
      }),
    );
    expect(asked).toEqual([{ operation: 'GetKeyLastUsage', input: { KeyId: arn } }]);
  });

  it.each([
    ['an empty object', { KeyLastUsage: {} }],
    ['nothing', {}],
  ])('tells of a key that was not used by %s', async (_, usage) => {
    const { reader } = await open({ TrackingStartDate: 1773253425.56, ...usage });
    expect(await collectLastUsage(reader, arn)).toEqual(
      toKnown({ ...usage, TrackingStartDate: '2026-03-11T18:23:45.560Z' }),
    );
  });

  it('is not asked for from outside', async () => {
    const { reader, asked } = await open(used, { isHome: false });
    expect(await collectLastUsage(reader, arn)).toEqual(
      toUnknown('access-denied', expect.stringContaining('kms:GetKeyLastUsage works in')),
    );
    expect(asked).toEqual([]);
  });

  it('is asked for once where the endpoint lacks it', async () => {
    const lacking = Object.assign(new Error('no such call'), { name: 'UnknownOperationException' });
    const { reader, asked } = await open(lacking);
    for (const key of [arn, `${arn}-other`])
      expect(await collectLastUsage(reader, key)).toMatchObject({ unknown: 'unsupported' });
    expect(asked).toHaveLength(1);
  });

  it('is unknown where it fails', async () => {
    const { reader } = await open(Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    expect(await collectLastUsage(reader, arn)).toMatchObject({ unknown: 'access-denied' });
  });
});
