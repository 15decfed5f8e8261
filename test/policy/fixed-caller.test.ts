import { describe, expect, it } from 'vitest';
import {
  type FixedPrincipal,
  toFixedCaller,
  toFixedDomain,
  toPlainValue,
  toSession,
} from '../../shared/policy/fixed-caller.ts';
import { getMentions } from '../../shared/policy/mentions.ts';
import { callers } from './case-file.ts';
import { tellDomain, toRoom } from './domains.ts';
import {
  delegation,
  keyAccountId,
  keyArn,
  open,
  organizationId,
  outsideAccountId,
  toPolicy,
} from './policies.ts';

const otherOrganization = 'o-zzzzzzzzzz';
const policy = toPolicy([
  delegation,
  open({ Condition: { StringEquals: { 'aws:PrincipalOrgID': otherOrganization } } }),
]);
const mentions = getMentions(policy, undefined, keyArn);
const toDomain = (fixed: FixedPrincipal, key: string, manner: 'any' | 'plain' = 'any') =>
  toFixedDomain(toFixedCaller(fixed, mentions), fixed, manner, key);
const tell = (fixed: FixedPrincipal, key: string, manner: 'any' | 'plain' = 'any') =>
  tellDomain(toDomain(fixed, key, manner));

const role = { principal: callers.role, organizationId, tags: { Team: 'a' }, uniqueId: 'AROAREADER' };
const session = { principal: callers.session };
const user = { principal: callers.user, organizationId: null, tags: { Team: 'a' }, uniqueId: 'AIDAOPS' };
const root = { principal: callers.root };
const service = { principal: callers.service };
const federated = {
  principal: { kind: 'federated' as const, provider: 'accounts.google.com', accountId: null },
};
const anything = 'text or absent: any-value';
const never = 'one of absent';

const parameters =
  'BypassPolicyLockoutSafetyCheck DataKeyPairSpec EncryptionAlgorithm ExpirationModel GrantConstraintType GrantOperations GranteePrincipal MessageType PrimaryRegion ReEncryptOnSameKey ReplicaRegion RetiringPrincipal RotationPeriodInDays ValidTo WrappingAlgorithm WrappingKeySpec';

describe('what a plain caller says', () => {
  it.each([
    ...parameters.split(' ').map((name) => `kms:${name.toLowerCase()}`),
    'aws:useragent',
    'aws:referer',
  ])('writes %s as it likes', (key) => {
    expect(toPlainValue(user, key)).toBe('unknown');
    expect(toDomain(user, key, 'plain')).toMatchObject({ kind: 'text', canBeAbsent: true });
  });

  it('chooses how long a deletion waits', () => {
    expect(tell(user, 'kms:schedulekeydeletionpendingwindowindays', 'plain')).toMatch(
      /^one of 30, 29, .* 8, 7$/,
    );
    expect(toPlainValue(user, 'kms:schedulekeydeletionpendingwindowindays')).toBe('unknown');
  });

  it.each<[key: string, fixed: FixedPrincipal, says: string]>([
    ['aws:viaawsservice', user, 'one of false'],
    ['aws:sourceip', user, 'one of 198.18.0.1'],
    ['aws:sourcevpc', user, never],
    ['aws:multifactorauthpresent', user, never],
    ['aws:multifactorauthpresent', role, 'one of false'],
    ['aws:multifactorauthpresent', session, 'one of false'],
    ['aws:multifactorauthpresent', root, never],
    ['aws:tokenissuetime', user, never],
    ['aws:tokenissuetime', role, 'text: any-value'],
    ['aws:tokenissuetime', session, 'text: any-value'],
    ['aws:principalorgpaths', role, `one of ${organizationId}/r-unknown/`],
    ['aws:principalorgpaths', user, never],
    ['aws:principalorgid', role, `one of ${organizationId}`],
    ['aws:principalorgid', user, never],
    ['aws:principaltag/team', role, 'one of a'],
    ['aws:principaltag/other', role, never],
    ['aws:principaltag/team', session, never],
    ['aws:userid', role, 'text: AROAREADER:any-session'],
    ['aws:userid', user, 'one of AIDAOPS'],
    ['aws:calledvia', user, never],
    ['aws:resourcetag/a', user, never],
    ['aws:principalarn', user, `one of ${callers.user.arn}`],
    ['aws:principalaccount', user, `one of ${keyAccountId}`],
    ['aws:securetransport', user, 'one of true'],
    ['kms:viaservice', user, never],
  ])('of %s, by %j: %s', (key, fixed, says) => {
    expect(tell(fixed, key, 'plain')).toBe(says);
  });

  it.each<[key: string, fixed: FixedPrincipal, says: string[] | string]>([
    ['aws:principaltag/team', user, ['a']],
    ['aws:principaltag/other', user, 'absent'],
    ['kms:viaservice', user, 'absent'],
    ['x:aws:userid', user, 'absent'],
    ['aws:userid', user, 'unknown'],
    ['aws:federatedprovider', role, 'unknown'],
    ['aws:principalorgid', user, 'unknown'],
    ['aws:resourceorgid', user, 'unknown'],
    ['aws:sourceip', user, 'unknown'],
    ['kms:viaservice', service, 'unknown'],
  ])('of %s, by %j, before any search: %s', (key, fixed, says) => {
    expect(toPlainValue(fixed, key)).toEqual(says);
  });
});

describe('what a principal may bring about', () => {
  it.each<[key: string, fixed: FixedPrincipal, says: string]>([
    ...[
      'aws:sourceip',
      'aws:sourcevpc',
      'aws:ec2instancesourcevpc',
      'aws:sourcevpce',
      'aws:vpceaccount',
      'aws:vpceorgid',
    ].map((key): [string, FixedPrincipal, string] => [key, user, anything]),
    ['aws:vpceorgpaths', user, 'list or absent: any-value'],
    ...['aws:sourceaccount', 'aws:sourceowner', 'aws:sourcearn', 'aws:sourceorgid'].flatMap(
      (key): [string, FixedPrincipal, string][] => [
        [key, service, anything],
        [key, user, never],
      ],
    ),
    ['aws:principaltag/team', user, 'one of a'],
    ['aws:principaltag/other', user, never],
    ['aws:principaltag/team', role, 'text: any-value'],
    ['aws:principaltag/other', role, anything],
    ['aws:principaltag/team', session, anything],
    ['aws:multifactorauthpresent', user, anything],
    ['aws:principalorgid', user, never],
    ['aws:principalorgid', role, `one of ${organizationId}`],
    ['aws:principalorgid', session, `one of absent, ${otherOrganization}, o-9999999999`],
    ['aws:principalorgpaths', session, 'list or absent: any-value'],
    ['aws:principalorgid', service, never],
    ['aws:principalorgid', federated, never],
    ['aws:vpceaccount', federated, anything],
  ])('of %s, by %j: %s', (key, fixed, says) => {
    const domain = toDomain(fixed, key);
    const told = domain.kind === 'text' ? { ...domain, suggestions: ['any-value'] } : domain;
    expect(tellDomain(told)).toBe(says);
  });

  it('is suggested the tag that a role has', () => {
    expect(tell(role, 'aws:principaltag/team')).toBe('text: a');
    expect(tell(role, 'aws:principaltag/other')).toBe(anything);
  });

  it.each<[says: string, fixed: FixedPrincipal, userId: string]>([
    ['a role: any session of its id', role, 'text: AROAREADER:any-session'],
    ['a role of an unknown id', { principal: callers.role }, 'text: AROAEXAMPLEEXAMPLE12:any-session'],
    ['a session', session, anything],
    ['a session whose role’s id is known', { ...session, uniqueId: 'AROAREADER' }, 'one of AROAREADER:one'],
    [
      'a session that says its id',
      { principal: { ...callers.session, userId: 'AROAX:one' }, uniqueId: 'AROAREADER' },
      'one of AROAX:one',
    ],
    ['a user', user, 'one of AIDAOPS'],
    [
      'a user that says its id',
      { principal: { ...callers.user, userId: 'AIDAX' }, uniqueId: 'AIDAOPS' },
      'one of AIDAX',
    ],
    ['a user of an unknown id', { principal: callers.user }, 'text: any-value'],
    ['the root user', root, `one of ${keyAccountId}`],
    ['a service', service, never],
    ['nobody', { principal: { kind: 'anonymous' } }, 'one of anonymous'],
  ])('as %s', (_, fixed, userId) => {
    expect(tell(fixed, 'aws:userid')).toBe(userId);
  });

  it('takes any name for a session of a role, and no other role’s id', () => {
    const texts = ['AROAREADER:x', 'AROAREADER:', 'AROAOTHER:x', 'AROAREADER:a:b', 'AROAREADER:any-session'];
    expect(toRoom(toDomain(role, 'aws:userid'), texts)).toEqual(['AROAREADER:x', 'AROAREADER:any-session']);
    expect(tell(role, 'aws:federatedprovider')).toBe(anything);
    expect(tell(session, 'aws:federatedprovider')).toBe(anything);
    expect(tell(user, 'aws:federatedprovider')).toBe(never);
  });
});

describe('who calls', () => {
  it('is any session of a role, in its partition', () => {
    const arn = `arn:aws-cn:iam::${outsideAccountId}:role/a/b/deploy`;
    expect(toSession({ kind: 'role', arn, accountId: outsideAccountId })).toEqual({
      kind: 'role-session',
      arn: `arn:aws-cn:sts::${outsideAccountId}:assumed-role/deploy/any-session`,
      roleArn: arn,
      accountId: outsideAccountId,
    });
  });

  it('is anybody else as he is', () => {
    expect(toSession(callers.user)).toBe(callers.user);
  });
});
