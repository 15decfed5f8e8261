import { describe, expect, it } from 'vitest';
import { isSamePolicy, toGoneGrants, toPolicyVersions } from '../../shared/activity/versions.ts';
import type { KeyChange } from '../../shared/evidence/events.ts';

const change = (name: string, minute: number, more: Partial<KeyChange> = {}): KeyChange => ({
  principal: 'arn:aws:iam::111122223333:role/operator',
  kind: 'role',
  id: `event-${minute}`,
  time: `2026-11-20T02:${String(minute).padStart(2, '0')}:00.000Z`,
  name,
  outcome: 'success',
  source: '198.51.100.7',
  agent: 'aws-cli/2.31.0',
  ...more,
});
const put = (minute: number, policy?: string, more: Partial<KeyChange> = {}) =>
  change('PutKeyPolicy', minute, { ...(policy === undefined ? {} : { policy }), ...more });
const at = (minute: number) => `2026-11-20T02:${minute}:00.000Z`;

describe('versions of a policy', () => {
  const told = (changes: KeyChange[]) =>
    toPolicyVersions(changes).map(({ policy, from, to, ended }) => [policy, from, to, ended?.id ?? null]);

  it('stand until the next one that was put, in whatever order events come', () => {
    expect(told([put(14, '{"b":1}'), put(10, '{"a":1}'), change('DisableKey', 12)])).toEqual([
      ['{"a":1}', at(10), at(14), 'event-14'],
      ['{"b":1}', at(14), null, null],
    ]);
  });

  it('are not ended by a call that failed, nor by one that changed nothing', () => {
    const changes = [
      put(10, '{"a":1}'),
      put(11, '{"b":1}', { outcome: 'MalformedPolicyDocumentException' }),
      put(12, '{ "a": 1 }'),
      put(14, '{"b":1}'),
    ];
    expect(told(changes).map(([policy, from, to]) => [policy, from, to])).toEqual([
      ['{"a":1}', at(10), at(14)],
      ['{"b":1}', at(14), null],
    ]);
  });

  it('of which the event says nothing are kept apart', () => {
    expect(told([put(10), put(12), put(14, '{}')]).map(([policy]) => policy)).toEqual([
      undefined,
      undefined,
      '{}',
    ]);
  });

  it('are the same whatever their spacing and the order of their members, not of their statements', () => {
    expect(isSamePolicy('{"a":1,"b":[{"c":2,"d":3}]}', '{ "b": [{"d":3,"c":2}], "a": 1 }')).toBe(true);
    expect(isSamePolicy('{"a":[1,2]}', '{"a":[2,1]}')).toBe(false);
    expect(isSamePolicy('{', '{')).toBe(true);
    expect(isSamePolicy('{', '{ ')).toBe(false);
  });
});

describe('grants that are gone', () => {
  const grant = { GrantId: 'g-1', Operations: ['Decrypt'] };
  const made = change('CreateGrant', 10, { grant });

  it.each<[string, KeyChange[], unknown[]]>([
    ['end when they are revoked', [change('RevokeGrant', 12, { grantId: 'g-1' }), made], [['g-1', at(12)]]],
    ['end when they are retired', [made, change('RetireGrant', 12, { grantId: 'g-1' })], [['g-1', at(12)]]],
    [
      'have no end that another’s tells',
      [made, change('RevokeGrant', 12, { grantId: 'g-2' })],
      [['g-1', null]],
    ],
    [
      'have no end that a failed call tells',
      [made, change('RevokeGrant', 12, { grantId: 'g-1', outcome: 'AccessDenied' })],
      [['g-1', null]],
    ],
    ['were made', [{ ...made, outcome: 'AccessDenied' }], []],
    ['have an id', [change('CreateGrant', 10, { grant: { Operations: [] } })], []],
  ])('%s', (_, changes, gone) => {
    expect(toGoneGrants(changes, []).map(({ grant: { GrantId }, to }) => [GrantId, to])).toEqual(gone);
  });

  it('are not among today’s', () => {
    expect(toGoneGrants([made], [grant])).toEqual([]);
  });
});
