import { describe, expect, it } from 'vitest';
import {
  type Caller,
  toAccountCallers,
  toAnonymousCaller,
  toFederatedCaller,
  toKeyDomain,
  toNamedCaller,
  toServiceCaller,
} from '../../shared/policy/caller.ts';
import { getMentions } from '../../shared/policy/mentions.ts';
import { tellDomain, toRoom } from './domains.ts';
import { keyAccountId, keyArn, open, organizationId, outsideAccountId, toPolicy } from './policies.ts';

const iam = `arn:aws:iam::${outsideAccountId}`;
const bucket = 'arn:aws:s3:::ours';
const policy = toPolicy(
  open({
    Principal: { AWS: [`${iam}:role/known`, `${iam}:user/known`, `arn:aws:iam::${keyAccountId}:root`] },
    Condition: {
      ArnLike: { 'aws:SourceArn': bucket },
      StringEquals: { 'aws:PrincipalOrgID': 'o-zzzzzzzzzz' },
    },
  }),
);
const mentions = getMentions(policy, undefined, keyArn);
const home = { accountId: outsideAccountId, organizationId };
const homeless = { accountId: outsideAccountId, organizationId: null };
/** Made anew for each test: a caller works out once what it can make of the keys. */
const makeCallers = (): Record<string, Caller | undefined> => ({
  role: toAccountCallers(home, mentions)[0],
  user: toAccountCallers(home, mentions)[1],
  federatedUser: toAccountCallers(home, mentions)[2],
  root: toAccountCallers(home, mentions)[3],
  lone: toAccountCallers(homeless, mentions)[1],
  service: toServiceCaller('sns.amazonaws.com', home, mentions),
  homelessService: toServiceCaller('sns.amazonaws.com', homeless, mentions),
  web: toFederatedCaller('accounts.google.com', mentions),
  saml: toFederatedCaller(`${iam}:saml-provider/x`, mentions),
  anonymous: toAnonymousCaller(mentions),
  namedRole: toNamedCaller(`${iam}:role/team/deploy`, home, mentions),
  namedSession: toNamedCaller(`arn:aws:sts::${outsideAccountId}:assumed-role/deploy/night`, home, mentions),
  namedUser: toNamedCaller(`${iam}:user/ann`, home, mentions),
  namedFederatedUser: toNamedCaller(`arn:aws:sts::${outsideAccountId}:federated-user/ann`, home, mentions),
});
const toDomain = (name: string, key: string) => {
  const caller = makeCallers()[name];
  if (!caller) throw new Error(`no caller ${name}`);
  return toKeyDomain(caller, key);
};
const never = 'one of absent';
const anything = 'text or absent: any-value';
const strangeRole = 'AROA9999999999STRANGE';
const strangeUser = 'AIDA9999999999STRANGE';
const path = `${organizationId}/r-any/ou-any/`;

describe('what a caller can make of a condition key', () => {
  it.each<[name: string, key: string, says: string]>([
    ['role', 'aws:principalarn', `text: ${iam}:role/any-role`],
    ['role', 'aws:userid', `text: ${strangeRole}:any-session`],
    ['role', 'aws:federatedprovider', anything],
    ['role', 'aws:username', never],
    ['role', 'aws:principaltype', 'one of AssumedRole'],
    ['role', 'aws:principalaccount', `one of ${outsideAccountId}`],
    ['role', 'kms:calleraccount', `one of ${outsideAccountId}`],
    ['role', 'aws:principalorgid', `one of ${organizationId}`],
    ['role', 'aws:principalorgpaths', `list: ${path}`],
    ['role', 'aws:principalorgmasteraccountid', `one of ${outsideAccountId}`],
    ['role', 'aws:principalservicename', never],
    ['role', 'aws:principalservicenameslist', never],
    ['role', 'aws:principalisawsservice', 'one of false'],
    ...['aws:sourceaccount', 'aws:sourceowner', 'aws:sourcearn', 'aws:sourceorgid', 'aws:sourceorgpaths'].map(
      (key): [string, string, string] => ['role', key, never],
    ),
    ['role', 'aws:sourceip', 'address'],
    ['role', 'aws:sourcevpc', 'one of absent, vpc-99999999999999999'],
    ['role', 'aws:ec2instancesourcevpc', 'one of absent, vpc-99999999999999999'],
    ['role', 'aws:sourcevpce', 'one of absent, vpce-99999999999999999'],
    ['role', 'aws:vpceaccount', `one of absent, ${outsideAccountId}`],
    ['role', 'aws:vpceorgid', `one of absent, ${organizationId}`],
    ['role', 'aws:vpceorgpaths', `list or absent: ${path}`],
    ['role', 'aws:vpcsourceip', anything],
    ['role', 'aws:securetransport', 'one of true'],
    ['role', 'aws:requestedregion', 'one of eu-west-1'],
    ['role', 'aws:resourceaccount', `one of ${keyAccountId}`],
    ['role', 'aws:resourceorgid', 'one of o-ofthekeysowner, o-zzzzzzzzzz, absent'],
    ['role', 'kms:viaservice', anything],
    ['role', 'kms:encryptioncontext:aws:x', anything],
    ...[
      'aws:calledvia',
      'aws:tagkeys',
      'aws:resourceorgpaths',
      'kms:encryptioncontextkeys',
      'kms:grantoperations',
      'kms:resourcealiases',
      'custom:key',
      'sts:x',
    ].map((key): [string, string, string] => ['role', key, 'list or absent: any-value']),
    ...[
      'aws:calledviafirst',
      'aws:principaltag/x',
      'xaws:tagkeys'.slice(1),
      'kms:viaservice',
      'kms:granteeprincipal',
    ].map((key): [string, string, string] => [
      'user',
      key,
      key === 'aws:tagkeys' ? 'list or absent: any-value' : anything,
    ]),
    ['user', 'aws:principalarn', `text: ${iam}:user/any-user`],
    ['user', 'aws:username', 'text: any-user'],
    ['user', 'aws:userid', `one of ${strangeUser}`],
    ['user', 'aws:federatedprovider', never],
    ['federatedUser', 'aws:principalarn', `text: arn:aws:sts::${outsideAccountId}:federated-user/any-user`],
    ['federatedUser', 'aws:userid', `text: ${outsideAccountId}:any-user`],
    ['federatedUser', 'aws:username', never],
    ['root', 'aws:principalarn', `one of ${iam}:root`],
    ['root', 'aws:userid', `one of ${outsideAccountId}`],
    ['lone', 'aws:principalorgid', never],
    ['lone', 'aws:principalorgpaths', never],
    ['lone', 'aws:principalorgmasteraccountid', never],
    ['lone', 'aws:vpceorgid', never],
    ['lone', 'aws:vpceorgpaths', never],
    ['service', 'aws:sourceaccount', `one of absent, ${outsideAccountId}`],
    ['service', 'aws:sourceowner', `one of absent, ${outsideAccountId}`],
    ['service', 'aws:sourcearn', `text or absent: arn:aws:sns:eu-west-1:${outsideAccountId}:any-resource`],
    ['service', 'aws:sourceorgid', `one of absent, ${organizationId}`],
    ['service', 'aws:sourceorgpaths', `list or absent: ${path}`],
    ['service', 'aws:principalservicename', 'one of sns.amazonaws.com'],
    ['service', 'aws:principalservicenameslist', 'list or absent: sns.amazonaws.com'],
    [
      'service',
      'kms:encryptioncontext:aws:sns:topicarn',
      `text or absent: arn:aws:sns:eu-west-1:${outsideAccountId}:any-resource`,
    ],
    ['service', 'kms:encryptioncontext:app', anything],
    ['service', 'aws:principalarn', never],
    ['service', 'aws:vpceaccount', never],
    ['service', 'aws:principalorgmasteraccountid', never],
    ['homelessService', 'aws:sourceorgid', never],
    ['homelessService', 'aws:sourceorgpaths', never],
    ['homelessService', 'aws:sourceaccount', `one of absent, ${outsideAccountId}`],
    ['web', 'aws:federatedprovider', 'one of accounts.google.com'],
    ['web', 'aws:userid', anything],
    ['web', 'aws:principalaccount', never],
    ['web', 'aws:vpceaccount', never],
    ['saml', 'aws:principalaccount', `one of ${outsideAccountId}`],
    ['saml', 'aws:vpceaccount', `one of absent, ${outsideAccountId}`],
    ['saml', 'aws:principalorgid', never],
    ['anonymous', 'aws:principaltype', 'one of Anonymous'],
    ['anonymous', 'aws:principalarn', never],
    ['namedRole', 'aws:principalarn', `one of ${iam}:role/team/deploy`],
    ['namedRole', 'aws:userid', `text: ${strangeRole}:any-session`],
    ['namedRole', 'aws:federatedprovider', anything],
    ['namedSession', 'aws:principalarn', `one of ${iam}:role/deploy`],
    ['namedSession', 'aws:userid', `one of ${strangeRole}:night`],
    ['namedSession', 'aws:federatedprovider', anything],
    ['namedUser', 'aws:username', 'one of ann'],
    ['namedUser', 'aws:userid', `one of ${strangeUser}`],
    ['namedUser', 'aws:principalorgid', `one of ${organizationId}`],
    ['namedFederatedUser', 'aws:userid', `one of ${outsideAccountId}:ann`],
  ])('as %s, of %s: %s', (name, key, says) => {
    expect(tellDomain(toDomain(name, key))).toBe(says);
  });

  it('is who the principal is', () => {
    expect(Object.values(makeCallers()).map((caller) => caller?.principal)).toMatchObject([
      {
        kind: 'role-session',
        arn: `arn:aws:sts::${outsideAccountId}:assumed-role/any-role/any-session`,
        roleArn: `${iam}:role/any-role`,
      },
      { kind: 'user', arn: `${iam}:user/any-user` },
      { kind: 'user', arn: `arn:aws:sts::${outsideAccountId}:federated-user/any-user` },
      { kind: 'account-root', arn: `${iam}:root` },
      { kind: 'user' },
      { kind: 'service', service: 'sns.amazonaws.com' },
      { kind: 'service' },
      { kind: 'federated', provider: 'accounts.google.com', accountId: null },
      { kind: 'federated', accountId: outsideAccountId },
      { kind: 'anonymous' },
      {
        kind: 'role-session',
        arn: `arn:aws:sts::${outsideAccountId}:assumed-role/deploy/any-session`,
        roleArn: `${iam}:role/team/deploy`,
        accountId: outsideAccountId,
      },
      {
        kind: 'role-session',
        arn: `arn:aws:sts::${outsideAccountId}:assumed-role/deploy/night`,
        roleArn: `${iam}:role/deploy`,
        accountId: outsideAccountId,
      },
      { kind: 'user', arn: `${iam}:user/ann`, accountId: outsideAccountId },
      { kind: 'user', arn: `arn:aws:sts::${outsideAccountId}:federated-user/ann` },
    ]);
  });

  it('is worked out once', () => {
    const { role } = makeCallers();
    expect(role?.domains).toBe(role?.domains);
  });

  it.each<[name: string, key: string, texts: string[], room: string[]]>([
    [
      'role',
      'aws:principalarn',
      [
        `${iam}:role/x`,
        `${iam}:role/`,
        `${iam}:role/known`,
        `${iam}:role/a*`,
        `${iam}:role/a?b`,
        `${iam}:role/a:b`,
        `${iam}:user/x`,
        `${iam}:role/team/x`,
      ],
      [`${iam}:role/x`, `${iam}:role/team/x`],
    ],
    ['user', 'aws:principalarn', [`${iam}:user/x`, `${iam}:user/known`], [`${iam}:user/x`]],
    ['user', 'aws:username', ['x', '', 'a*', 'a:b'], ['x']],
    [
      'role',
      'aws:principalorgpaths',
      [`${organizationId}/r-1/`, `${organizationId}/`, 'o-other/r-1/'],
      [`${organizationId}/r-1/`],
    ],
    [
      'service',
      'aws:sourcearn',
      [
        `arn:aws:sns:us-east-1:${outsideAccountId}:t`,
        `arn:aws:sns:us-east-1:${keyAccountId}:t`,
        'arn:aws:s3:::theirs',
        bucket,
        'arn:aws:s3:::',
        'arn:aws:s3:::a:b',
        `arn:aws:sns:us-east-1:${outsideAccountId}:${keyAccountId}:t`,
        `arn:aws:sns:us-east-1:${outsideAccountId}:t:${keyAccountId}:u`,
        'arn:aws-cn:s3:::x',
      ],
      [`arn:aws:sns:us-east-1:${outsideAccountId}:t`, 'arn:aws:s3:::theirs'],
    ],
  ])('as %s, of %s has room', (name, key, texts, room) => {
    expect(toRoom(toDomain(name, key), texts)).toEqual(room);
  });

  it('is the own organisation of the key where that is known', () => {
    const known = getMentions(policy, organizationId, keyArn);
    const [caller] = toAccountCallers(homeless, known);
    expect(caller && tellDomain(toKeyDomain(caller, 'aws:resourceorgid'))).toBe(`one of ${organizationId}`);
  });
});
