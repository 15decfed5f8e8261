import { describe, expect, it } from 'vitest';
import { toKeyPolicy } from '../../shared/plan/key-policy.ts';
import { parsePolicy } from '../../shared/policy/policy-document.ts';

const partitions = [
  ['aws', 'eu-central-1'],
  ['aws-cn', 'cn-north-1'],
  ['aws-us-gov', 'us-gov-west-1'],
] as const;

const ask = (
  partition = 'aws',
  region = 'eu-central-1',
  more: Partial<Parameters<typeof toKeyPolicy>[0]> = {},
) =>
  toKeyPolicy({
    keyArn: `arn:${partition}:kms:${region}:111122223333:key/1234abcd`,
    metadata: { Origin: 'AWS_KMS', MultiRegion: false },
    role: `arn:${partition}:iam::111122223333:role/shop-cluster`,
    neighbours: [],
    granting: undefined,
    ...more,
  });
const toActions = (document: ReturnType<typeof ask>) => document.Statement.flatMap(({ Action }) => Action);

describe('toKeyPolicy', () => {
  it.each(partitions)('names principals of partition %s alone', (partition, region) => {
    const granting = `arn:${partition}:iam::111122223333:role/platform`;
    const text = JSON.stringify(ask(partition, region, { granting, neighbours: ['444455556666'] }));
    const arns = [...text.matchAll(/arn:[^"]*/g)].map(([arn]) => arn.split(':')[1]);
    expect(new Set(arns)).toEqual(new Set([partition]));
    expect(parsePolicy(text).statements).toHaveLength(3);
  });

  it('gives nobody use of the key, and no grant to whoever needs none', () => {
    const actions = toActions(ask()).join(' ');
    expect(actions).not.toMatch(/kms:\*|Decrypt|Encrypt|GenerateDataKey|CreateGrant|Create\*/);
    expect(actions).toMatch(/kms:Put\*/);
  });

  it('lets who gives the cluster its key make a grant of EKS’s shape, and no other', () => {
    const granting = 'arn:aws:iam::111122223333:role/platform';
    const { Statement } = ask('aws', 'eu-central-1', { granting });
    expect(Statement.filter(({ Action }) => JSON.stringify(Action).includes('CreateGrant'))).toEqual([
      {
        Sid: 'LetEksBeGranted',
        Effect: 'Allow',
        Principal: { AWS: granting },
        Action: ['kms:CreateGrant'],
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:GrantConstraintType': 'EncryptionContextEquals' },
          'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'Encrypt'] },
          Null: { 'kms:GrantOperations': 'false' },
        },
      },
    ]);
  });

  it('lets the clusters of other accounts look at the key they share', () => {
    expect(ask('aws', 'eu-central-1', { neighbours: ['444455556666'] }).Statement[1]).toMatchObject({
      Principal: {
        AWS: ['arn:aws:iam::111122223333:role/shop-cluster', 'arn:aws:iam::444455556666:root'],
      },
      Action: ['kms:DescribeKey', 'kms:ListGrants'],
    });
  });

  it('names no role that is gone: KMS would refuse the policy', () => {
    expect(ask('aws', 'eu-central-1', { role: undefined }).Statement).toHaveLength(1);
  });

  it('leaves the care of imported and of multi-Region keys to their account', () => {
    const metadata = { Origin: 'EXTERNAL', MultiRegion: true };
    expect(toActions(ask('aws', 'eu-central-1', { metadata }))).toEqual(
      expect.arrayContaining(['kms:ImportKeyMaterial', 'kms:ReplicateKey']),
    );
    expect(toActions(ask())).not.toContain('kms:ImportKeyMaterial');
  });
});
