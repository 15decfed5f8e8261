import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/policy/decide.ts';
import { toNamedPowers } from '../../shared/policy/named-powers.ts';
import { delegation, deny, keyAccountId, keyArn, open, root, toPolicy } from './policies.ts';

const iam = `arn:aws:iam::${keyAccountId}`;
const ops = `${iam}:role/ops`;
const ann = `${iam}:user/ann`;
const actions = ['kms:CreateGrant', 'kms:Decrypt', 'kms:Encrypt'];
const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
});
const ask = (...statements: object[]) => {
  const keyPolicy = toPolicy(statements);
  const { powers, undecided } = toNamedPowers(keyPolicy, keyArn, actions);
  for (const { action, request } of [...powers.values()].flat()) {
    expect(request.action).toBe(action);
    expect(decide(request, { keyPolicy }).effect).toBe('allowed');
  }
  return { powers, undecided };
};
/** Who has which actions by which statement, in the order in which they are told. */
const tell = (...statements: object[]) =>
  [...ask(...statements).powers].map(
    ([name, powers]) =>
      `${name} ${powers.map(({ action, statementId }) => `${action.slice(4)} by ${statementId}`).join(', ')}`,
  );

describe('what a key policy gives to whom it names', () => {
  it.each<[says: string, statements: object[], told: string[]]>([
    [
      'each by name, whatever their order',
      [open({ Sid: 'Read', Principal: { AWS: [ann, ops] } }), open({ Sid: 'Same', Principal: { AWS: ops } })],
      [`${ops} Decrypt by Read, Decrypt by Same`, `${ann} Decrypt by Read`],
    ],
    [
      'a role and its sessions as one',
      [
        open({ Sid: 'Role', Principal: { AWS: `${iam}:role/team/ops` } }),
        open({
          Sid: 'Session',
          Principal: { AWS: `arn:aws:sts::${keyAccountId}:assumed-role/ops/one` },
          Action: 'kms:Encrypt',
        }),
      ],
      [`${ops} Decrypt by Role, Encrypt by Session`],
    ],
    [
      'an action that a Deny leaves',
      [
        open({ Sid: 'Use', Principal: { AWS: ops }, Action: ['kms:Decrypt', 'kms:Encrypt'] }),
        deny({ Action: 'kms:Encrypt' }),
      ],
      [`${ops} Decrypt by Use`],
    ],
    [
      'only the action of which a condition can be met',
      [
        open({
          Sid: 'Attach',
          Principal: { AWS: ops },
          Action: 'kms:*',
          ...when('Bool', 'kms:GrantIsForAWSResource', 'true'),
        }),
      ],
      [`${ops} CreateGrant by Attach`],
    ],
    [
      'only the action that a Deny says nothing of',
      [
        open({ Sid: 'Use', Principal: { AWS: ops }, Action: ['kms:CreateGrant', 'kms:Decrypt'] }),
        deny(when('Null', 'kms:GranteePrincipal', 'true')),
      ],
      [`${ops} CreateGrant by Use`],
    ],
    [
      'who stands alone in a condition beside *',
      [
        open({
          Sid: 'Open',
          ...when('ArnEquals', 'aws:PrincipalArn', [ops, `${iam}:role/*`, `${iam}:root`]),
        }),
      ],
      [`${ops} Decrypt by Open`],
    ],
    [
      'nobody by a condition beside the root',
      [open({ Principal: { AWS: root }, ...when('ArnEquals', 'aws:PrincipalArn', ops) })],
      [],
    ],
    [
      'nobody by a condition on another key',
      [open({ Action: 'kms:CreateGrant', ...when('StringEquals', 'kms:GranteePrincipal', ops) })],
      [],
    ],
    ['nobody by a Deny', [deny({ Principal: { AWS: ops } }), delegation], []],
    ['nobody by NotPrincipal', [open({ Principal: undefined, NotPrincipal: { AWS: ops } })], []],
    ['nobody by an action not asked about', [open({ Principal: { AWS: ops }, Action: 'kms:Sign' })], []],
    [
      'no provider, and no service, beside a role',
      [
        open({
          Sid: 'All',
          Principal: {
            AWS: ops,
            Federated: `${iam}:saml-provider/idp`,
            Service: 's3.amazonaws.com',
          },
        }),
      ],
      [`${ops} Decrypt by All`],
    ],
    ['no principal that is deleted', [open({ Principal: { AWS: 'AROAEXAMPLEEXAMPLE12' } })], []],
  ])('is told of %s', (_, statements, told) => {
    expect(tell(...statements)).toEqual(told);
    expect(ask(...statements).undecided).toEqual([]);
  });

  it('is undecided, and says so once, for actions that meet the same Denies', () => {
    const twoKinds = {
      StringLike: { 'aws:PrincipalTag/a': 'a*' },
      NumericEquals: { 'aws:PrincipalTag/a': '5' },
    };
    const reason = 'The values of aws:PrincipalTag/a are too many to try them all.';
    const use = open({ Sid: 'Use', Principal: { AWS: ops }, Action: actions, Condition: twoKinds });
    expect(ask(use)).toEqual({ powers: new Map(), undecided: [`statement Use: ${reason}`] });
    // Another Allow of one of them changes nothing for it, a Deny may.
    const other = open({ Principal: { AWS: ann }, Action: 'kms:Encrypt' });
    expect(ask(use, other).undecided).toEqual([`statement Use: ${reason}`]);
    const denied = deny({ Action: 'kms:Encrypt', ...when('StringEquals', 'aws:PrincipalTag/b', 'c') });
    expect(ask(use, denied).undecided).toEqual([`statement Use: ${reason}`, `statement Use: ${reason}`]);
  });
});
