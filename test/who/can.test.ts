import { describe, expect, it } from 'vitest';
import { settings } from '../../shared/evidence/settings.ts';
import { toCan } from '../../shared/who/can.ts';
import { canDocument } from '../../shared/who/document.ts';
import { account, denied, type Given, keyArn, toEksGrant } from '../checks/cases.ts';
import {
  allow,
  delegation,
  deny,
  inventory,
  keyPolicy,
  named,
  role,
  toRoleArn,
} from '../checks/iam-cases.ts';
import { toKeySubject } from './key-subject.ts';

const reader = toRoleArn('reader');
const can = (given: Given, principal = reader, action = 'kms:Decrypt', ...relatives: Given[]) =>
  toCan([toKeySubject(given), ...relatives.map(toKeySubject)], settings.parse({}), principal, action);
const withReader = (...statements: object[]) => inventory({ roles: [role('reader', statements)] });
const hasMfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } };

describe('toCan', () => {
  it.each<[string, Given, string, object]>([
    [
      'yes, by the IAM policy and the statement that delegates to it',
      { policy: keyPolicy(delegation), iam: withReader(allow('kms:Decrypt')) },
      reader,
      {
        answer: 'yes',
        because: expect.arrayContaining([
          { source: 'key-policy', ref: 'Root', effect: 'allow', conditions: [] },
          { source: 'identity-policy', ref: 'role/reader/own#statement 1', effect: 'allow', conditions: [] },
        ]),
      },
    ],
    [
      'conditional, with the condition',
      { iam: withReader(allow('kms:Decrypt', hasMfa)) },
      reader,
      {
        answer: 'conditional',
        because: expect.arrayContaining([
          expect.objectContaining({ conditions: ['aws:MultiFactorAuthPresent Bool true'] }),
        ]),
      },
    ],
    [
      'no, by the Deny',
      { iam: withReader(allow('kms:*'), deny('kms:Decrypt')) },
      reader,
      {
        answer: 'no',
        because: [
          { source: 'identity-policy', ref: 'role/reader/own#statement 2', effect: 'deny', conditions: [] },
        ],
      },
    ],
    ['no, because nothing allows it', { iam: withReader() }, reader, { answer: 'no', because: [] }],
    [
      'no, to a principal that nobody created yet, and says so',
      { iam: inventory({}) },
      toRoleArn('planned'),
      {
        answer: 'no',
        notVisible: expect.arrayContaining([
          expect.objectContaining({ reason: expect.stringMatching(/no such/) }),
        ]),
      },
    ],
    [
      'yes, to a session of a role',
      { iam: withReader(allow('kms:Decrypt')) },
      `arn:aws:sts::${account}:assumed-role/reader/alice`,
      { answer: 'yes' },
    ],
    [
      'conditional, to a role of an account whose IAM was not read',
      { policy: keyPolicy(delegation, named('arn:aws:iam::444455556666:role/theirs', 'kms:Decrypt')) },
      'arn:aws:iam::444455556666:role/theirs',
      { answer: 'conditional' },
    ],
    ['no, to a service that nothing names', {}, 'lambda.amazonaws.com', { answer: 'no' }],
  ])('answers %s', (_, given, principal, expected) => {
    const answer = can(given, principal);
    expect(answer).toMatchObject(expected);
    expect(canDocument.parse(answer)).toEqual(answer);
  });

  it('decides retirement by the grant, which no policy can', () => {
    const grants = [{ ...toEksGrant('shop', 'context-1'), RetiringPrincipal: reader }];
    const given = { grants, iam: withReader() };
    expect(can(given, reader, 'kms:RetireGrant')).toMatchObject({
      answer: 'yes',
      because: [{ source: 'grant', ref: 'grant-of-shop' }],
    });
  });

  it('says no to what KMS takes from the key’s own account alone', () => {
    const theirs = 'arn:aws:iam::444455556666:role/theirs';
    const policy = keyPolicy(delegation, named(theirs, 'kms:*'));
    expect(can({ policy }, theirs, 'kms:PutKeyPolicy')).toMatchObject({
      answer: 'no',
      because: [expect.objectContaining({ ref: expect.stringMatching(/own account alone/) })],
    });
    expect(can({ policy }, theirs, 'kms:DescribeKey')).toMatchObject({ answer: 'conditional' });
  });

  it('never turns grants that could not be read into a no', () => {
    const given = { grants: denied, iam: withReader() };
    const gap = { what: `the grants on ${keyArn}`, account, reason: 'access-denied: not allowed to ask' };
    expect(can(given)).toMatchObject({ answer: 'conditional', notVisible: expect.arrayContaining([gap]) });
    expect(can(given, reader, 'kms:PutKeyPolicy')).toMatchObject({ answer: 'no' });
  });

  it('is not sure of a yes that a policy might deny which could not be read, and names it', () => {
    const lost = 'arn:aws:iam::aws:policy/Lost';
    const iam = inventory({
      roles: [
        role('reader', [allow('kms:Decrypt')], { AttachedManagedPolicies: [{ PolicyArn: lost }] }),
        role('denied', [deny('kms:Decrypt')], { AttachedManagedPolicies: [{ PolicyArn: lost }] }),
      ],
    });
    expect(can({ iam })).toMatchObject({
      answer: 'conditional',
      because: expect.arrayContaining([expect.objectContaining({ ref: 'role/reader/own#statement 1' })]),
      notVisible: expect.arrayContaining([
        { what: `identity-policy ${lost}`, reason: 'it could not be read or understood' },
      ]),
    });
    expect(can({ iam }, toRoleArn('denied'))).toMatchObject({ answer: 'no' });
  });

  it('is not sure of what the key policy alone gives to a role whose own policies could not be read', () => {
    const given = { policy: keyPolicy(delegation, named(reader, 'kms:Decrypt')), iam: denied };
    expect(can(given)).toMatchObject({ answer: 'conditional' });
    // A federated user has none.
    const session = `arn:aws:sts::${account}:federated-user/ann`;
    const policy = keyPolicy(delegation, named(session, 'kms:Decrypt'));
    expect(can({ policy, iam: denied }, session)).toMatchObject({ answer: 'yes' });
  });

  it('answers for the member of a multi-Region family that lets the most', () => {
    const arn = keyArn.replace('eu-west-1', 'eu-west-3');
    const replica = {
      key: { arn, region: 'eu-west-3', isNamedByCluster: false },
      policy: keyPolicy(named(reader, 'kms:Decrypt')),
      iam: withReader(),
    };
    const given = { policy: keyPolicy(delegation), iam: withReader() };
    expect(can(given, reader, 'kms:Decrypt', replica)).toMatchObject({ answer: 'yes', key: arn });
    expect(can(given, reader, 'kms:Decrypt', { ...replica, policy: denied })).toMatchObject({
      answer: 'no',
      key: keyArn,
      notVisible: expect.arrayContaining([expect.objectContaining({ what: `the policy of ${arn}` })]),
    });
  });

  it('does not know what a policy says that could not be read', () => {
    expect(can({ policy: denied })).toMatchObject({ unknown: 'access-denied' });
  });
});
