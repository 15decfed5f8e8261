/** An event as LookupEvents tells it, and by which attributes it is found. */
import type { Event, LookupAttribute } from '@aws-sdk/client-cloudtrail';
import { AwsError } from '../aws-error.ts';
import type { CloudTrailRecord, EventStream } from '../fleets/fleet.ts';

const userOf = ({ userIdentity: { userName, arn, type } }: CloudTrailRecord): string | undefined =>
  userName ?? (type === 'AssumedRole' ? arn?.split('/').at(-1) : undefined);

/**
 * Services' own calls come without resources, though their records name the key: so recorded in 2026 of CloudFront's
 * Decrypts. Of others' calls the key's ARN is a resource's name; no recorded answer proves it.
 */
const resourcesOf = ({ resources = [], userIdentity }: CloudTrailRecord) =>
  userIdentity.type === 'AWSService'
    ? []
    : resources.map(({ type, ARN }) => ({ ResourceType: type, ResourceName: ARN }));

export const toEvent = (record: CloudTrailRecord): Event => ({
  EventId: record.eventID,
  EventName: record.eventName,
  ReadOnly: String(record.readOnly),
  ...(record.userIdentity.accessKeyId ? { AccessKeyId: record.userIdentity.accessKeyId } : {}),
  EventTime: new Date(record.eventTime),
  EventSource: record.eventSource,
  ...(userOf(record) === undefined ? {} : { Username: userOf(record) }),
  Resources: resourcesOf(record),
  CloudTrailEvent: JSON.stringify(record),
});

/** Which events a look-up is about, and which streams may have some. */
export type Matcher = { isOf(stream: EventStream): boolean; matches(record: CloudTrailRecord): boolean };
export const anyStream = () => true;

export const toMatcher = ({ AttributeKey: key, AttributeValue: value }: LookupAttribute): Matcher => {
  switch (key) {
    case 'EventId':
      return { isOf: anyStream, matches: ({ eventID }) => eventID === value };
    case 'EventName':
      return {
        isOf: ({ names }) => names.includes(value ?? ''),
        matches: ({ eventName }) => eventName === value,
      };
    case 'EventSource':
      return { isOf: anyStream, matches: ({ eventSource }) => eventSource === value };
    case 'ReadOnly':
      return { isOf: anyStream, matches: ({ readOnly }) => String(readOnly) === value };
    case 'Username':
      return { isOf: anyStream, matches: (record) => userOf(record) === value };
    case 'AccessKeyId':
      return { isOf: anyStream, matches: ({ userIdentity }) => userIdentity.accessKeyId === value };
    case 'ResourceName':
      return {
        isOf: anyStream,
        matches: (record) => resourcesOf(record).some(({ ResourceName }) => ResourceName === value),
      };
    case 'ResourceType':
      return {
        isOf: anyStream,
        matches: (record) => resourcesOf(record).some(({ ResourceType }) => ResourceType === value),
      };
    default:
      throw new AwsError('InvalidLookupAttributesException', `Lookup attribute ${key} is not valid.`);
  }
};
