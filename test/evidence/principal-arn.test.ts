import { describe, expect, it } from 'vitest';
import { isDeletedPrincipal, toPrincipalName } from '../../shared/evidence/principal-arn.ts';

const role = 'arn:aws:iam::111122223333:role/ops';

describe('toPrincipalName', () => {
  it.each([
    [role, role],
    ['arn:aws:iam::111122223333:role/team/a/ops', role],
    ['arn:aws:sts::111122223333:assumed-role/ops/one', role],
    ['arn:aws-cn:sts::111122223333:assumed-role/ops/one', 'arn:aws-cn:iam::111122223333:role/ops'],
    ['arn:aws:iam::111122223333:user/team/ann', 'arn:aws:iam::111122223333:user/ann'],
  ])('folds %s into %s', (principal, name) => {
    expect(toPrincipalName(principal)).toBe(name);
  });

  it.each([
    'arn:aws:iam::111122223333:root',
    'arn:aws:sts::111122223333:federated-user/ann',
    'arn:aws:sts::111122223333:role/a/b',
    'arn:aws:iam::111122223333:assumed-role/ops/one',
    'arn:aws:iam::111122223333:saml-provider/team/idp',
    'arn:aws:s3:::role/ops/one',
    'arn:aws:iam::111122223333:role/',
    'sns.amazonaws.com',
    'AROAEXAMPLEEXAMPLE12',
  ])('leaves %s as it is', (principal) => {
    expect(toPrincipalName(principal)).toBe(principal);
  });
});

describe('isDeletedPrincipal', () => {
  it.each(['AROAEXAMPLEEXAMPLE12', 'AIDAEXAMPLEEXAMPLE1'])('knows the unique id %s', (id) => {
    expect(isDeletedPrincipal(id)).toBe(true);
  });

  it.each([
    role,
    'xAROAEXAMPLEEXAMPLE12',
    'AROAEXAMPLEEXAMPLE12:one',
    'A1ROEXAMPLEEXAMPLE12',
    'AROA',
    '111122223333',
  ])('takes %s for none', (text) => {
    expect(isDeletedPrincipal(text)).toBe(false);
  });
});
