/** What the demo's incidents are told with: when they were, who it was, and what of them must be found. */
import { session } from '../events/identities.ts';
import { toEventTime } from '../events/record.ts';
import type { EventStream, SandboxKey } from '../fleet.ts';
import type { SeededEventFinding } from '../scenario.ts';

export type Incident = { streams: EventStream[]; findings: SeededEventFinding[] };

/** Gives the key of a cluster. */
export type KeyFinder = (cluster: string) => SandboxKey;

export const hour = 3_600_000;
export const day = 24 * hour;

/** Midnight UTC of the day that lies so many days back. */
export const dayBefore = (now: Date, days: number): number =>
  Math.floor(now.getTime() / day) * day - days * day;

/** A role's session as it began. */
export const asRole = (account: string, roleName: string, time: number, name: string) =>
  session(`arn:aws:iam::${account}:role/${roleName}`, name, toEventTime(time));

// Identity Center's roles carry a path and a suffix. https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
const powerUser = 'AWSReservedSSO_AWSPowerUserAccess_0123456789abcdef';

/** Somebody of the team, by Identity Center. */
export const asPowerUser = (account: string, time: number) =>
  asRole(account, `aws-reserved/sso.amazonaws.com/eu-central-1/${powerUser}`, time, 'engineer@example.com');

/** The name by which findings know that role: without its path. */
export const powerUserOf = (account: string): string => `arn:aws:iam::${account}:role/${powerUser}`;
