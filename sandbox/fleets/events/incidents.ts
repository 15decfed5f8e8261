/** What must not happen to a key, and did. */
import type { GrantListEntry } from '@aws-sdk/client-kms';
import type { EventStream } from '../fleet.ts';
import { toHash } from '../names.ts';
import {
  type Context,
  callOnKey,
  createGrant,
  decrypt,
  denied,
  putKeyPolicy,
  revokeGrant,
  scheduleKeyDeletion,
} from './calls.ts';
import { eksService, heartbeat } from './cluster-life.ts';
import { type Caller, seenFromOutside, session } from './identities.ts';
import { type KmsCall, toEventTime, toRecord } from './record.ts';
import { after, every, keyStream, once, type Span, toOnceId } from './streams.ts';

const minute = 60_000;
const hour = 60 * minute;

const onceOn = (keyArn: string, name: string, calls: { at: number; call: KmsCall }[]): EventStream =>
  keyStream(keyArn, [...new Set(calls.map(({ call }) => call.eventName))], once(`${name} ${keyArn}`, calls));

const sessionAt = (
  roleArn: string,
  sessionName: string,
  at: number,
  from: Parameters<typeof session>[3] = {},
) => session(roleArn, sessionName, toEventTime(at - 4 * minute), from);

/** A role that opens what it should not: first a ciphertext that is not this key's, then five that are. */
export const intruder = (keyArn: string, roleArn: string, context: Context, at: number): EventStream => {
  const call = decrypt(
    keyArn,
    sessionAt(roleArn, 'export-7f3a', at, { userAgent: 'Boto3/1.40.31' }),
    context,
  );
  const failed: KmsCall = {
    ...call,
    error: { errorCode: 'InvalidCiphertextException', errorMessage: 'InvalidCiphertextException' },
  };
  const calls = [failed, call, call, call, call, call];
  return onceOn(
    keyArn,
    'intruder',
    calls.map((one, index) => ({ at: at + index * 7 * minute, call: one })),
  );
};

/** A role that uses the key for something of its own: another context, another data. */
export const otherUse = (keyArn: string, roleArn: string, context: Context, span: Span): EventStream =>
  keyStream(
    keyArn,
    ['Decrypt'],
    every(26 * 60, `other use ${keyArn}`, span, (turn) => [
      toRecord(decrypt(keyArn, sessionAt(roleArn, 'nightly', turn.time), context), after(turn, 0, 0)),
    ]),
  );

/** A role that tries the key over and over within an hour of one UTC day, and is refused each time. */
export const prober = (keyArn: string, roleArn: string, day: number, count: number): EventStream =>
  onceOn(
    keyArn,
    'prober',
    Array.from({ length: count }, (_, index) => {
      const at = day + 3 * hour + index * 2 * minute;
      // Each try from a new session: only the role tells that they belong together.
      const caller = sessionAt(roleArn, `cleanup-${index}`, at, { userAgent: 'aws-sdk-nodejs/3.890.0' });
      return { at, call: denied(decrypt(keyArn, caller, {})) };
    }),
  );

/** An administrator who schedules the key's deletion and thinks better of it. */
export const scheduledAndCancelled = (keyArn: string, roleArn: string, at: number): EventStream => {
  const caller = sessionAt(roleArn, 'console', at);
  return onceOn(keyArn, 'scheduled and cancelled', [
    { at, call: scheduleKeyDeletion(keyArn, caller, 7, new Date(at + 7 * 24 * hour)) },
    { at: at + 38 * minute, call: callOnKey('CancelKeyDeletion', keyArn, caller, { keyId: keyArn }) },
    // A key whose deletion is cancelled is disabled.
    { at: at + 39 * minute, call: callOnKey('EnableKey', keyArn, caller) },
  ]);
};

/** How long EKS is refused the key meanwhile. */
export const outageOfScheduled = (at: number) => ({
  from: at,
  to: at + 39 * minute,
  state: 'pending deletion',
});

/** One change of a key, by somebody. */
export const changed = (call: KmsCall, at: number): EventStream =>
  onceOn(call.keyArn, `changed by ${call.eventName}`, [{ at, call }]);

const openedName = 'opened';

/** A policy that is opened and set back four minutes later. The first of its two events is the version that let in. */
export const openedPolicy = (
  keyArn: string,
  caller: Caller,
  policies: { open: string; closed: string },
  at: number,
  isForced: boolean,
): { stream: EventStream; openedBy: string } => ({
  stream: onceOn(keyArn, openedName, [
    { at, call: putKeyPolicy(keyArn, caller, policies.open, isForced) },
    { at: at + 4 * minute, call: putKeyPolicy(keyArn, caller, policies.closed) },
  ]),
  openedBy: toOnceId(`${openedName} ${keyArn}`, 0),
});

/** A use by another account: told to both, without a name to the key's. */
export const foreignUse = (keyArn: string, caller: Caller, context: Context, at: number): EventStream[] => {
  const [, , , region = ''] = keyArn.split(':');
  const account = caller.userIdentity.accountId ?? '';
  const sharedEventID = toOnceId(`shared ${keyArn}`, 0);
  const own: KmsCall = { ...decrypt(keyArn, caller, context), recipientAccountId: account, sharedEventID };
  const seen: KmsCall = { ...decrypt(keyArn, seenFromOutside(caller), context), sharedEventID };
  return [
    onceOn(keyArn, 'foreign', [{ at, call: seen }]),
    {
      account,
      region,
      names: ['Decrypt'],
      keyArn,
      between: once(`foreign at home ${keyArn}`, [{ at, call: own }]),
    },
  ];
};

/** A grant to somebody, revoked after nine minutes; its event is the version that let in. */
export const passingGrant = (
  keyArn: string,
  caller: Caller,
  grant: Pick<GrantListEntry, 'GranteePrincipal' | 'Operations'>,
  at: number,
): { stream: EventStream; openedBy: string } => {
  const GrantId = toHash(`passing grant ${keyArn}`);
  return {
    stream: onceOn(keyArn, 'passing grant', [
      { at, call: createGrant(keyArn, caller, { GrantId, ...grant }) },
      { at: at + 9 * minute, call: revokeGrant(keyArn, caller, GrantId) },
    ]),
    openedBy: toOnceId(`passing grant ${keyArn}`, 0),
  };
};

/** A cluster that nobody knows of: EKS uses the key under a context that no grant of it has. */
export const unknownCluster = (keyArn: string, context: Context, span: Span): EventStream =>
  heartbeat(keyArn, context, span, { minutes: 6 * 60, caller: eksService });
