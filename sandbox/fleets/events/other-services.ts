/** Events of other services than KMS. */
import type { CloudTrailRecord } from '../fleet.ts';
import type { Caller } from './identities.ts';
import { toEventTime } from './record.ts';
import { after, type Turn } from './streams.ts';

export type Place = { account: string; region: string };

/** An event of any service but KMS. */
export type Other = {
  service: string;
  name: string;
  caller: Caller;
  request: object | null;
  response?: object | null;
  isReadOnly?: boolean;
  resources?: CloudTrailRecord['resources'];
};

/** A record of a call that was made some seconds after a turn began. */
export const toOther = (
  { account, region }: Place,
  turn: Turn,
  seconds: number,
  what: number,
  event: Other,
): CloudTrailRecord => {
  const { time, eventID } = after(turn, seconds, what);
  return {
    eventVersion: '1.11',
    ...event.caller,
    eventTime: toEventTime(time),
    eventSource: `${event.service}.amazonaws.com`,
    eventName: event.name,
    awsRegion: region,
    requestParameters: event.request,
    responseElements: event.response ?? null,
    requestID: turn.id(what + 1000),
    eventID,
    readOnly: event.isReadOnly ?? true,
    ...(event.resources === undefined ? {} : { resources: event.resources }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  };
};

export const toRole = ({ account }: Place, name: string) => `arn:aws:iam::${account}:role/${name}`;
