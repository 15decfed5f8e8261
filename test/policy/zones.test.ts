import { describe, expect, it } from 'vitest';
import { toKeyDomain } from '../../shared/policy/caller.ts';
import { getMentions } from '../../shared/policy/mentions.ts';
import { canAdmit, toCallers, type Zone } from '../../shared/policy/zones.ts';
import { tellDomain } from './domains.ts';
import { keyAccountId, keyArn, open, organizationId, outsideAccountId, root, toPolicy } from './policies.ts';

const foreign = 'o-zzzzzzzzzz';
const thirdAccountId = '777788889999';
const outsideRole = `arn:aws:iam::${outsideAccountId}:role/theirs`;
const classifyAccount = (id: string) =>
  id === keyAccountId
    ? ('inside' as const)
    : id === thirdAccountId
      ? ('unknown' as const)
      : ('outside' as const);
const anyone: Zone = { kind: 'anyone', organizationId };
const outside: Zone = { kind: 'outside', classifyAccount, organizationId };
const unknown: Zone = { kind: 'unknown', classifyAccount, organizationId };
const service: Zone = { kind: 'service', organizationId };
const principal: Zone = { kind: 'principal', arn: outsideRole };
const provider = `arn:aws:iam::${outsideAccountId}:saml-provider/theirs`;

describe('whom a statement may admit', () => {
  it.each<[says: string, who: object, zones: string[]]>([
    ['*', { Principal: '*' }, ['anyone', 'outside', 'unknown', 'service', 'principal']],
    [
      '* among others',
      { Principal: { AWS: [root, '*'] } },
      ['anyone', 'outside', 'unknown', 'service', 'principal'],
    ],
    [
      'all but somebody',
      { Principal: undefined, NotPrincipal: { AWS: root } },
      ['anyone', 'outside', 'unknown', 'service', 'principal'],
    ],
    ['its own root', { Principal: { AWS: root } }, ['principal']],
    [
      'its own account and a service',
      { Principal: { AWS: root, Service: 's3.amazonaws.com' } },
      ['service', 'principal'],
    ],
    ['a service', { Principal: { Service: 's3.amazonaws.com' } }, ['service']],
    ['another account by its id', { Principal: { AWS: outsideAccountId } }, ['outside', 'principal']],
    ['another account’s role', { Principal: { AWS: [root, outsideRole] } }, ['outside', 'principal']],
    [
      'an account nobody knows',
      { Principal: { AWS: `arn:aws:iam::${thirdAccountId}:root` } },
      ['unknown', 'principal'],
    ],
    ['a provider', { Principal: { Federated: 'accounts.google.com' } }, ['outside', 'unknown']],
    ['a deleted principal', { Principal: { AWS: 'AROAEXAMPLEEXAMPLEEXA' } }, ['outside', 'principal']],
  ])('%s', (_, who, kinds) => {
    const [statement] = toPolicy(open(who)).statements;
    const zones = [anyone, outside, unknown, service, principal];
    expect(zones.flatMap((zone) => (statement && canAdmit(zone, statement) ? zone.kind : []))).toEqual(kinds);
  });
});

const policy = toPolicy([
  open({ Principal: { AWS: [outsideRole, root], Service: ['s3.amazonaws.com', 'sns.amazonaws.com'] } }),
  open({
    Principal: {
      AWS: thirdAccountId,
      Federated: ['accounts.google.com', provider, `arn:aws:iam::${keyAccountId}:saml-provider/own`],
    },
  }),
  open({ Condition: { StringEquals: { 'aws:PrincipalOrgID': [organizationId, foreign] } } }),
]);
/** Each caller: what it is, of which account, of which organisation. */
const list = (zone: Zone) => {
  const mentions = getMentions(policy, 'organizationId' in zone ? zone.organizationId : undefined, keyArn);
  return [...toCallers(zone, policy, mentions)].map((caller) => {
    const who = caller.principal;
    const name =
      'arn' in who
        ? who.arn.split(':').slice(4).join(' ')
        : 'service' in who
          ? who.service
          : 'provider' in who
            ? who.provider
            : who.kind;
    return `${name} ${tellDomain(toKeyDomain(caller, 'aws:principalorgid')).replace('one of ', '')}`;
  });
};
const ofAccount = (id: string, organization: string) =>
  ['assumed-role/any-role/any-session', 'user/any-user', 'federated-user/any-user', 'root'].map(
    (name) => `${id} ${name} ${organization}`,
  );
const fresh = 'o-9999999999';

describe('the callers of a zone', () => {
  it('are strangers of every kind, and services that act for them, with anyone', () => {
    expect(list(anyone)).toEqual([
      ...ofAccount('999999999999', 'absent'),
      ...ofAccount('999999999999', fresh),
      'ec2.amazonaws.com absent',
      'ec2.amazonaws.com absent',
      'anonymous absent',
    ]);
  });

  it('are the services that the policy names, for strangers', () => {
    expect(new Set(list(service))).toEqual(new Set(['s3.amazonaws.com absent', 'sns.amazonaws.com absent']));
    const one: Zone = { kind: 'service', isAsked: (name) => name.startsWith('sns') };
    expect(new Set(list(one))).toEqual(new Set(['sns.amazonaws.com absent']));
  });

  it('are one principal in every organisation there may be', () => {
    const session = `${outsideAccountId} assumed-role/theirs/any-session`;
    expect(list(principal)).toEqual(
      [null, fresh, organizationId, foreign].map((id) => `${session} ${id ?? 'absent'}`),
    );
  });

  it('are whoever is named from outside, in no, another or a named organisation, and providers', () => {
    const named = `${outsideAccountId} assumed-role/theirs/any-session`;
    expect(list(outside)).toEqual([
      ...[`absent`, fresh, foreign].flatMap((id) => [`${named} ${id}`, ...ofAccount(outsideAccountId, id)]),
      ...ofAccount('999999999999', foreign),
      'accounts.google.com absent',
      `${provider} absent`,
    ]);
  });

  it('are whoever is named and not known, where the own organisation is', () => {
    expect(list(unknown)).toEqual(['absent', fresh, foreign].flatMap((id) => ofAccount(thirdAccountId, id)));
  });

  it('are whoever is of any organisation, where the own is not known', () => {
    const nameless = { classifyAccount } as const;
    expect(list({ kind: 'unknown', ...nameless })).toEqual([
      ...['absent', fresh, organizationId, foreign].flatMap((id) => ofAccount(thirdAccountId, id)),
      ...[organizationId, foreign].flatMap((id) => ofAccount('999999999999', id)),
    ]);
    const fromOutside = list({ kind: 'outside', ...nameless });
    expect(fromOutside).toContain(`${outsideAccountId} root ${fresh}`);
    expect(fromOutside.filter((told) => told.includes(foreign) || told.includes(organizationId))).toEqual([]);
  });
});
