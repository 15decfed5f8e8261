import { describe, expect, it } from 'vitest';
import type { FamilyMember } from '../../shared/checks/check.ts';
import { keyIsDedicated } from '../../shared/checks/key-is-dedicated.ts';
import { toKnown } from '../../shared/evidence/fact.ts';
import { account, clusterArn, denied, judge, keyArn, saysDenied, toEksGrant } from './cases.ts';

const own = toEksGrant('shop', 'context-1');
const otherArn = `arn:aws:eks:eu-west-1:${account}:cluster/pay`;
const toGrant = (GranteePrincipal: string | undefined, more: object = {}) => ({
  GrantId: 'g',
  GranteePrincipal,
  Operations: ['Decrypt'],
  ...more,
});
const replicaArn = keyArn.replace('eu-west-1', 'us-east-1');
const toFamily = (replica: Partial<FamilyMember>): FamilyMember[] => [
  { arn: keyArn, clusters: [clusterArn], grants: toKnown([own]) },
  { arn: replicaArn, clusters: [], grants: toKnown([]), ...replica },
];
const bound = (name: string) => ({ Constraints: { EncryptionContextSubset: { [name]: 'x' } } });

describe('key-is-dedicated', () => {
  it.each([
    ['its own grant', [own]],
    ['no grant at all', []],
    ['its own grant twice', [own, { ...own, GrantId: 'again' }]],
  ])('passes when the key carries %s', (_, grants) => {
    expect(judge(keyIsDedicated, { grants })).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('fails when EKS holds grants for more than one cluster, and names the others', () => {
    const grants = [own, toEksGrant('pay', 'context-2')];
    const [verdict] = judge(keyIsDedicated, { grants });
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'low',
      subject: null,
      evidence: { key: keyArn, clusters: ['pay'], contexts: ['context-1', 'context-2'], services: [] },
    });
    expect(verdict?.message).toContain('grants on it for 2 clusters; it is also the key of pay');
  });

  it('fails when the run saw another cluster on it, and names that once', () => {
    const grants = [own, toEksGrant('pay', 'context-2')];
    const [verdict] = judge(keyIsDedicated, { grants, key: { clusters: [otherArn, clusterArn] } });
    expect(verdict).toMatchObject({ status: 'fail', evidence: { clusters: [otherArn] } });
  });

  it.each([
    [
      'ebs',
      toGrant(
        `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
        bound('aws:ebs:id'),
      ),
    ],
    ['rds', toGrant('rds.eu-west-1.amazonaws.com', bound('aws:rds:db-id'))],
    [
      'backup',
      toGrant(
        `arn:aws:iam::${account}:role/service-role/AWSBackupDefaultServiceRole`,
        bound('aws:backup:backup-vault'),
      ),
    ],
    [
      'autoscaling',
      toGrant(
        `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
      ),
    ],
    ['dynamodb', toGrant(undefined, { GranteeServicePrincipal: 'dynamodb.amazonaws.com' })],
    ['dms', toGrant('dms.cn-north-1.amazonaws.com.cn')],
  ])('fails when %s holds a grant on it', (service, grant) => {
    const [verdict] = judge(keyIsDedicated, { grants: [own, grant, { ...grant, GrantId: 'h' }] });
    expect(verdict).toMatchObject({
      status: 'fail',
      evidence: { services: [{ service, grants: 2 }], clusters: [] },
    });
    expect(verdict?.message).toContain(`${service} holds 2 grants on it`);
  });

  it('fails on what the run or a part of the grants shows, even where the rest is unknown', () => {
    const clusters = [clusterArn, otherArn];
    expect(judge(keyIsDedicated, { grants: denied, key: { clusters } })).toMatchObject([{ status: 'fail' }]);
    const grants = [own, toEksGrant('pay', 'context-2')];
    expect(judge(keyIsDedicated, { grants, missing: ['key.grants'] })).toMatchObject([{ status: 'fail' }]);
  });

  it.each<[string, Partial<FamilyMember>, object]>([
    ['a cluster of this run', { clusters: [otherArn] }, { clusters: [otherArn] }],
    [
      'a grant of EKS for a namesake',
      { grants: toKnown([toEksGrant('shop', 'context-2')]) },
      { contexts: ['context-1', 'context-2'] },
    ],
  ])('fails when another member of its multi-Region family has %s', (_, member, evidence) => {
    const family = toFamily({ grants: toKnown([]), ...member });
    expect(judge(keyIsDedicated, { key: { family } })).toMatchObject([{ status: 'fail', evidence }]);
  });

  it('is unknown when the grants on another member could not be read', () => {
    const message = `grants on ${replicaArn}: not allowed to ask`;
    expect(judge(keyIsDedicated, { key: { family: toFamily({ grants: denied }) } })).toMatchObject([
      { status: 'unknown', reason: 'access-denied', message },
    ]);
    expect(judge(keyIsDedicated, { key: { family: toFamily({ grants: toKnown([]) }) } })).toMatchObject([
      { status: 'pass' },
    ]);
  });

  it('is unknown when the grants could not be read, and never passes over a part of them', () => {
    expect(judge(keyIsDedicated, { grants: denied })).toMatchObject(saysDenied);
    expect(judge(keyIsDedicated, { missing: ['key.grants'] })).toMatchObject([
      { status: 'unknown', reason: 'throttled', message: 'page 2' },
    ]);
  });

  it('does not count EKS’s own service-linked role, nor a grant to somebody’s role, whatever its name', () => {
    const eks = toGrant(
      `arn:aws:iam::${account}:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS`,
    );
    const person = toGrant(`arn:aws:iam::${account}:role/operator`);
    const poser = toGrant(person.GranteePrincipal, {
      Name: 'eks-grant-pay',
      Constraints: { EncryptionContextEquals: { 'aws:eks:context': 'context-2' } },
    });
    expect(judge(keyIsDedicated, { grants: [own, eks, person, poser] })).toMatchObject([{ status: 'pass' }]);
  });
});
