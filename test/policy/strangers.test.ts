/** Whom a key policy or a grant names in accounts whose IAM was not read, services, and how powers are put into words. */
import { describe, expect, it } from 'vitest';
import { iamInventory } from '../../shared/evidence/iam.ts';
import {
  isForEverybody,
  toConditionText,
  toConditionWords,
  toGiving,
} from '../../shared/policy/held-in-words.ts';
import type { KeyQuestion } from '../../shared/policy/holding.ts';
import { findHoldings } from '../../shared/policy/key-holders.ts';
import { findStrangers, toStranger } from '../../shared/policy/named-strangers.ts';
import { powerActions } from '../../shared/policy/powers.ts';
import { inventory, role } from '../checks/iam-cases.ts';
import {
  delegation,
  deny,
  keyAccountId,
  keyArn,
  open,
  outsideAccountId,
  root,
  toPolicy,
} from './policies.ts';

const outside = `arn:aws:iam::${outsideAccountId}`;
const sts = (account: string) => `arn:aws:sts::${account}`;
const statement = (Principal: object, more: object = {}) => open({ Principal, ...more });
const ask = (keyPolicy: object | object[], more: Partial<KeyQuestion> = {}) =>
  findStrangers(
    { keyArn, keyPolicy: toPolicy(keyPolicy), grants: [], resourceControl: [], accounts: [], ...more },
    powerActions,
  );
const tell = (...asked: Parameters<typeof ask>) =>
  ask(...asked).map(({ principal, kind, account, group, powers }) =>
    [principal, kind, account, group, powers.decrypt?.power ?? 'no'].join(' '),
  );
const read = (account: string, more: object = {}) => ({
  account,
  inventory: iamInventory.parse(inventory({ roles: [role('reader', [])] })),
  isPartial: false,
  ...more,
});

describe('whom an entry of a policy names', () => {
  it.each([
    ['AWS', '*', null],
    ['AWS', 'AROAEXAMPLEEXAMPLEEXA', null],
    ['CanonicalUser', 'abc', null],
    [
      'Service',
      's3.amazonaws.com',
      {
        name: 's3.amazonaws.com',
        kind: 'service',
        principal: { kind: 'service', service: 's3.amazonaws.com' },
      },
    ],
    [
      'Federated',
      'accounts.google.com',
      {
        name: 'accounts.google.com',
        kind: 'federated',
        principal: { kind: 'federated', provider: 'accounts.google.com', accountId: null },
      },
    ],
    [
      'Federated',
      `${outside}:saml-provider/x`,
      {
        name: `${outside}:saml-provider/x`,
        kind: 'federated',
        principal: { kind: 'federated', provider: `${outside}:saml-provider/x`, accountId: outsideAccountId },
      },
    ],
    [
      'AWS',
      outsideAccountId,
      {
        name: outsideAccountId,
        kind: 'account',
        principal: { kind: 'account-root', arn: `${outside}:root`, accountId: outsideAccountId },
      },
    ],
    [
      'AWS',
      `arn:aws-cn:iam::${outsideAccountId}:root`,
      {
        name: outsideAccountId,
        kind: 'account',
        principal: {
          kind: 'account-root',
          arn: `arn:aws-cn:iam::${outsideAccountId}:root`,
          accountId: outsideAccountId,
        },
      },
    ],
    [
      'AWS',
      `${outside}:role/team/r`,
      {
        name: `${outside}:role/team/r`,
        kind: 'role',
        principal: { kind: 'role', arn: `${outside}:role/team/r`, accountId: outsideAccountId },
      },
    ],
    [
      'AWS',
      `${outside}:user/u`,
      {
        name: `${outside}:user/u`,
        kind: 'user',
        principal: { kind: 'user', arn: `${outside}:user/u`, accountId: outsideAccountId },
      },
    ],
    [
      'AWS',
      `${sts(outsideAccountId)}:federated-user/f`,
      {
        name: `${sts(outsideAccountId)}:federated-user/f`,
        kind: 'session',
        principal: {
          kind: 'user',
          arn: `${sts(outsideAccountId)}:federated-user/f`,
          accountId: outsideAccountId,
        },
      },
    ],
    [
      'AWS',
      `${sts(outsideAccountId)}:assumed-role/r/s`,
      {
        name: `${sts(outsideAccountId)}:assumed-role/r/s`,
        kind: 'session',
        principal: {
          kind: 'role-session',
          arn: `${sts(outsideAccountId)}:assumed-role/r/s`,
          roleArn: `${outside}:role/r`,
          accountId: outsideAccountId,
        },
      },
    ],
  ] as const)('%s %s: %j', (type, value, stranger) => {
    expect(toStranger({ type, value })).toEqual(stranger);
  });
});

describe('strangers', () => {
  it.each<[says: string, policy: object | object[], more: Partial<KeyQuestion>, told: string[]]>([
    [
      'a service',
      statement({ Service: 's3.amazonaws.com' }),
      {},
      ['s3.amazonaws.com service  aws-services yes'],
    ],
    [
      'a role of another account, whose IAM has the last word',
      statement({ AWS: `${outside}:role/r` }),
      {},
      [`${outside}:role/r role ${outsideAccountId}  conditional`],
    ],
    [
      'another account, which lets whom it likes',
      statement({ AWS: outsideAccountId }),
      {},
      [`${outsideAccountId} account ${outsideAccountId}  conditional`],
    ],
    [
      'a role of the own account, whose boundary was not read',
      statement({ AWS: `arn:aws:iam::${keyAccountId}:role/r` }),
      {},
      [`arn:aws:iam::${keyAccountId}:role/r role ${keyAccountId}  conditional`],
    ],
    [
      'a federated user of the own account, who has no IAM',
      statement({ AWS: `${sts(keyAccountId)}:federated-user/f` }),
      {},
      [`${sts(keyAccountId)}:federated-user/f session ${keyAccountId}  yes`],
    ],
    [
      'a service-linked role of another account',
      statement({ AWS: `${outside}:role/aws-service-role/x.amazonaws.com/X` }),
      {},
      [
        `${outside}:role/aws-service-role/x.amazonaws.com/X role ${outsideAccountId} aws-services conditional`,
      ],
    ],
    [
      'nobody that a Deny names',
      [delegation, deny({ Principal: { AWS: `${outside}:role/r` } })],
      { accounts: [read(keyAccountId)] },
      [],
    ],
    [
      'nobody twice',
      [
        statement({ AWS: `${outside}:role/r` }),
        statement({ AWS: [`${outside}:role/r`] }, { Action: 'kms:Encrypt' }),
      ],
      {},
      [`${outside}:role/r role ${outsideAccountId}  conditional`],
    ],
    ['nobody who may nothing', statement({ AWS: `${outside}:role/r` }, { Action: 'kms:Encrypt' }), {}, []],
    ['no account that was read', delegation, { accounts: [read(keyAccountId)] }, []],
    [
      'no account that was read in part',
      delegation,
      { accounts: [read(keyAccountId, { isPartial: true })] },
      [],
    ],
    [
      'nobody who does not exist in an account that was read',
      statement({ AWS: `arn:aws:iam::${keyAccountId}:role/gone` }),
      { accounts: [read(keyAccountId)] },
      [],
    ],
    [
      'somebody who may exist in an account that was read in part',
      statement({ AWS: `arn:aws:iam::${keyAccountId}:role/gone` }),
      { accounts: [read(keyAccountId, { isPartial: true })] },
      [`arn:aws:iam::${keyAccountId}:role/gone role ${keyAccountId}  conditional`],
    ],
    [
      'nobody who was read in part',
      statement({ AWS: `arn:aws:iam::${keyAccountId}:role/team/reader` }),
      { accounts: [read(keyAccountId, { isPartial: true })] },
      [],
    ],
    [
      'a federated user of an account that was read',
      statement({ AWS: `${sts(keyAccountId)}:federated-user/f` }),
      { accounts: [read(keyAccountId)] },
      [`${sts(keyAccountId)}:federated-user/f session ${keyAccountId}  yes`],
    ],
    [
      'a grantee',
      delegation,
      {
        accounts: [read(keyAccountId)],
        grants: [{ GrantId: 'g', GranteePrincipal: `${outside}:role/r`, Operations: ['Decrypt'] }],
      },
      [`${outside}:role/r role ${outsideAccountId}  yes`],
    ],
    [
      'a service by its grant',
      delegation,
      {
        accounts: [read(keyAccountId)],
        grants: [{ GrantId: 'g', GranteeServicePrincipal: 'eks.amazonaws.com', Operations: ['Decrypt'] }],
      },
      ['eks.amazonaws.com service  aws-services yes'],
    ],
    [
      'no retiring principal, who may but retire',
      delegation,
      {
        accounts: [read(keyAccountId)],
        grants: [
          {
            GrantId: 'g',
            RetiringPrincipal: `${outside}:role/r`,
            RetiringServicePrincipal: 'rds.amazonaws.com',
            Operations: ['Decrypt'],
          },
        ],
      },
      [],
    ],
  ])('are %s', (_, policy, more, told) => {
    expect(tell(policy, more)).toEqual(told);
  });

  it('of other accounts may only what KMS takes from there', () => {
    const [stranger] = ask(
      statement(
        { AWS: `${outside}:role/r` },
        { Action: ['kms:PutKeyPolicy', 'kms:Decrypt', 'kms:DisableKey'] },
      ),
    );
    expect(Object.keys(stranger?.powers ?? {})).toEqual(['decrypt']);
    expect(stranger?.show('destroy')).toBeNull();
    expect(stranger?.holder).toBeNull();
    expect(stranger?.show('decrypt')).toMatchObject({
      power: 'conditional',
      witness: { action: 'kms:Decrypt' },
    });
  });

  it('of the own account may whatever the key policy says', () => {
    const session = `${sts(keyAccountId)}:federated-user/f`;
    const [stranger] = ask(statement({ AWS: session }, { Action: ['kms:PutKeyPolicy', 'kms:Decrypt'] }));
    expect(stranger?.powers).toMatchObject({
      decrypt: { power: 'yes' },
      administer: { power: 'yes' },
      destroy: { power: 'yes' },
    });
    const [service] = ask(statement({ Service: 's3.amazonaws.com' }, { Action: 'kms:DisableKey' }));
    expect(service?.powers).toMatchObject({ destroy: { power: 'yes' } });
  });

  it('may retire by a grant that says so', () => {
    const grants = [
      {
        GrantId: 'g',
        RetiringPrincipal: `${outside}:role/r`,
        RetiringServicePrincipal: 'rds.amazonaws.com',
        Operations: [],
      },
    ];
    const question = { keyArn, keyPolicy: toPolicy(delegation), grants, resourceControl: [], accounts: [] };
    const found = findStrangers(question, { retire: ['kms:RetireGrant'] });
    expect(found.map(({ principal, powers }) => [principal, powers.retire?.power])).toEqual([
      [`${outside}:role/r`, 'yes'],
      ['rds.amazonaws.com', 'yes'],
    ]);
  });

  it('stand among the others by name', () => {
    const question = {
      keyArn,
      keyPolicy: toPolicy([statement({ Service: ['z.amazonaws.com', 'a.amazonaws.com'] })]),
      grants: [],
      resourceControl: [],
      accounts: [],
    };
    expect(findHoldings(question, powerActions).map(({ principal }) => principal)).toEqual([
      'a.amazonaws.com',
      'z.amazonaws.com',
    ]);
  });
});

describe('a power in words', () => {
  const held = (keyPolicy: object | object[]) => {
    const [one] = ask(keyPolicy);
    const shown = one?.show('decrypt');
    if (!shown) throw new Error('nobody holds it');
    return shown;
  };
  const session = `${sts(keyAccountId)}:federated-user/f`;
  it('is given by its statements, each once', () => {
    expect(
      toGiving(
        held([statement({ AWS: session }, { Sid: 'One' }), statement({ AWS: session }, { Sid: 'Two' })]),
      ),
    ).toEqual(['key-policy One', 'key-policy Two']);
    expect(toGiving({ ...held(statement({ AWS: session })), witness: null })).toEqual([]);
  });

  it.each<[says: string, more: object, words: string[]]>([
    ['nothing', {}, []],
    [
      'what it asks, sorted',
      {
        Condition: {
          Bool: { 'aws:MultiFactorAuthPresent': 'true' },
          StringLike: { 'aws:UserAgent': ['b', 'a*'] },
        },
      },
      ['aws:MultiFactorAuthPresent Bool true', 'aws:UserAgent StringLike b, a*'],
    ],
    [
      'nothing that surely holds',
      {
        Condition: {
          StringEquals: { 'kms:CallerAccount': keyAccountId, 'aws:RequestedRegion': 'eu-west-1' },
          Bool: { 'aws:SecureTransport': 'true' },
        },
      },
      [],
    ],
  ])('asks for %s', (_, more, words) => {
    expect(toConditionWords(held(statement({ AWS: session }, more)))).toEqual(words);
  });

  it('says what a Deny spares', () => {
    const policy = [
      statement({ AWS: session }),
      deny({ Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } } }),
    ];
    expect(toConditionWords(held(policy))).toEqual(['unless aws:MultiFactorAuthPresent BoolIfExists false']);
    expect(toConditionWords({ ...held(policy), witness: null })).toEqual([]);
  });

  it.each([
    [
      { 'ForAnyValue:StringLikeIfExists': { 'aws:TagKeys': ['a', 'b'] } },
      'aws:TagKeys ForAnyValue:StringLikeIfExists a, b',
    ],
    [{ StringEquals: { 'Aws:X': 'a' } }, 'Aws:X StringEquals a'],
  ])('spells %j as %s', (Condition, told) => {
    const [condition] = toPolicy(open({ Condition })).statements.flatMap(({ conditions }) => conditions);
    expect(condition && toConditionText(condition)).toBe(told);
  });

  it.each<[says: string, policy: object | object[], answer: boolean]>([
    ['*', open(), true],
    ['all but somebody', open({ Principal: undefined, NotPrincipal: { AWS: root } }), true],
    ['* of an account', open({ Condition: { StringEquals: { 'kms:CallerAccount': keyAccountId } } }), true],
    ['* and by name', [open(), statement({ AWS: session })], false],
    ['name', statement({ AWS: session }), false],
    [
      '* under a name',
      open({ Condition: { ArnLike: { 'aws:PrincipalArn': `${sts(keyAccountId)}:federated-user/*` } } }),
      false,
    ],
    ['* with a tag', open({ Condition: { StringLikeIfExists: { 'aws:PrincipalTag/a': '*' } } }), false],
    ['* with an id', open({ Condition: { StringLike: { 'aws:userid': '*' } } }), false],
  ])('lets whoever there is, by %s: %s', (_, policy, answer) => {
    const keyPolicy = toPolicy(policy);
    const request = {
      principal: { kind: 'user' as const, arn: session, accountId: keyAccountId },
      action: 'kms:Decrypt',
      resource: keyArn,
      context: {},
      isClosed: true,
    };
    const one = {
      power: 'yes' as const,
      witness: request,
      policies: { keyPolicy, identity: { policies: [], boundary: null } },
    };
    expect(isForEverybody(one)).toBe(answer);
    expect(isForEverybody({ ...one, witness: null })).toBe(false);
  });

  it('lets nobody in particular where nothing gives it', () => {
    const request = {
      principal: { kind: 'user' as const, arn: session, accountId: keyAccountId },
      action: 'kms:Decrypt',
      resource: keyArn,
      context: {},
      isClosed: true,
    };
    expect(
      isForEverybody({
        power: 'yes',
        witness: request,
        policies: { keyPolicy: toPolicy(open({ Action: 'kms:Encrypt' })) },
      }),
    ).toBe(false);
    const grants = [{ GrantId: 'g', GranteePrincipal: session, Operations: ['Decrypt'] }];
    expect(
      isForEverybody({
        power: 'yes',
        witness: request,
        policies: { keyPolicy: toPolicy(open()), grants, identity: { policies: [], boundary: null } },
      }),
    ).toBe(false);
  });
});
