/** Events for checks: tallies of uses and single changes, as a history keeps them, and who makes them. */
import type { Actor, KeyChange, KeyChanges, KeyUse, UseTally } from '../../shared/evidence/events.ts';
import { account } from './cases.ts';
import { outside, toRole, toRoot } from './policies.ts';

export const ownContext = { 'aws:eks:context': 'context-1' };
export const otherContext = { 'aws:eks:context': 'context-2' };
export const volumeContext = { 'aws:ebs:id': 'vol-0123456789abcdef0' };

const window = {
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-11-24T00:00:00.000Z',
  sources: ['log-files'] as KeyUse['sources'],
};
export const windowDays = Array.from(
  { length: 23 },
  (_, index) => `2026-11-${String(index + 1).padStart(2, '0')}`,
);

const role = (name: string, more: Partial<Actor> = {}): Actor => ({
  principal: toRole(name),
  kind: 'role',
  account,
  ...more,
});

/** Who calls, by what CloudTrail makes of it. */
export const actors = {
  eks: { principal: 'eks.amazonaws.com', kind: 'service', invokedBy: 'eks.amazonaws.com' },
  eksOfRegion: {
    principal: 'eks.eu-west-1.amazonaws.com',
    kind: 'service',
    invokedBy: 'eks.eu-west-1.amazonaws.com',
  },
  healthCheck: role('shop-cluster', { invokedBy: 'eks.amazonaws.com' }),
  awsInternal: { principal: 'AWS Internal', kind: 'other' },
  throughAws: role('operator', { invokedBy: 'AWS Internal' }),
  clusterRole: role('shop-cluster'),
  operator: role('operator'),
  terraform: role('terraform'),
  identityCenterAdmin: role('AWSReservedSSO_AWSAdministratorAccess_0123456789abcdef'),
  controlTower: role('AWSControlTowerExecution'),
  user: { principal: `arn:aws:iam::${account}:user/alice`, kind: 'user', account },
  root: { principal: toRoot(account), kind: 'root', account },
  outsider: { principal: toRoot(outside), kind: 'account', account: outside },
  volumes: role('aws:ec2-infrastructure'),
  autoScaling: role('AWSServiceRoleForAutoScaling', { invokedBy: 'autoscaling.amazonaws.com' }),
  backup: role('AWSBackupDefaultServiceRole', { invokedBy: 'backup.amazonaws.com' }),
  throughS3: role('reader', { invokedBy: 's3.amazonaws.com' }),
  throughStepFunctions: role('operator', { invokedBy: 'states.amazonaws.com' }),
  rds: { principal: 'rds.amazonaws.com', kind: 'service', invokedBy: 'rds.amazonaws.com' },
} satisfies Record<string, Actor>;

/** One tally: by default one successful Decrypt by somebody, under the cluster's own context. */
export const toTally = (who: Actor, more: Partial<UseTally> = {}): UseTally => ({
  ...who,
  operation: 'Decrypt',
  context: ownContext,
  outcome: 'success',
  count: 1,
  first: '2026-11-20T02:10:00.000Z',
  last: more.first ?? '2026-11-20T02:10:00.000Z',
  events: ['event-1'],
  sources: ['198.51.100.7'],
  agents: ['aws-cli/2.31.0'],
  ...more,
});

/** A steady control plane: each day of the window the same. */
export const quietDays = (who: Actor = actors.eks, count = 2_880): UseTally[] =>
  windowDays.flatMap((day) =>
    (['Encrypt', 'Decrypt'] as const).map((operation) =>
      toTally(who, {
        operation,
        count,
        first: `${day}T00:00:30.000Z`,
        last: `${day}T23:59:30.000Z`,
        sources: ['eks.amazonaws.com'],
        agents: ['eks.amazonaws.com'],
      }),
    ),
  );

export const toUse = (tallies: readonly UseTally[], more: Partial<KeyUse> = {}): KeyUse => ({
  ...window,
  days: Object.fromEntries(
    [...new Set([...windowDays, ...tallies.map(({ first }) => first.slice(0, 10))])].map((day) => [
      day,
      tallies.filter(({ first }) => first.startsWith(day)),
    ]),
  ),
  ...more,
});

export const toChange = (who: Actor, name: string, more: Partial<KeyChange> = {}): KeyChange => ({
  ...who,
  id: `${name}-${more.time ?? ''}`,
  time: '2026-11-20T02:10:00.000Z',
  name,
  outcome: 'success',
  source: '198.51.100.7',
  agent: 'aws-cli/2.31.0',
  ...more,
});

export const toChanges = (changes: readonly KeyChange[], more: Partial<KeyChanges> = {}): KeyChanges => ({
  ...window,
  changes: [...changes],
  ...more,
});
