import { describe, expect, it } from 'vitest';
import { isControlPlane } from '../../shared/activity/control-plane.ts';
import type { Actor } from '../../shared/evidence/events.ts';

const role = 'arn:aws:iam::111122223333:role/reader';
const own = { 'aws:eks:context': 'context-1' };
const other = { 'aws:eks:context': 'context-2' };

describe('the control plane', () => {
  it.each<[string, Actor, Record<string, string>, boolean]>([
    ['EKS', { principal: 'eks.amazonaws.com', kind: 'service' }, other, true],
    ['EKS in a role’s name', { principal: role, kind: 'role', invokedBy: 'eks.amazonaws.com' }, {}, true],
    ['AWS without a name', { principal: 'AWS Internal', kind: 'other' }, own, true],
    [
      'AWS without a name, as a service',
      { principal: 'AWS Internal', kind: 'service', invokedBy: 'AWS Internal' },
      own,
      true,
    ],
    ['AWS without a name, elsewhere', { principal: 'AWS Internal', kind: 'other' }, other, false],
    ['a role through AWS', { principal: role, kind: 'role', invokedBy: 'AWS Internal' }, own, false],
    [
      'another account through AWS',
      { principal: 'arn:aws:iam::444455556666:root', kind: 'account', invokedBy: 'AWS Internal' },
      own,
      false,
    ],
    ['a role', { principal: role, kind: 'role' }, own, false],
  ])('as which %s calls', (_, actor, context, is) => {
    expect(isControlPlane({ ...actor, context }, ['context-1'])).toBe(is);
  });
});
