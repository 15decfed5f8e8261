import { describe, expect, it } from 'vitest';
import { toActor, userIdentity } from '../../shared/activity/actor.ts';
import { alice, eks, toRole } from './records.ts';

const cases: [name: string, identity: object, expected: object][] = [
  [
    'a session is its role, without path and session',
    toRole('111122223333', '/team/', 'deploy', 'run-17'),
    { principal: 'arn:aws:iam::111122223333:role/deploy', kind: 'role', account: '111122223333' },
  ],
  [
    'a session that EKS made is the role, called by EKS',
    { ...toRole('111122223333', '/', 'cluster', 'health-check-session'), invokedBy: 'eks.amazonaws.com' },
    {
      principal: 'arn:aws:iam::111122223333:role/cluster',
      kind: 'role',
      account: '111122223333',
      invokedBy: 'eks.amazonaws.com',
    },
  ],
  ['a user is itself', alice, { principal: alice.arn, kind: 'user', account: '111122223333' }],
  [
    'root is named as such',
    {
      type: 'Root',
      principalId: '111122223333',
      arn: 'arn:aws:iam::111122223333:root',
      accountId: '111122223333',
    },
    { principal: 'arn:aws:iam::111122223333:root', kind: 'root', account: '111122223333' },
  ],
  [
    'a federated session is the user that issued it: its name is the user’s to choose',
    {
      type: 'FederatedUser',
      arn: 'arn:aws:sts::111122223333:federated-user/any-name',
      accountId: '111122223333',
      sessionContext: {
        sessionIssuer: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/team/Alice' },
      },
    },
    { principal: 'arn:aws:iam::111122223333:user/Alice', kind: 'federated', account: '111122223333' },
  ],
  [
    'a federated user whose issuer is not told is named as such',
    { type: 'FederatedUser', arn: 'arn:aws:sts::111122223333:federated-user/Bob', accountId: '111122223333' },
    { principal: 'arn:aws:sts::111122223333:federated-user/Bob', kind: 'federated', account: '111122223333' },
  ],
  [
    'a service is its name',
    eks,
    { principal: 'eks.amazonaws.com', kind: 'service', invokedBy: 'eks.amazonaws.com' },
  ],
  [
    'a caller of another account is that account: its name is not told there',
    { type: 'AWSAccount', principalId: 'AROAEXAMPLE:session', accountId: '444455556666' },
    { principal: 'arn:aws-cn:iam::444455556666:root', kind: 'account', account: '444455556666' },
  ],
  ['an identity without anything is nobody known', {}, { principal: 'AWS Internal', kind: 'other' }],
];

describe('toActor', () => {
  it.each(cases)('%s', (_name, identity, expected) => {
    expect(toActor(userIdentity.parse(identity), 'aws-cn')).toEqual(expected);
  });
});
