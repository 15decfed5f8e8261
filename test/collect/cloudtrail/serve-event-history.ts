/** CloudTrail's LookupEvents on loopback, for histories that are told event by event. */
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { z } from 'zod';
import { toKnown } from '../../../shared/evidence/fact.ts';
import type { KeyEvidence, KeyMetadata } from '../../../shared/evidence/key.ts';
import { serveJson } from '../serve-json.ts';

const account = '111122223333';
const region = 'eu-central-1';
export const toKeyArn = (id: string) => `arn:aws:kms:${region}:${account}:key/${id}`;
export const keyArn = toKeyArn('1234abcd-12ab-34cd-56ef-1234567890ab');
export const otherArn = toKeyArn('0987dcba-09fe-87dc-65ba-ab0987654321');

/** A key with what of it decides which events are asked for. */
export const toKey = (arn: string, metadata: Partial<KeyMetadata> = {}): KeyEvidence => ({
  arn,
  account,
  region,
  collectedAt: '2026-11-28T12:00:00.000Z',
  metadata: toKnown({
    Arn: arn,
    KeyId: arn.replace(/^.*\//, ''),
    Origin: 'AWS_KMS',
    MultiRegion: false,
    ...metadata,
  }),
  policy: toKnown('{}'),
  grants: toKnown([]),
});

const day = '2026-11-28';
/** The seconds of a day as a moment. */
export const at = (seconds: number) =>
  new Date(Date.parse(`${day}T00:00:00Z`) + seconds * 1000).toISOString();
export const window = { from: at(0), to: at(12 * 3600) };

let ids = 0;
/** https://docs.aws.amazon.com/kms/latest/developerguide/ct-decrypt.html */
export const toRecord = (eventName: string, eventTime: string, more: object = {}, arn = keyArn) => {
  ids += 1;
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${account}:assumed-role/app/session`,
      accountId: account,
      sessionContext: { sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${account}:role/app` } },
    },
    eventTime: eventTime.replace(/\.000Z$/, 'Z'),
    eventSource: 'kms.amazonaws.com',
    eventName,
    awsRegion: region,
    sourceIPAddress: '192.0.2.0',
    userAgent: 'aws-cli/2',
    requestParameters: {},
    responseElements: null,
    eventID: `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`,
    readOnly: true,
    resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: arn }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
    ...more,
  };
};
type CloudTrailRecord = ReturnType<typeof toRecord>;

/** Events of one name at even distances, from a moment backwards. */
export const toRecords = (count: number, eventName: string, everySeconds: number, arn = keyArn) =>
  Array.from({ length: count }, (_, index) =>
    toRecord(eventName, at(12 * 3600 - 60 - index * everySeconds), {}, arn),
  );

/** What LookupEvents gives of a record; `CloudTrailEvent` may be told apart. */
const toEvent = (record: CloudTrailRecord & { text?: string }) => ({
  EventId: record.eventID,
  EventName: record.eventName,
  EventTime: Date.parse(record.eventTime) / 1000,
  EventSource: record.eventSource,
  Resources: (record.resources ?? []).map(({ ARN }) => ({
    ResourceType: 'AWS::KMS::Key',
    ResourceName: ARN,
  })),
  CloudTrailEvent: record.text ?? JSON.stringify(record),
});

const input = z.object({
  LookupAttributes: z.tuple([
    z.object({
      AttributeKey: z.enum(['EventName', 'EventSource', 'ResourceName']),
      AttributeValue: z.string(),
    }),
  ]),
  StartTime: z.number().optional(),
  EndTime: z.number(),
  MaxResults: z.literal(50),
  NextToken: z.string().optional(),
});
type AskedEvents = { key: string; value: string; isFirst: boolean; startTime: number | undefined };

/** Another answer to a request, told by what is asked and how many requests there were, this one included. */
export type Trouble = (asked: AskedEvents, count: number) => object | undefined;

/** Serves records for one test, newest first, 50 a page; gives a reader of them, and what was asked of it. */
export const serveEventHistory = async (
  records: readonly (CloudTrailRecord & { text?: string })[],
  trouble?: Trouble,
) => {
  const asked: AskedEvents[] = [];
  const interruption = new AbortController();
  const access = await serveJson((call) => {
    const {
      LookupAttributes,
      StartTime: from = 0,
      EndTime: to,
      NextToken,
      ...rest
    } = input.parse(call.input);
    const [{ AttributeKey: key, AttributeValue: value }] = LookupAttributes;
    const one = { key, value, isFirst: NextToken === undefined, startTime: from === 0 ? undefined : from };
    asked.push(one);
    const answer = trouble?.(one, asked.length);
    if (answer) return answer;
    const found = records
      .filter((record) => {
        if (key === 'EventName') return record.eventName === value;
        if (key === 'EventSource') return record.eventSource === value;
        return (record.resources ?? []).some(({ ARN }) => ARN === value);
      })
      .map(toEvent)
      .filter(({ EventTime }) => EventTime >= from && EventTime <= to)
      .sort((a, b) => b.EventTime - a.EventTime);
    const parameters = JSON.stringify([LookupAttributes, from, to]);
    const { start, given } = NextToken ? JSON.parse(NextToken) : { start: 0, given: parameters };
    if (given !== parameters)
      return Object.assign(new Error('other parameters'), { name: 'InvalidNextTokenException' });
    const end = start + rest.MaxResults;
    const more = end < found.length ? { NextToken: JSON.stringify({ start: end, given }) } : {};
    return { Events: found.slice(start, end), ...more };
  });
  const client = new CloudTrailClient(access);
  return { reader: { client, signal: interruption.signal }, asked, interruption };
};

export const toError = (name: string, message = 'so it is') => Object.assign(new Error(message), { name });
