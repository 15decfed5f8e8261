import { describe, expect, it } from 'vitest';
import { getConditionKeys } from '../../shared/policy/condition-keys.ts';
import { toNamedPowers } from '../../shared/policy/named-powers.ts';
import { parsePolicy } from '../../shared/policy/policy-document.ts';
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

  it('does not depend on the order of lists or the place of the statement', () => {
    const one = open({ Action: ['kms:Decrypt', 'kms:Encrypt'] });
    const other = open({ Action: ['kms:Encrypt', 'kms:Decrypt'] });
    expect(idOf([one], 0)).toBe(idOf([delegation, other], 1));
    expect(idOf([one], 0)).not.toBe(idOf([open()], 0));
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
