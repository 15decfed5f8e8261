/** Somebody took keys of the demo's away, or nearly did. Its control policies let only the break-glass role delete one. */
import { callOnKey, revokeGrant, scheduleKeyDeletion } from '../events/calls.ts';
import { changed, scheduledAndCancelled } from '../events/incidents.ts';
import { eksGrant } from '../grants.ts';
import { fail } from '../scenario.ts';
import { accountIds } from './accounts.ts';
import { asRole, day, dayBefore, hour, type Incident, type KeyFinder } from './incident.ts';

/** When the keys that are of no use any more were lost, in days; none of it is told by the cluster's own life. */
export const lostDaysAgo: Record<string, number> = {
  'payments-api': 21,
  'payments-ledger': 20,
  'payments-webhooks': 25,
  'payments-primary': 25,
  'payments-cards': 3,
  'payments-reports': 1,
};

/** When the deletion of one was scheduled, to be cancelled within the hour. */
export const tampered = (now: Date): number => dayBefore(now, 5) + 22 * hour;

/** Takes the moment that dates are counted back from, and who finds the keys. */
export const losses = (now: Date, find: KeyFinder): Incident => {
  const payments = accountIds.paymentsProd;
  const breakGlass = (account: string) => `arn:aws:iam::${account}:role/break-glass`;
  const ago = (cluster: string) => now.getTime() - (lostDaysAgo[cluster] ?? 0) * day;
  const arnOf = (cluster: string) => find(cluster).metadata.Arn;
  const developer = (cluster: string) => asRole(payments, 'developer', ago(cluster), 'engineer@example.com');
  const changes = 'key-changes-are-expected';
  const scheduled = (cluster: string, keyArn: string) =>
    changed(
      scheduleKeyDeletion(
        keyArn,
        asRole(payments, 'break-glass', ago(cluster), 'night-shift'),
        30,
        new Date(ago(cluster) + 30 * day),
      ),
      ago(cluster),
    );
  const primary = arnOf('payments-primary');
  return {
    streams: [
      scheduledAndCancelled(arnOf('platform-edge'), breakGlass(accountIds.platformProd), tampered(now)),
      scheduled('payments-api', arnOf('payments-api')),
      changed(
        callOnKey('DisableKey', arnOf('payments-ledger'), developer('payments-ledger')),
        ago('payments-ledger'),
      ),
      changed(
        revokeGrant(
          arnOf('payments-webhooks'),
          developer('payments-webhooks'),
          eksGrant('payments-webhooks', payments, 'eu-central-1').GrantId ?? '',
        ),
        ago('payments-webhooks'),
      ),
      scheduled('payments-primary', primary),
      scheduled('payments-primary', primary.replace(':eu-central-1:', ':us-east-1:')),
    ],
    findings: [
      {
        cluster: 'platform-edge',
        needsDays: 6,
        ...fail(changes, 'critical', breakGlass(accountIds.platformProd)),
      },
      { cluster: 'payments-api', needsDays: 22, ...fail(changes, 'critical', breakGlass(payments)) },
      {
        cluster: 'payments-ledger',
        needsDays: 21,
        ...fail(changes, 'high', `arn:aws:iam::${payments}:role/developer`),
      },
      {
        cluster: 'payments-webhooks',
        needsDays: 26,
        ...fail(changes, 'critical', `arn:aws:iam::${payments}:role/developer`),
      },
      { cluster: 'payments-primary', needsDays: 26, ...fail(changes, 'critical', breakGlass(payments)) },
      // EKS has no use of a key that it lost weeks ago, or was never given.
      ...['payments-api', 'payments-ledger', 'payments-webhooks', 'payments-primary', 'staging-untold'].map(
        (cluster) => ({ cluster, ...fail('key-is-in-use', 'low') }),
      ),
    ],
  };
};
