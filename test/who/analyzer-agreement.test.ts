import { expect, it } from 'vitest';
import { type AnalyzerFinding, analyzerFinding } from '../../shared/evidence/access-analyzer.ts';
import { toAnalyzerAgreement } from '../../shared/who/analyzer-agreement.ts';
import type { WhoPrincipal } from '../../shared/who/document.ts';

const partner = '666677778888';
const root = `arn:aws:iam::${partner}:root`;
const importer = `arn:aws:iam::${partner}:role/importer`;
type Answers = Parameters<typeof toAnalyzerAgreement>[1];

const answer = (
  principal: string,
  kind: WhoPrincipal['kind'],
  more: Partial<Answers[number]> = { decrypt: 'yes' },
): Answers[number] => ({ principal, kind, decrypt: 'no', administer: 'no', destroy: 'no', ...more });

const finding = (more: Partial<AnalyzerFinding>): AnalyzerFinding =>
  analyzerFinding.parse({ id: 'f', action: ['kms:Decrypt'], principal: { AWS: partner }, ...more });

const everybody = { principal: { AWS: '*' }, isPublic: true };
const ofOrganization = { principal: { AWS: '*' }, condition: { 'aws:PrincipalOrgID': 'o-other' } };

it.each<[string, Partial<AnalyzerFinding>, Answers[number][], string, string]>([
  ['an account by its number', {}, [answer(root, 'account')], 'agrees', `both let ${root} decrypt`],
  ['an account by its ARN', { principal: { AWS: root } }, [answer(partner, 'account')], 'agrees', 'both'],
  ['a role by its name', { principal: { AWS: importer } }, [answer(importer, 'role')], 'agrees', 'both'],
  ['a role by its account', { principal: { AWS: importer } }, [answer(root, 'account')], 'agrees', 'both'],
  ['a role, as anybody', { principal: { AWS: importer } }, [answer('*', 'public')], 'agrees', 'both let *'],
  ['everybody', everybody, [answer('*', 'public', { decrypt: 'conditional' })], 'agrees', 'both let *'],
  ['members of an organisation', ofOrganization, [answer('*', 'organization')], 'agrees', 'both let *'],
  [
    'a service',
    { principal: { Service: 'lambda.amazonaws.com' } },
    [answer('lambda.amazonaws.com', 'service')],
    'agrees',
    'both let lambda.amazonaws.com decrypt',
  ],
  [
    'both powers that every action gives',
    { action: ['kms:*'] },
    [answer(root, 'account', { decrypt: 'yes', administer: 'via-escalation', destroy: 'yes' })],
    'agrees',
    'decrypt and administer and destroy',
  ],
  ['nobody that Keyward knows of', {}, [], 'differs', 'Keyward finds no way to decrypt'],
  ['an account of which a role alone is let in', {}, [answer(importer, 'role')], 'differs', 'no way'],
  ['everybody, where only an account is', everybody, [answer(root, 'account')], 'differs', 'no way'],
  ['an account, where another is', {}, [answer('999988887777', 'account')], 'differs', 'no way'],
  [
    'an account that may not do all of it',
    { action: ['kms:Decrypt', 'kms:CreateGrant'] },
    [answer(root, 'account')],
    'differs',
    'no way to administer',
  ],
  [
    'a federation by the account of its provider',
    { principal: { Federated: `arn:aws:iam::${partner}:oidc-provider/token.example.com` } },
    [answer(root, 'account')],
    'differs',
    'no way to decrypt',
  ],
  [
    'whom a resource control policy may shut out',
    { resourceControlPolicyRestriction: 'APPLICABLE' },
    [],
    'differs',
    'a resource control policy that Access Analyzer did not evaluate may forbid it',
  ],
  [
    'whom it saw some time ago',
    { analyzedAt: '2026-10-01T09:00:00.000Z' },
    [],
    'differs',
    'looked at 2026-10-01T09:00:00.000Z',
  ],
  ['who may look at the key', { action: ['kms:DescribeKey'] }, [], 'not-compared', 'kms:DescribeKey lets'],
  ['what it could not tell', { error: 'ACCESS_DENIED' }, [], 'not-compared', 'not tell: ACCESS_DENIED'],
])('Access Analyzer’s %s', (_, more, answers, agreement, why) => {
  const [told] = toAnalyzerAgreement([finding(more)], answers);
  expect(told).toMatchObject({ finding: 'f', agreement, why: expect.stringContaining(why) });
});

it('Each finding has its answer, in order, and its principal as Access Analyzer names it', () => {
  const findings = [finding({ id: '1' }), finding({ id: '2', principal: {}, isPublic: true })];
  expect(toAnalyzerAgreement(findings, [])).toMatchObject([
    { finding: '1', principal: partner },
    { finding: '2', principal: '*' },
  ]);
});
