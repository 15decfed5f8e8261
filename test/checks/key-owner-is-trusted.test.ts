import { describe, expect, it } from 'vitest';
import { keyOwnerIsTrusted } from '../../shared/checks/key-owner-is-trusted.ts';
import { account, denied, type Given, judge } from './cases.ts';

const owner = '444455556666';
const arn = `arn:aws:kms:eu-west-1:${owner}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const elsewhere = { key: { arn, account: owner } };

describe('key-owner-is-trusted', () => {
  it.each<[string, Given]>([
    ['in the cluster’s own account', { organization: denied }],
    ['in an account of the organisation', { ...elsewhere, organization: { accounts: [account, owner] } }],
    ['in a trusted account', { ...elsewhere, organization: denied, settings: { trustedAccounts: [owner] } }],
    [
      'in an account the configuration lists',
      { ...elsewhere, organization: denied, settings: { organizationAccounts: [owner] } },
    ],
    [
      'in a member of a list known in part',
      { ...elsewhere, organization: { accounts: [owner] }, missing: ['organization'] },
    ],
  ])('passes for a key %s', (_, given) => {
    expect(judge(keyOwnerIsTrusted, given)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, Given]>([
    ['the organisation', elsewhere],
    [
      'the list of the configuration',
      { ...elsewhere, organization: denied, settings: { organizationAccounts: [account] } },
    ],
  ])('fails for a key outside %s', (_, given) => {
    const [verdict] = judge(keyOwnerIsTrusted, given);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'high',
      subject: null,
      evidence: { key: arn, owner },
    });
    expect(verdict?.message).toContain(
      `lives in account ${owner}, which is neither in the organisation nor trusted`,
    );
  });

  it.each<[string, Given, string]>([
    ['could not be read', { organization: denied }, 'access-denied'],
    ['is known in part', { missing: ['organization'] }, 'throttled'],
    ['was not collected', { absent: ['organization'] }, 'failed'],
  ])('is unknown for a foreign account when the organisation %s', (_, given, reason) => {
    const [verdict] = judge(keyOwnerIsTrusted, { ...elsewhere, ...given });
    expect(verdict).toMatchObject({ status: 'unknown', reason });
    expect(verdict?.message).toContain(`whether account ${owner} belongs to the organisation is not known`);
  });

  it('does not ask what the key’s policy lets in', () => {
    const policy = { Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }] };
    expect(judge(keyOwnerIsTrusted, { policy })).toMatchObject([{ status: 'pass' }]);
  });
});
