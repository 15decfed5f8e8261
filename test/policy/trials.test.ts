import { describe, expect, it } from 'vitest';
import { toApplicable } from '../../shared/policy/applicable.ts';
import { toTrials } from '../../shared/policy/trials.ts';
import { callers, policyCase, toPolicies } from './case-file.ts';
import { deny, keyArn, open } from './policies.ts';

const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 'kms:*', Resource: '*', ...more });
const where = (value: string) => ({ Condition: { StringEquals: { 'aws:PrincipalTag/team': value } } });
const otherKey = { Resource: keyArn.replace(/.$/, '0') };
const direct = open({ Principal: { AWS: callers.user.arn } });

const toWays = (given: object, name: keyof typeof callers = 'user') => {
  const one = policyCase.parse({ name: 'ways', who: name, answer: 'allowed', ...given });
  const principal = callers[name];
  return toTrials(toApplicable(principal, 'kms:Decrypt', toPolicies(one)), principal, keyArn);
};
/** A way by the indexes of its statements: of the key policy, of IAM, of the boundary and of each level. */
const tell = ({ applicable }: ReturnType<typeof toWays>[number]) => {
  const { direct: own, byRole, delegating, grants, identity, boundary, serviceControl } = applicable;
  const toIndexes = (entries: { statement: { index: number } }[]) =>
    entries.map(({ statement }) => statement.index).join();
  const toPart = (layer: typeof identity) =>
    layer === undefined
      ? 'unseen'
      : layer === null
        ? '-'
        : `${toIndexes(layer.allows)}${layer.unread.length > 0 ? '?' : ''}`;
  const by = [
    ...own.map(() => 'direct'),
    ...byRole.map(() => 'role'),
    ...delegating.map(() => 'account'),
    ...grants.map(({ grant }) => grant.GrantId),
  ];
  const levels = serviceControl === undefined ? 'unseen' : (serviceControl ?? []).map(toPart).join('/');
  return `${by} ${toIndexes([...own, ...byRole, ...delegating])} ${toPart(identity)} ${toPart(boundary)} ${levels}`.trim();
};

describe('the ways through the policies', () => {
  it.each<[says: string, given: object, ways: string[], name?: keyof typeof callers]>([
    ['are none where nothing allows', { keyPolicy: [deny({})], identity: {} }, []],
    [
      'are one for each Allow of the key policy',
      { keyPolicy: [direct, open(where('a'))], identity: {} },
      ['direct 0 - - unseen', 'direct 1 - - unseen'],
    ],
    [
      'need no IAM where the key policy names the caller',
      { keyPolicy: [direct], identity: { own: [allow(where('a'))] }, serviceControl: [] },
      ['direct 0 - -'],
    ],
    [
      'need one Allow of IAM where the key policy delegates',
      {
        keyPolicy: ['delegation'],
        identity: { own: [allow(where('a')), allow(where('b'))] },
        serviceControl: [],
      },
      ['account 0 0 -', 'account 0 1 -'],
    ],
    [
      'are one by an Allow without conditions, which is as good as all',
      {
        keyPolicy: ['delegation'],
        identity: { own: [allow(where('a')), allow(), allow({ Action: '*' })] },
        serviceControl: [],
      },
      ['account 0 1 -'],
    ],
    [
      'are one each by Allows of some resources',
      {
        keyPolicy: ['delegation'],
        identity: { own: [allow({ Resource: keyArn }), allow({ Resource: 'arn:*' })] },
        serviceControl: [],
      },
      ['account 0 0 -', 'account 0 1 -'],
    ],
    [
      'are one each by Allows of all resources but some',
      {
        keyPolicy: ['delegation'],
        identity: { own: [allow({ Resource: undefined, NotResource: 'arn:aws:s3:::*' }), allow(where('a'))] },
        serviceControl: [],
      },
      ['account 0 0 -', 'account 0 1 -'],
    ],
    [
      'leave out what is about other keys alone',
      {
        keyPolicy: ['delegation'],
        identity: { own: [allow(otherKey), allow(where('a'))] },
        serviceControl: [],
      },
      ['account 0 1 -'],
    ],
    [
      'are none where IAM has nothing about the key',
      { keyPolicy: ['delegation'], identity: { own: [allow(otherKey)] }, serviceControl: [] },
      [],
    ],
    ['leave open what was not seen', { keyPolicy: ['delegation'] }, ['account 0 unseen - unseen']],
    [
      'need an Allow of the boundary too',
      {
        keyPolicy: ['delegation'],
        identity: { own: [allow()] },
        boundary: [allow(where('a')), allow(where('b')), allow(otherKey)],
        serviceControl: [],
      },
      ['account 0 0 0', 'account 0 0 1'],
    ],
    [
      'need the boundary where the key policy names a role',
      {
        keyPolicy: [open({ Principal: { AWS: callers.role.arn } })],
        identity: {},
        boundary: [allow()],
        serviceControl: [],
      },
      ['role 0 - 0'],
      'role',
    ],
    [
      'need an Allow of each level',
      {
        keyPolicy: [direct],
        identity: {},
        serviceControl: [
          { a: [allow()] },
          { b: [allow(where('a'))], c: [allow(where('b')), allow(otherKey)] },
        ],
      },
      ['direct 0 - - 0/0', 'direct 0 - - 0/0'],
    ],
    [
      'are none where a level allows nothing',
      { keyPolicy: [direct], identity: {}, serviceControl: [{ a: [allow(otherKey)] }] },
      [],
    ],
    [
      'pass levels by that do not bind a service-linked role',
      { keyPolicy: [open()], identity: {}, serviceControl: [{ a: [allow(otherKey)] }] },
      ['direct 0 - -'],
      'service-linked-role',
    ],
    [
      'are one for each grant',
      {
        keyPolicy: [deny({})],
        identity: {},
        serviceControl: [],
        grants: ['g-1', 'g-2'].map((GrantId) => ({
          GrantId,
          GranteePrincipal: callers.user.arn,
          Operations: ['Decrypt'],
        })),
      },
      ['g-1  - -', 'g-2  - -'],
    ],
    [
      'need IAM and the boundary by a grant to the account',
      {
        keyPolicy: [deny({})],
        identity: { own: [allow(where('a'))] },
        boundary: [allow()],
        serviceControl: [],
        grants: [{ GrantId: 'g-1', GranteePrincipal: '111122223333', Operations: ['Decrypt'] }],
      },
      ['g-1  0 0'],
    ],
    [
      'need IAM whomever the key policy names from another account',
      {
        keyPolicy: [open({ Principal: { AWS: callers['outside-role'].arn } })],
        identity: { own: [allow(where('a'))] },
        boundary: [allow()],
        serviceControl: [],
      },
      ['role 0 0 0'],
      'outside-role',
    ],
    [
      'need IAM and the boundary by * from another account',
      {
        keyPolicy: [open()],
        identity: { own: [allow(where('a'))] },
        boundary: [allow(where('b'))],
        serviceControl: [],
      },
      ['direct 0 0 0'],
      'outside-role',
    ],
  ])('%s', (_, given, ways, name) => {
    expect(toWays(given, name).map(tell)).toEqual(ways);
  });

  it('carry every statement that they hang on, and no Deny of other keys', () => {
    const [way] = toWays({
      keyPolicy: ['delegation', deny({ Sid: 'here' }), deny({ Sid: 'there', ...otherKey })],
      identity: { own: [allow({ Sid: 'own' })] },
      boundary: [allow({ Sid: 'bound' })],
      serviceControl: [{ a: [allow({ Sid: 'level' })] }],
    });
    expect(way?.statements.map(({ sid }) => sid)).toEqual([
      'Enable IAM User Permissions',
      'own',
      'bound',
      'level',
      'here',
    ]);
  });

  it.each([
    [{ EncryptionContextSubset: { a: '1' } }, { a: '1' }, false],
    [{ EncryptionContextEquals: { a: '1', b: '2' } }, { a: '1', b: '2' }, true],
    [{ EncryptionContextSubset: { a: '1' }, EncryptionContextEquals: { b: '2' } }, { a: '1', b: '2' }, true],
    [{ EncryptionContextEquals: {} }, {}, false],
    [undefined, {}, false],
  ])('carry what a grant’s constraints %j ask', (Constraints, pairs, isWholeContext) => {
    const grants = [
      { GrantId: 'g', GranteePrincipal: callers.user.arn, Operations: ['Decrypt'], Constraints },
    ];
    expect(toWays({ keyPolicy: [deny({})], identity: {}, grants })[0]).toMatchObject({
      pairs,
      isWholeContext,
    });
  });
});
