/** A call to KMS as a record of CloudTrail. https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html */
import type { CloudTrailRecord } from '../fleet.ts';
import { toHash } from '../names.ts';
import type { Caller } from './identities.ts';

/** When and as which event something happens. */
export type Occurrence = { time: number; eventID: string };

export type KmsCall = {
  eventName: string;
  caller: Caller;
  keyArn: string;
  requestParameters: object | null;
  responseElements?: object | null;
  additionalEventData?: object;
  error?: { errorCode: string; errorMessage: string };
  /** Where the same call is told to another account, too. */
  sharedEventID?: string;
  /** The account that the record is for; the key's, unless told otherwise. */
  recipientAccountId?: string;
};

const readOnly = /^(Decrypt|Encrypt|ReEncrypt|GenerateDataKey.*|Describe.*|Get.*|List.*)$/;

const dayMilliseconds = 86_400_000;
const days = new Map<number, string>();
const two = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** A moment as CloudTrail tells it, in whole seconds. */
export const toEventTime = (time: number): string => {
  const number = Math.floor(time / dayMilliseconds);
  const day = days.get(number) ?? new Date(time).toISOString().slice(0, 10);
  days.set(number, day);
  const second = Math.floor((time - number * dayMilliseconds) / 1000);
  return `${day}T${two[Math.floor(second / 3600)]}:${two[Math.floor(second / 60) % 60]}:${two[second % 60]}Z`;
};

/** The key material in use: told with every cryptographic call. */
export const toMaterialId = (keyArn: string): string => toHash(`material ${keyArn}`);

/** Calls over the network tell their TLS; a service's own do not. */
const toTls = ({ userIdentity }: Caller, region: string) =>
  userIdentity.type === 'AWSService' || userIdentity.invokedBy !== undefined
    ? {}
    : {
        tlsDetails: {
          tlsVersion: 'TLSv1.3',
          cipherSuite: 'TLS_AES_256_GCM_SHA384',
          clientProvidedHostHeader: `kms.${region}.amazonaws.com`,
          keyExchange: 'X25519MLKEM768',
        },
      };

/**
 * AccessDenied leaves no parameters and no resources, as public reports of denied ListGrants show it; whether a denied
 * Decrypt looks the same is not documented. Other refusals tell both: https://docs.aws.amazon.com/kms/latest/developerguide/ct-decrypt.html
 */
const isDenied = ({ error }: KmsCall): boolean => error?.errorCode === 'AccessDenied';

/** All of a record but what tells one call from the next. */
const toTemplate = (call: KmsCall): CloudTrailRecord => {
  const { caller, keyArn, error, additionalEventData, sharedEventID } = call;
  const [, , , awsRegion = '', account = ''] = keyArn.split(':');
  return {
    eventVersion: '1.11',
    userIdentity: caller.userIdentity,
    eventTime: '',
    eventSource: 'kms.amazonaws.com',
    eventName: call.eventName,
    awsRegion,
    sourceIPAddress: caller.sourceIPAddress,
    userAgent: caller.userAgent,
    ...error,
    requestParameters: isDenied(call) ? null : call.requestParameters,
    responseElements: error === undefined ? (call.responseElements ?? null) : null,
    ...(error === undefined && additionalEventData !== undefined ? { additionalEventData } : {}),
    requestID: '',
    eventID: '',
    readOnly: readOnly.test(call.eventName),
    ...(isDenied(call) ? {} : { resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: keyArn }] }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: call.recipientAccountId ?? account,
    ...(sharedEventID === undefined ? {} : { sharedEventID }),
    eventCategory: 'Management',
    ...toTls(caller, awsRegion),
  };
};

/** A control plane makes the same call again and again. */
const templates = new WeakMap<KmsCall, CloudTrailRecord>();

/** Takes a call and when it happened; gives its record. */
export const toRecord = (call: KmsCall, { time, eventID }: Occurrence): CloudTrailRecord => {
  const template = templates.get(call) ?? toTemplate(call);
  templates.set(call, template);
  const requestID = `${eventID.slice(9, 13)}${eventID.slice(0, 4)}${eventID.slice(8)}`;
  return { ...template, eventTime: toEventTime(time), requestID, eventID };
};
