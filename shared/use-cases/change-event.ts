/** Events that EventBridge forwards, and which of them change what a scan would find. */
import { z } from 'zod';
import { changeNames } from '../activity/key-event.ts';
import { parseArn } from '../evidence/arn.ts';
import { EventError } from '../runtime/errors.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
const envelope = z.object({
  source: z.string(),
  'detail-type': z.string(),
  account: z.string().regex(/^\d{12}$/),
  region: z.string().min(1),
  time: z.iso.datetime(),
  resources: z.array(z.string()).default([]),
});

/** https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
const trailEvent = envelope.extend({
  detail: z.object({
    eventSource: z.string(),
    eventName: z.string(),
    eventTime: z.iso.datetime().optional(),
    errorCode: z.string().optional(),
    userIdentity: z.object({ invokedBy: z.string().optional() }).optional(),
    resources: z.array(z.object({ ARN: z.string().optional() })).nullish(),
  }),
});

export const changes: Readonly<Record<string, ReadonlySet<string>>> = {
  'kms.amazonaws.com': new Set(changeNames),
  'eks.amazonaws.com': new Set([
    'CreateCluster',
    'DeleteCluster',
    'AssociateEncryptionConfig',
    'UpdateClusterConfig',
    'CreateAccessEntry',
    'UpdateAccessEntry',
    'DeleteAccessEntry',
    'AssociateAccessPolicy',
    'DisassociateAccessPolicy',
    'CreatePodIdentityAssociation',
    'DeletePodIdentityAssociation',
  ]),
  'cloudtrail.amazonaws.com': new Set(['StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors']),
};

/** KMS tells of these itself: https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html */
const kmsEvents = new Set(['KMS CMK Deletion', 'KMS Imported Key Material Expiration']);

export interface ChangeEvent {
  /** Where what changed lives: a key's home, however far away its caller. */
  account: string;
  region: string;
  at: string;
  /** The keys that it names. */
  keyArns: string[];
  /** A name of a key changed. It matters only where a cluster hangs on the key. */
  isOfAlias: boolean;
}

/**
 * Takes an event; gives the change that it tells of, or why it is none. Throws EventError where it is no event at all.
 */
export const parseChangeEvent = (event: unknown): ChangeEvent | { ignored: string } => {
  const base = parse(envelope, event);
  const { source, 'detail-type': type } = base;
  if (source === 'aws.kms' && kmsEvents.has(type)) return toChange(base, base.time, base.resources, false);
  if (!type.endsWith('via CloudTrail')) return { ignored: `${source} "${type}" is no change` };
  const { detail } = parse(trailEvent, event);
  const { eventSource, eventName, errorCode, userIdentity, resources } = detail;
  const name = `${eventSource} ${eventName}`;
  if (!changes[eventSource]?.has(eventName)) return { ignored: `${name} is not among the changes` };
  if (errorCode !== undefined) return { ignored: `${name} failed: ${errorCode}` };
  // EBS, RDS and their like create a grant for each volume and instance.
  const service = userIdentity?.invokedBy;
  if (eventName === 'CreateGrant' && service?.endsWith('.amazonaws.com') && service !== 'eks.amazonaws.com')
    return { ignored: `${name} by ${service}` };
  const arns = [...(resources ?? []).flatMap(({ ARN }) => ARN ?? []), ...base.resources];
  return toChange(base, detail.eventTime ?? base.time, arns, /Alias$/.test(eventName));
};

const parse = <S extends z.ZodType>(shape: S, event: unknown): z.output<S> => {
  const parsed = shape.safeParse(event);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new EventError(
    'UNKNOWN_EVENT',
    `This is no event of EventBridge: ${issue?.path.join('.')}: ${issue?.message}`,
  );
};

const toChange = (
  { account, region }: z.infer<typeof envelope>,
  at: string,
  arns: readonly string[],
  isOfAlias: boolean,
): ChangeEvent => {
  const keyArns = arns.filter((arn) => /:kms:[^:]*:\d{12}:key\//.test(arn));
  const home = parseArn(keyArns[0] ?? '') ?? { account, region };
  return { account: home.account, region: home.region, at, keyArns: [...new Set(keyArns)], isOfAlias };
};
