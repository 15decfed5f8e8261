/** What the control plane of a cluster does with its key. */
import type { CloudTrailRecord, EventStream } from '../fleet.ts';
import { type Context, callOnKey, decrypt, denied, encrypt } from './calls.ts';
import { type Caller, seenFromOutside, service, session } from './identities.ts';
import { type KmsCall, toEventTime, toRecord } from './record.ts';
import { after, every, keyStream, type Span, type Turn } from './streams.ts';

/** AWS documents no record of EKS's own calls to KMS; other services' look like this, and the grant's grantee is EKS. */
export const eksService = service('eks.amazonaws.com');

const checkMinutes = 120;

/** A time in which KMS refuses the key to everybody. */
type Outage = { from: number; to: number; state: string };

const inState = (call: KmsCall, { state }: Outage): KmsCall => ({
  ...call,
  error: {
    errorCode: 'KMSInvalidStateException',
    errorMessage: `${call.keyArn} is ${state}.`,
  },
});

export type HeartbeatOptions = { minutes?: number; outage?: Outage; caller?: Caller };

/**
 * From KMS v2 on: steady health checks, one Encrypt and one Decrypt, and now and then a few more where an API server
 * starts. Far rarer than a real cluster's, which makes some each minute: a fleet has many clusters and its readers little time.
 */
export const heartbeat = (
  keyArn: string,
  context: Context,
  span: Span,
  { minutes = 120, outage, caller = eksService }: HeartbeatOptions = {},
): EventStream => {
  const tell = (call: KmsCall, turn: Turn, seconds: number, what: number): CloudTrailRecord => {
    const occurrence = after(turn, seconds, what);
    const isOut = outage !== undefined && occurrence.time >= outage.from && occurrence.time < outage.to;
    return toRecord(isOut ? inState(call, outage) : call, occurrence);
  };
  const [seal, open] = [encrypt(keyArn, caller, context), decrypt(keyArn, caller, context)];
  return keyStream(
    keyArn,
    ['Encrypt', 'Decrypt'],
    every(minutes, `heartbeat ${keyArn} ${JSON.stringify(context)}`, span, (turn) => [
      tell(seal, turn, 0, 0),
      tell(open, turn, 1, 1),
      ...(turn.pick(75, 0) === 0
        ? [tell(seal, turn, 20, 2), tell(open, turn, 21, 3), tell(open, turn, 24, 4)]
        : []),
    ]),
  );
};

/** Below 1.28: a Decrypt for each object that is read and not cached, more by day than by night. */
export const readsOfKmsV1 = (keyArn: string, context: Context, span: Span): EventStream => {
  const open = decrypt(keyArn, eksService, context);
  const seal = encrypt(keyArn, eksService, context);
  return keyStream(
    keyArn,
    ['Encrypt', 'Decrypt'],
    every(
      60,
      `kms v1 ${keyArn}`,
      span,
      (turn) => {
        const hour = new Date(turn.time).getUTCHours();
        const count = (hour >= 6 && hour < 18 ? 22 : 9) + turn.pick(8, 0);
        const second = (what: number) => turn.pick(3600, what);
        const reads = Array.from({ length: count }, (_, index) =>
          toRecord(open, after(turn, second(index + 1), index)),
        );
        return [...reads, toRecord(seal, after(turn, second(0), 100))];
      },
      60,
    ),
  );
};

/** A day on which the control plane decrypts each half minute. */
export const decryptStorm = (keyArn: string, context: Context, day: Span): EventStream =>
  keyStream(
    keyArn,
    ['Decrypt'],
    every(0.5, `storm ${keyArn}`, day, (turn) => [
      toRecord(decrypt(keyArn, eksService, context), after(turn, 0, 0)),
    ]),
  );

/**
 * EKS lists the key's grants as the cluster's role each hour, here each two, and now and then describes it. A role of
 * another account is told to both accounts, but where it is refused only to its own.
 * https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
 */
export const healthChecks = (
  keyArn: string,
  roleArn: string,
  span: Span,
  { mayListGrants = true, mayDescribeKey = true } = {},
): EventStream[] => {
  const [, , , region = '', keyAccount = ''] = keyArn.split(':');
  const roleAccount = roleArn.split(':')[4] ?? '';
  const isCrossAccount = keyAccount !== roleAccount;
  const name = `health ${keyArn} ${roleArn}`;
  const checks = [
    { eventName: 'ListGrants', isAllowed: mayListGrants, eachTurns: 1 },
    { eventName: 'DescribeKey', isAllowed: mayDescribeKey, eachTurns: 2 },
  ];
  const make = (isForKey: boolean) => (turn: Turn) => {
    const caller = session(roleArn, 'health-check-session', toEventTime(turn.time), {
      invokedBy: 'eks.amazonaws.com',
    });
    return checks.flatMap(({ eventName, isAllowed, eachTurns }, index) => {
      if (turn.number % eachTurns !== 0 || (isForKey && isCrossAccount && !isAllowed)) return [];
      const call: KmsCall = {
        ...callOnKey(eventName, keyArn, isForKey && isCrossAccount ? seenFromOutside(caller) : caller),
        recipientAccountId: isForKey ? keyAccount : roleAccount,
        ...(isCrossAccount && isAllowed ? { sharedEventID: turn.id(10 + index) } : {}),
      };
      const id = index * 2 + (isForKey ? 0 : 1);
      return [toRecord(isAllowed ? call : denied(call), after(turn, index, id))];
    });
  };
  const names = checks.map(({ eventName }) => eventName);
  const streams = [keyStream(keyArn, names, every(checkMinutes, name, span, make(true)))];
  if (isCrossAccount)
    streams.push({
      account: roleAccount,
      region,
      names,
      keyArn,
      between: every(checkMinutes, name, span, make(false)),
    });
  return streams;
};
