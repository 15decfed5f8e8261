/** One record of CloudTrail about keys of KMS, told apart from look-alikes of other services, and what it says. */
import { z } from 'zod';
import { parseArn } from '../evidence/arn.ts';
import type { Actor, KeyChange, UseOperation } from '../evidence/events.ts';
import { useOperation, useOperations } from '../evidence/events.ts';
import { grant } from '../evidence/key.ts';
import { toActor, userIdentity } from './actor.ts';

/** The calls that change a key, its lifetime, or who may use it. */
export const changeNames = [
  'PutKeyPolicy',
  'CreateGrant',
  'RevokeGrant',
  'RetireGrant',
  'DisableKey',
  'EnableKey',
  'ScheduleKeyDeletion',
  'CancelKeyDeletion',
  'DisableKeyRotation',
  'ImportKeyMaterial',
  'DeleteImportedKeyMaterial',
  'ReplicateKey',
  'UpdatePrimaryRegion',
  'DisconnectCustomKeyStore',
  'DeleteCustomKeyStore',
  'UpdateCustomKeyStore',
  'CreateAlias',
  'UpdateAlias',
  'DeleteAlias',
] as const;
const changes: ReadonlySet<string> = new Set(changeNames);

const text = z.string().nullish();
const pairs = z.record(z.string(), z.string()).nullish();

// Made once: zod compiles a shape when it first meets a value, which costs more than to parse thousands.
const askedGrant = grant.partial({ GrantId: true });

/** Only what is read: a record has much more. Events of KMS spell parameters as the API does, first letter small. */
const record = z.object({
  eventID: z.string(),
  eventTime: z.iso.datetime({ offset: true }),
  eventSource: z.literal('kms.amazonaws.com'),
  eventName: z.string(),
  awsRegion: z.string(),
  recipientAccountId: text,
  userIdentity: userIdentity.nullish(),
  sourceIPAddress: text,
  userAgent: text,
  errorCode: text,
  errorMessage: text,
  resources: z.array(z.object({ ARN: text, type: text })).nullish(),
  requestParameters: z
    .looseObject({
      keyId: text,
      encryptionContext: pairs,
      sourceEncryptionContext: pairs,
      destinationEncryptionContext: pairs,
      sourceKeyId: text,
      destinationKeyId: text,
      targetKeyId: text,
    })
    .nullish(),
  responseElements: z.looseObject({ grantId: text, keyId: text }).nullish(),
  additionalEventData: z.looseObject({ grantId: text }).nullish(),
});
type CloudTrailRecord = z.infer<typeof record>;

export interface KeyUseEvent extends Actor {
  id: string;
  time: string;
  operation: UseOperation;
  context: Record<string, string>;
  outcome: string;
  source: string;
  agent: string;
}

/** What a record says of one key. `key` is an ARN, or of a change that failed maybe an id or alias in `account`. */
export type KeyEvent = { key: string; account: string; region: string } & (
  | { kind: 'use'; use: KeyUseEvent }
  | { kind: 'change'; change: KeyChange }
);

/**
 * Takes a record of CloudTrail, as log files and LookupEvents give it. Gives what it says of each key it is about:
 * nothing where it is no use and no change of a key. Throws ZodError where it is one and lacks what such records have.
 */
export const parseKeyEvents = (raw: unknown): KeyEvent[] => {
  if (!isOfKeys(raw)) return [];
  const parsed = record.parse(raw);
  const keyArns = getKeyArns(parsed);
  const account = parsed.recipientAccountId ?? parseArn(keyArns[0] ?? '')?.account ?? '';
  const place = { account, region: parsed.awsRegion };
  if (changes.has(parsed.eventName)) {
    const change = toChange(parsed, keyArns);
    return toChangedKeys(parsed, keyArns).map((key) => ({ ...place, key, kind: 'change', change }));
  }
  return toUses(parsed, keyArns).map(({ key, operation, context }) => ({
    ...place,
    key,
    kind: 'use',
    use: { ...toCall(parsed, keyArns), operation, context },
  }));
};

const uses: ReadonlySet<string> = new Set([...useOperations, 'ReEncrypt']);

/** Names alone prove nothing: other services have a CreateAlias, too. Asked of every record, so no shape is tried. */
const isOfKeys = (raw: unknown): boolean =>
  typeof raw === 'object' &&
  raw !== null &&
  'eventSource' in raw &&
  raw.eventSource === 'kms.amazonaws.com' &&
  'eventName' in raw &&
  typeof raw.eventName === 'string' &&
  (changes.has(raw.eventName) || uses.has(raw.eventName));

const isKeyArn = (text: string | null | undefined): text is string => {
  const arn = parseArn(text ?? '');
  return arn?.service === 'kms' && arn.resource.startsWith('key/');
};

/**
 * The keys by the record's resources. A refused call may have none; then the refusal's own words name the key:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
const getKeyArns = ({ resources, errorMessage }: CloudTrailRecord): string[] => {
  const named = (resources ?? []).flatMap(({ ARN }) => (isKeyArn(ARN) ? ARN : []));
  if (named.length > 0) return named;
  return refusedKey.exec(errorMessage ?? '')?.slice(1, 2) ?? [];
};

/** After these words alone: the caller's own ARN comes first, and whoever makes a role or user chooses its path. */
const refusedKey = /\bon resource: (arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+)/;

const toCall = (parsed: CloudTrailRecord, keyArns: readonly string[]) => {
  const partition = parseArn(keyArns[0] ?? parsed.userIdentity?.arn ?? '')?.partition ?? 'aws';
  return {
    ...toActor(parsed.userIdentity ?? {}, partition),
    id: parsed.eventID,
    time: new Date(parsed.eventTime).toISOString(),
    outcome: parsed.errorCode ?? 'success',
    source: parsed.sourceIPAddress ?? '',
    agent: parsed.userAgent ?? '',
  };
};

/** A symmetric Decrypt names no key in its parameters, so the record's resources count. */
const toUses = (
  { eventName, requestParameters: asked, resources, errorMessage }: CloudTrailRecord,
  [first, second]: string[],
): { key: string; operation: UseOperation; context: Record<string, string> }[] => {
  if (eventName !== 'ReEncrypt') {
    const key = first ?? asked?.keyId;
    if (!key) return [];
    return [{ key, operation: useOperation.parse(eventName), context: asked?.encryptionContext ?? {} }];
  }
  // The source first, then the target; the same key twice where only the context is changed.
  // https://docs.aws.amazon.com/kms/latest/developerguide/ct-reencrypt.html
  const isRefused = !resources?.some(({ ARN }) => isKeyArn(ARN));
  // A refusal names one key, and which side of it was refused.
  const [opened, sealed] = !isRefused
    ? [first, second]
    : /\bperform: kms:ReEncryptTo on resource: /.test(errorMessage ?? '')
      ? [undefined, first]
      : [first, undefined];
  const [from, to] = [opened ?? asked?.sourceKeyId, sealed ?? asked?.destinationKeyId];
  return [
    ...(from
      ? [{ key: from, operation: 'ReEncryptFrom' as const, context: asked?.sourceEncryptionContext ?? {} }]
      : []),
    ...(to
      ? [{ key: to, operation: 'ReEncryptTo' as const, context: asked?.destinationEncryptionContext ?? {} }]
      : []),
  ];
};

/** An alias is changed for the key that it is pointed to; a custom key store's changes name the store alone. */
const toChangedKeys = (
  { eventName, requestParameters: asked, responseElements: answered }: CloudTrailRecord,
  keyArns: readonly string[],
): string[] => {
  const named = keyArns.length > 0 ? keyArns : [answered?.keyId, asked?.keyId, asked?.targetKeyId];
  const keys = named.flatMap((key) => key ?? []);
  if (keys.length > 0) return [...new Set(keys)];
  const store = getText(asked?.customKeyStoreId);
  return eventName.endsWith('CustomKeyStore') && store !== undefined ? [store] : [];
};

const grantParameters = z.looseObject({
  name: text,
  granteePrincipal: text,
  granteeServicePrincipal: text,
  retiringPrincipal: text,
  retiringServicePrincipal: text,
  operations: z.array(z.string()).nullish(),
  constraints: z
    .object({ encryptionContextEquals: pairs, encryptionContextSubset: pairs, sourceArn: text })
    .nullish(),
});

/** The grant that CreateGrant asked for, in the words of ListGrants. */
const toGrant = ({
  requestParameters,
  responseElements,
  eventTime,
}: CloudTrailRecord): KeyChange['grant'] => {
  const asked = grantParameters.parse(requestParameters ?? {});
  const constraints = asked.constraints ?? {};
  const given = {
    GrantId: responseElements?.grantId,
    Name: asked.name,
    CreationDate: new Date(eventTime).toISOString(),
    GranteePrincipal: asked.granteePrincipal,
    GranteeServicePrincipal: asked.granteeServicePrincipal,
    RetiringPrincipal: asked.retiringPrincipal,
    RetiringServicePrincipal: asked.retiringServicePrincipal,
    Operations: asked.operations,
    Constraints: withoutNulls({
      EncryptionContextEquals: constraints.encryptionContextEquals,
      EncryptionContextSubset: constraints.encryptionContextSubset,
      SourceArn: constraints.sourceArn,
    }),
  };
  return askedGrant.parse(withoutNulls(given));
};

const withoutNulls = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));

/** Most changes have one of these values at most: zod makes an error, with its stack, of each that is missing. */
const getText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const toChange = (parsed: CloudTrailRecord, keyArns: readonly string[]): KeyChange => {
  const { eventName: name, requestParameters: asked = {} } = parsed;
  const told = { ...toCall(parsed, keyArns), name };
  const grantId = getText(asked?.grantId ?? parsed.additionalEventData?.grantId);
  const policy = getText(asked?.policy);
  const detail = toDetail(asked ?? {});
  return {
    ...told,
    ...(name === 'PutKeyPolicy' && policy !== undefined ? { policy } : {}),
    ...(name === 'PutKeyPolicy' && asked?.bypassPolicyLockoutSafetyCheck === true
      ? { bypassesLockoutCheck: true }
      : {}),
    ...(name === 'CreateGrant' ? { grant: toGrant(parsed) } : {}),
    ...(name !== 'CreateGrant' && grantId !== undefined ? { grantId } : {}),
    ...(detail === undefined ? {} : { detail }),
  };
};

/** Parameters worth telling, by their names in the API. */
const toldParameters = [
  'pendingWindowInDays',
  'replicaRegion',
  'primaryRegion',
  'aliasName',
  'customKeyStoreId',
  'expirationModel',
] as const;

const toDetail = (asked: Record<string, unknown>): string | undefined => {
  const told = toldParameters.flatMap((name) => {
    const value = asked[name];
    return typeof value === 'string' || typeof value === 'number' ? [`${name} ${value}`] : [];
  });
  return told.length > 0 ? told.join(', ') : undefined;
};
