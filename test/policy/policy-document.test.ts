import { describe, expect, it } from 'vitest';
import { getConditionKeys } from '../../shared/policy/condition-keys.ts';
import { toNamedPowers } from '../../shared/policy/named-powers.ts';
import { parseIdentityPolicy, parsePolicy, parseTrustPolicy } from '../../shared/policy/policy-document.ts';
import { PolicyError } from '../../shared/policy/policy-error.ts';
import { toStatementId } from '../../shared/policy/statement-id.ts';
import { delegation, deny, keyAccountId, keyArn, open, root, toPolicy } from './policies.ts';

const secret = 'do-not-print';

describe('parsePolicy', () => {
  it.each<[string, string]>([
    ['text that is not JSON', `{"${secret}"`],
    ['a list', '[]'],
    ['an unknown version', JSON.stringify({ Version: secret, Statement: [open()] })],
    ['no statement', JSON.stringify({ Version: '2012-10-17' })],
    ['an empty list of statements', JSON.stringify({ Statement: [] })],
    ['an unknown element', JSON.stringify({ Statement: [{ ...open(), [secret]: 1 }] })],
    ['an unknown effect', JSON.stringify({ Statement: open({ Effect: secret }) })],
    ['Action and NotAction', JSON.stringify({ Statement: open({ NotAction: secret }) })],
    ['neither Action nor NotAction', JSON.stringify({ Statement: open({ Action: undefined }) })],
    ['no principal', JSON.stringify({ Statement: open({ Principal: undefined }) })],
    ['an unknown type of principal', JSON.stringify({ Statement: open({ Principal: { [secret]: '*' } }) })],
    ['an unknown operator', JSON.stringify({ Statement: open({ Condition: { [secret]: { a: 'b' } } }) })],
    ['NullIfExists', JSON.stringify({ Statement: open({ Condition: { NullIfExists: { a: 'true' } } }) })],
    [
      'a number that is none',
      JSON.stringify({ Statement: open({ Condition: { NumericEquals: { a: secret } } }) }),
    ],
    [
      'an address that is none',
      JSON.stringify({ Statement: open({ Condition: { IpAddress: { a: secret } } }) }),
    ],
    [
      'a nested value',
      JSON.stringify({ Statement: open({ Condition: { StringEquals: { a: [[secret]] } } }) }),
    ],
    ['too much text', `"${'x'.repeat(200_000)}"`],
    ['absurd depth', '['.repeat(60_000)],
  ])('refuses %s without printing it', (_, text) => {
    const parse = () => parsePolicy(text);
    expect(parse).toThrow(PolicyError);
    expect(parse).not.toThrow(secret);
  });

  it('takes one statement, texts for lists, and values that are no text', () => {
    const policy = parsePolicy(
      JSON.stringify({
        Statement: open({ Condition: { 'foranyvalue:stringlikeIFEXISTS': { 'A:b': [1, true, 'x'] } } }),
      }),
    );
    expect(policy).toMatchObject({
      version: '2008-10-17',
      statements: [
        { index: 0, sid: null, principals: [{ type: 'AWS', value: '*' }], actions: ['kms:Decrypt'] },
      ],
    });
    expect(policy.statements[0]?.conditions).toEqual([
      {
        operator: 'StringLike',
        ifExists: true,
        qualifier: 'ForAnyValue',
        key: 'a:b',
        originalKey: 'A:b',
        values: ['1', 'true', 'x'],
      },
    ]);
  });

  it('takes a policy as large as KMS takes', () => {
    const values = Array.from(
      { length: 500 },
      (_, index) => `arn:aws:iam::${keyAccountId}:role/role-number-${index}`,
    );
    expect(toPolicy(open({ Principal: { AWS: values } })).statements[0]?.principals).toHaveLength(500);
  });
});

describe('a policy that is not understood', () => {
  const of = (statement: unknown) => JSON.stringify({ Version: '2012-10-17', Statement: statement });
  const types = 'AWS, Service, Federated, CanonicalUser';
  it.each<[text: string, fault: string]>([
    [`"${'x'.repeat(131_071)}"`, 'The policy is longer than 131072 characters.'],
    [`"${'x'.repeat(131_070)}"`, 'The policy is not a JSON object.'],
    ['{', 'The policy is not JSON.'],
    ['[]', 'The policy is not a JSON object.'],
    ['null', 'The policy is not a JSON object.'],
    ['5', 'The policy is not a JSON object.'],
    ['{"Statement":[],"x":1}', 'The policy has an element that is not Version, Id or Statement.'],
    ['{"Version":"2012-10-17","Id":"x"}', 'The policy has no Statement.'],
    ['{"Statement":[]}', 'The policy has no Statement.'],
    [JSON.stringify({ Version: '2012', Statement: open() }), 'The policy has an unknown Version.'],
    [of([open(), 5]), 'Statement 2 is not an object.'],
    [of([[]]), 'Statement 1 is not an object.'],
    [of(open({ x: 1 })), 'Statement 1 has an unknown element.'],
    [of(open({ Effect: 'allow' })), 'Statement 1 has an Effect that is neither Allow nor Deny.'],
    [of(open({ Sid: 5 })), 'Statement 1 has a Sid that is not text.'],
    [of(open({ Action: 'Decrypt' })), 'Statement 1 has an action without a service prefix.'],
    [
      of(open({ Action: undefined, NotAction: ['kms:*', 'Decrypt'] })),
      'Statement 1 has an action without a service prefix.',
    ],
    [of(open({ NotAction: 'kms:*' })), 'Statement 1 has both Action and NotAction.'],
    [of(open({ Action: undefined })), 'Statement 1 has neither Action nor NotAction.'],
    [of(open({ Action: [] })), 'Statement 1, Action, is an empty list.'],
    [of(open({ Action: [5] })), 'Statement 1, Action, holds something that is not text.'],
    [of(open({ Action: [''] })), 'Statement 1, Action, holds something that is not text.'],
    [of(open({ Action: undefined, NotAction: [] })), 'Statement 1, NotAction, is an empty list.'],
    [of(open({ NotResource: '*' })), 'Statement 1 has both Resource and NotResource.'],
    [of(open({ Resource: undefined })), 'Statement 1 has neither Resource nor NotResource.'],
    [of(open({ NotPrincipal: '*' })), 'Statement 1 has both Principal and NotPrincipal.'],
    [of(open({ Principal: undefined })), 'Statement 1 has neither Principal nor NotPrincipal.'],
    [of(open({ Principal: 'x' })), 'Statement 1, Principal, is neither "*" nor an object of principals.'],
    [of(open({ Principal: {} })), 'Statement 1, Principal, is neither "*" nor an object of principals.'],
    [of(open({ Principal: ['*'] })), 'Statement 1, Principal, is neither "*" nor an object of principals.'],
    [
      of(open({ Principal: { aws: '*' } })),
      `Statement 1, Principal, has a principal type that is not ${types}.`,
    ],
    [of(open({ Principal: { AWS: [] } })), 'Statement 1, Principal, is an empty list.'],
    [of(open({ Condition: 'x' })), 'Statement 1 has a Condition that is not an object.'],
    [of(open({ Condition: [] })), 'Statement 1 has a Condition that is not an object.'],
    [
      of(open({ Condition: { Bool: 'x' } })),
      'Statement 1 has a condition operator that holds no object of keys.',
    ],
    [
      of(open({ Condition: { Bool: null } })),
      'Statement 1 has a condition operator that holds no object of keys.',
    ],
  ])('is named by its fault: %j: %s', (text, fault) => {
    expect(() => parsePolicy(text)).toThrow(new PolicyError(fault));
  });

  it('of IAM names no principal, and of a role no resource', () => {
    const fault = new PolicyError('Statement 1 names a principal, which an IAM policy cannot.');
    expect(() => parseIdentityPolicy(of(open()))).toThrow(fault);
    expect(() => parseIdentityPolicy(of(open({ Principal: undefined, NotPrincipal: '*' })))).toThrow(fault);
    expect(parseIdentityPolicy(of(open({ Principal: undefined }))).statements).toMatchObject([
      { principals: null, notPrincipals: null },
    ]);
    expect(parseTrustPolicy(of(open({ Resource: undefined }))).statements).toMatchObject([
      {
        principals: [{ type: 'AWS', value: '*' }],
        notPrincipals: null,
        resources: ['*'],
        notResources: null,
      },
    ]);
  });

  it('is any but what every element may say', () => {
    const text = JSON.stringify({
      Id: 'id',
      Statement: [
        {
          Sid: '',
          Effect: 'Deny',
          NotPrincipal: { AWS: ['a', 'b'], Service: 's', Federated: 'f', CanonicalUser: 'c' },
          NotAction: '*',
          NotResource: ['x', 'y'],
        },
        { Sid: 's', Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*', Condition: {} },
      ],
    });
    expect(parsePolicy(text)).toEqual({
      version: '2008-10-17',
      statements: [
        {
          index: 0,
          sid: null,
          effect: 'Deny',
          principals: null,
          notPrincipals: [
            { type: 'AWS', value: 'a' },
            { type: 'AWS', value: 'b' },
            { type: 'Service', value: 's' },
            { type: 'Federated', value: 'f' },
            { type: 'CanonicalUser', value: 'c' },
          ],
          actions: null,
          notActions: ['*'],
          resources: null,
          notResources: ['x', 'y'],
          conditions: [],
        },
        {
          index: 1,
          sid: 's',
          effect: 'Allow',
          principals: [{ type: 'AWS', value: '*' }],
          notPrincipals: null,
          actions: ['kms:*'],
          notActions: null,
          resources: ['*'],
          notResources: null,
          conditions: [],
        },
      ],
    });
  });

  it('is read once, as long as no hundred others were read since', () => {
    const text = (index: number) => of(open({ Sid: `number-${index}` }));
    const first = parsePolicy(text(0));
    expect(parsePolicy(text(0))).toBe(first);
    for (let index = 1; index < 100; index += 1) parsePolicy(text(index));
    expect(parsePolicy(text(0))).toBe(first);
    parsePolicy(text(100));
    expect(parsePolicy(text(0))).not.toBe(first);
  });
});

describe('toStatementId', () => {
  const idOf = (statements: object[], index: number) => {
    const policy = toPolicy(statements);
    return policy.statements
      .filter((statement) => statement.index === index)
      .map((statement) => toStatementId(policy, statement))[0];
  };

  it('is the Sid where that is unique and a hash where it is not', () => {
    expect(idOf([open({ Sid: 'A' }), open({ Sid: 'B' })], 1)).toBe('B');
    expect(idOf([open({ Sid: 'A' }), open({ Sid: 'A', Action: 'kms:Encrypt' })], 1)).toMatch(
      /^sha256:[0-9a-f]{64}$/,
    );
  });

  it('is no Sid that poses as a hash', () => {
    const posing = open({ Sid: `sha256:${'0'.repeat(64)}` });
    expect(idOf([posing, delegation], 0)).toMatch(/^sha256:(?!0{64})[0-9a-f]{64}$/);
    expect(idOf([delegation], 0)).toBe('Enable IAM User Permissions');
  });

  it('does not depend on the order of lists or the place of the statement', () => {
    const one = open({ Action: ['kms:Decrypt', 'kms:Encrypt'] });
    const other = open({ Action: ['kms:Encrypt', 'kms:Decrypt'] });
    expect(idOf([one], 0)).toBe(idOf([delegation, other], 1));
    expect(idOf([one], 0)).not.toBe(idOf([open()], 0));
    const cased = (key: string) => open({ Condition: { Bool: { [key]: 'true' } } });
    expect(idOf([cased('aws:ViaAWSService')], 0)).toBe(idOf([cased('AWS:viaawsservice')], 0));
  });
});

describe('getConditionKeys', () => {
  it('lists keys and variables in lower case, once', () => {
    const policy = toPolicy([
      open({ Condition: { StringEquals: { 'kms:ResourceAliases': '${aws:PrincipalTag/Alias}' } } }),
      open({ Condition: { Null: { 'KMS:resourcealiases': true } } }),
    ]);
    expect(getConditionKeys(policy)).toEqual(['aws:principaltag/alias', 'kms:resourcealiases']);
  });
});

describe('toNamedPowers', () => {
  const admin = `arn:aws:iam::${keyAccountId}:role/admin`;
  const actions = ['kms:Decrypt', 'kms:PutKeyPolicy'];

  const tell = (statements: object[]) => {
    const { powers } = toNamedPowers(toPolicy(statements), keyArn, actions);
    return [...powers].map(([name, held]) => [
      name,
      held.map(({ action, statementId }) => [action, statementId]),
    ]);
  };

  it('lists what statements give to those they name, and nothing by root or *', () => {
    const statements = [
      delegation,
      open(),
      open({ Sid: 'Admins', Principal: { AWS: admin }, Action: ['kms:Put*'] }),
      open({ Sid: 'Users', Principal: { AWS: [admin, keyAccountId, 'AROAEXAMPLEEXAMPLE12'] } }),
    ];
    expect(tell(statements)).toEqual([
      [
        admin,
        [
          ['kms:PutKeyPolicy', 'Admins'],
          ['kms:Decrypt', 'Users'],
        ],
      ],
    ]);
  });

  it('holds the sessions and paths of a role for one, and names who stands alone in a condition', () => {
    const role = `arn:aws:iam::${keyAccountId}:role/ops`;
    const statements = [
      open({ Sid: 'Path', Principal: { AWS: `arn:aws:iam::${keyAccountId}:role/team/ops` } }),
      open({ Sid: 'Session', Principal: { AWS: `arn:aws:sts::${keyAccountId}:assumed-role/ops/one` } }),
      open({ Sid: 'Condition', Condition: { ArnEquals: { 'aws:PrincipalArn': role } } }),
      open({ Sid: 'Pattern', Condition: { ArnLike: { 'aws:PrincipalArn': `${role}*` } } }),
      open({ Sid: 'Root', Principal: { AWS: root }, Condition: { ArnEquals: { 'aws:PrincipalArn': role } } }),
    ];
    expect(tell(statements)).toEqual([
      [role, ['Path', 'Session', 'Condition'].map((sid) => ['kms:Decrypt', sid])],
    ]);
  });

  it('takes away what every request of theirs is denied', () => {
    const all = open({ Sid: 'All', Principal: { AWS: admin }, Action: 'kms:*' });
    expect(tell([all, deny({ Action: 'kms:Decrypt' })])).toEqual([[admin, [['kms:PutKeyPolicy', 'All']]]]);
    const conditioned = (values: string) =>
      deny({ Action: 'kms:Decrypt', Condition: { Bool: { 'aws:MultiFactorAuthPresent': values } } });
    expect(tell([all, conditioned('false')])).toEqual([
      [
        admin,
        [
          ['kms:Decrypt', 'All'],
          ['kms:PutKeyPolicy', 'All'],
        ],
      ],
    ]);
    const everyOne = deny({ Action: 'kms:Decrypt', Condition: { ArnLike: { 'aws:PrincipalArn': admin } } });
    expect(tell([all, everyOne])).toEqual([[admin, [['kms:PutKeyPolicy', 'All']]]]);
  });
});
