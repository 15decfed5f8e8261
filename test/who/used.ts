/** What happened to the key of the cases' cluster, for tests of `who`, of its timeline and of `learn`. */
import type { KeyChange, KeyChanges, KeyUse, UseTally } from '../../shared/evidence/events.ts';
import { type MissingPart, toKnown } from '../../shared/evidence/fact.ts';
import type { KeySubject } from '../../shared/who/access.ts';
import { account, toEksGrant } from '../checks/cases.ts';
import { toKeySubject } from './key-subject.ts';

export const context = { 'aws:eks:context': 'a9a8a022-aaf2-4ee0-aa14-f41a94497cfe' };
const [from, to] = ['2026-11-20T00:00:00.000Z', '2026-11-24T00:00:00.000Z'];

export const toRole = (name: string) => `arn:aws:iam::${account}:role/${name}`;

export const tally = (principal: string, more: Partial<UseTally> = {}): UseTally => ({
  principal,
  kind: principal.startsWith('arn:') ? 'role' : 'service',
  operation: 'Decrypt',
  context,
  outcome: 'success',
  count: 1,
  first: '2026-11-21T02:10:00.000Z',
  last: '2026-11-21T02:10:00.000Z',
  events: ['event'],
  sources: ['203.0.113.9'],
  agents: ['aws-cli'],
  ...more,
});

export const controlPlane = tally('eks.amazonaws.com', {
  count: 48,
  first: '2026-11-21T00:00:00.000Z',
  last: '2026-11-21T23:30:00.000Z',
  sources: ['eks.amazonaws.com'],
});

export const strayContext = { 'aws:eks:context': '749aa496-5ae9-4d2b-9a0e-0b1f6f2f1c11' };
/** What EKS did for a cluster that no grant tells. */
export const strayUse = tally('eks.amazonaws.com', { context: strayContext, count: 56 });

export const change = (name: string, principal: string, more: Partial<KeyChange> = {}): KeyChange => ({
  id: name,
  time: '2026-11-22T10:00:00.000Z',
  principal,
  kind: 'role',
  name,
  outcome: 'success',
  source: '203.0.113.9',
  agent: 'aws-cli',
  ...more,
});

/** The key with these uses and changes in its history. */
export const toUsedKey = (
  uses: UseTally[],
  changes: KeyChange[] = [],
  missing: MissingPart[] = [],
): KeySubject => {
  const subject = toKeySubject({ grants: [toEksGrant('shop', context['aws:eks:context'])] });
  const days = Object.fromEntries(
    [...Map.groupBy(uses, ({ first }) => first.slice(0, 10))].map(([day, all]) => [day, all]),
  );
  const use: KeyUse = { from, to, sources: ['log-files'], days };
  const changed: KeyChanges = { from, to, sources: ['lookup-events'], changes };
  const facts = { ...subject.facts, 'key.use': toKnown(use, missing), 'key.changes': toKnown(changed) };
  return { ...subject, facts };
};
