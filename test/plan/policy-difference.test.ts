import { describe, expect, it } from 'vitest';
import { toDifference } from '../../shared/plan/policy-difference.ts';

const root = { Sid: 'Root', Effect: 'Allow', Principal: { AWS: 'a' }, Action: 'kms:*', Resource: '*' };
const look = { Sid: 'Look', Effect: 'Allow', Principal: { AWS: 'b' }, Action: ['kms:A', 'kms:B'] };

describe('toDifference', () => {
  it('tells which statements come, go and stay', () => {
    const today = JSON.stringify({ Statement: [root, look] });
    const wider = { ...root, Action: 'kms:Put*' };
    expect(toDifference(today, [wider, look])).toEqual({ added: [wider], removed: [root], kept: [look] });
  });

  it.each([
    ['another Sid', { ...look, Sid: 'Other' }],
    ['another order', { ...look, Action: ['kms:B', 'kms:A'] }],
    ['a list of one', { ...look, Principal: { AWS: ['b'] } }],
  ])('takes %s for the same statement', (_, same) => {
    expect(toDifference(JSON.stringify({ Statement: same }), [look])).toMatchObject({
      added: [],
      removed: [],
    });
  });

  it.each([
    ['a condition', { ...look, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
    ['another effect', { ...look, Effect: 'Deny' }],
  ])('takes %s for another statement', (_, other) => {
    const difference = toDifference(JSON.stringify({ Statement: [other] }), [look]);
    expect(difference).toEqual({ added: [look], removed: [other], kept: [] });
  });

  it.each(['', '[]', '{"Statement":"all"}'])('does not know what differs from %j', (today) => {
    expect(toDifference(today, [look])).toMatchObject({ unknown: 'unsupported' });
  });
});
