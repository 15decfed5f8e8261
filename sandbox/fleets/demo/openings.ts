/** Somebody let others in to a key of the demo's, for some minutes. */
import { foreignUse, openedPolicy, passingGrant } from '../events/incidents.ts';
import { toEksContext } from '../grants.ts';
import { fail } from '../scenario.ts';
import { accountIds } from './accounts.ts';
import {
  asPowerUser,
  asRole,
  dayBefore,
  hour,
  type Incident,
  type KeyFinder,
  powerUserOf,
} from './incident.ts';

/** The policy with a statement more that lets somebody decrypt, written out as people write it. */
const withOpening = (policy: string, principal: unknown): string => {
  const parsed = JSON.parse(policy);
  const opening = {
    Sid: 'Debug',
    Effect: 'Allow',
    Principal: principal,
    Action: 'kms:Decrypt',
    Resource: '*',
  };
  return JSON.stringify({ ...parsed, Statement: [...parsed.Statement, opening] }, null, 2);
};

/** Takes the moment that dates are counted back from, and who finds the keys. */
export const openings = (now: Date, find: KeyFinder): Incident => {
  const [data, payments, partner] = [accountIds.data, accountIds.paymentsProd, accountIds.partner];
  const partnerRoot = `arn:aws:iam::${partner}:root`;
  const terraform = `arn:aws:iam::${payments}:role/terraform`;
  const toAnybody = dayBefore(now, 3) + 2 * hour + 10 * 60_000;
  const toPartner = dayBefore(now, 8) + 16 * hour;
  const granted = dayBefore(now, 11) + 9 * hour;
  const warehouse = find('data-warehouse');
  const settlement = find('payments-settlement');
  const risk = find('payments-risk');
  const anybody = openedPolicy(
    warehouse.metadata.Arn,
    asPowerUser(data, toAnybody),
    {
      open: withOpening(warehouse.policy, '*'),
      closed: JSON.stringify(JSON.parse(warehouse.policy), null, 2),
    },
    toAnybody,
    true,
  );
  const partnerOnly = openedPolicy(
    settlement.metadata.Arn,
    asRole(payments, 'terraform', toPartner, 'GitHubActions'),
    { open: withOpening(settlement.policy, { AWS: partnerRoot }), closed: settlement.policy },
    toPartner,
    false,
  );
  const grant = passingGrant(
    risk.metadata.Arn,
    asPowerUser(payments, granted),
    { GranteePrincipal: `arn:aws:iam::${partner}:role/importer`, Operations: ['Decrypt'] },
    granted,
  );
  const changes = 'key-changes-are-expected';
  const opened = 'key-was-not-opened';
  return {
    streams: [
      anybody.stream,
      ...foreignUse(
        warehouse.metadata.Arn,
        asRole(partner, 'importer', toAnybody, 'batch'),
        { 'aws:eks:context': toEksContext('data-warehouse') },
        toAnybody + 2 * 60_000,
      ),
      partnerOnly.stream,
      grant.stream,
    ],
    findings: [
      { cluster: 'data-warehouse', needsDays: 4, ...fail(opened, 'critical', anybody.openedBy) },
      { cluster: 'data-warehouse', needsDays: 4, ...fail(changes, 'critical', powerUserOf(data)) },
      {
        cluster: 'data-warehouse',
        needsDays: 4,
        ...fail('decrypts-come-from-the-cluster', 'critical', partnerRoot),
      },
      { cluster: 'payments-settlement', needsDays: 9, ...fail(opened, 'high', partnerOnly.openedBy) },
      { cluster: 'payments-settlement', needsDays: 9, ...fail(changes, 'high', terraform) },
      { cluster: 'payments-risk', needsDays: 12, ...fail(opened, 'high', grant.openedBy) },
      { cluster: 'payments-risk', needsDays: 12, ...fail(changes, 'high', powerUserOf(payments)) },
    ],
  };
};
