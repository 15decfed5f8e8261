import { describe, expect, it } from 'vitest';
import { isExpectedPrincipal } from '../../shared/evidence/expected-principal.ts';

const account = '111122223333';
const role = `arn:aws:iam::${account}:role/team/backup`;
const session = `arn:aws:sts::${account}:assumed-role/backup/one`;
const federated = `arn:aws:sts::${account}:federated-user/backup`;

describe('isExpectedPrincipal', () => {
  it.each([
    ['a role by its ARN', role, role, true],
    ['a role without its path', role, `arn:aws:iam::${account}:role/backup`, true],
    ['a session by its role', session, `arn:aws:iam::${account}:role/backup`, true],
    ['a session by any session of its role', session, `arn:aws:sts::${account}:assumed-role/backup/*`, true],
    ['a session by the name it chose', session, `arn:aws:sts::${account}:assumed-role/backup/one`, false],
    [
      'a session by a name that any role can choose',
      session,
      `arn:aws:sts::${account}:assumed-role/*/one`,
      false,
    ],
    ['a federated user by the name it chose', federated, federated, false],
    [
      'a federated user by a part of its name',
      federated,
      `arn:aws:sts::${account}:federated-user/back*`,
      false,
    ],
    ['a federated user by a name anywhere', federated, '*/backup', false],
    ['a federated user by its account', federated, `arn:aws:sts::${account}:federated-user/*`, true],
    ['a federated user whose name poses as a path', `${federated}/backup`, '*backup', false],
    [
      'a user whose path looks like a session',
      `arn:aws:iam::${account}:user/federated-user/ann`,
      '*/ann',
      true,
    ],
    ['another role', role, `arn:aws:iam::${account}:role/other`, false],
    ['a service', 'backup.amazonaws.com', 'backup.amazonaws.com', true],
  ])('judges %s', (_, principal, glob, isExpected) => {
    expect(isExpectedPrincipal(principal, 'one', [{ principal: glob }])).toBe(isExpected);
  });

  it('holds only for the clusters that an entry names', () => {
    const entries = [{ principal: role, clusters: 'prod-*' }];
    expect(isExpectedPrincipal(role, 'prod-1', entries)).toBe(true);
    expect(isExpectedPrincipal(role, 'test-1', entries)).toBe(false);
  });
});
