import { describe, expect, it } from 'vitest';
import { keyReplicasAreExpected } from '../../shared/checks/key-replicas-are-expected.ts';
import { account, denied, judge, saysDenied } from './cases.ts';

const toMember = (Region: string) => ({ Arn: `arn:aws:kms:${Region}:${account}:key/mrk-1`, Region });
const family = (primary: string, ...replicas: string[]) => ({
  Arn: toMember('eu-west-1').Arn,
  KeyId: 'mrk-1',
  MultiRegion: true,
  MultiRegionConfiguration: { PrimaryKey: toMember(primary), ReplicaKeys: replicas.map(toMember) },
});
const expecting = (...replicaRegions: string[]) => ({ expected: { replicaRegions } });

describe('key-replicas-are-expected', () => {
  it.each([
    ['has no replica', family('eu-west-1'), []],
    ['has replicas in expected Regions', family('eu-west-1', 'eu-central-1', 'eu-north-1'), ['eu-*']],
    ['is itself a replica of an expected primary', family('eu-central-1', 'eu-west-1'), ['eu-central-1']],
  ])('passes when the key %s', (_, metadata, regions) => {
    expect(judge(keyReplicasAreExpected, { metadata, settings: expecting(...regions) })).toMatchObject([
      { status: 'pass', subject: null },
    ]);
  });

  it('fails for each unexpected replica, as a finding of its own', () => {
    const metadata = family('eu-west-1', 'us-east-1', 'eu-central-1', 'ap-south-1');
    const verdicts = judge(keyReplicasAreExpected, { metadata, settings: expecting('eu-central-1') });
    expect(verdicts).toMatchObject(
      ['us-east-1', 'ap-south-1'].map((region) => ({
        status: 'fail',
        severity: 'high',
        subject: toMember(region).Arn,
        evidence: { key: toMember(region).Arn, region },
        message: expect.stringContaining(`a replica in ${region}`),
      })),
    );
  });

  it('fails for an unexpected primary of the cluster’s replica', () => {
    const verdicts = judge(keyReplicasAreExpected, { metadata: family('us-east-1', 'eu-west-1') });
    const { Arn } = toMember('us-east-1');
    expect(verdicts).toMatchObject([
      { status: 'fail', severity: 'high', subject: Arn, evidence: { key: Arn } },
    ]);
    expect(verdicts[0]?.message).toContain('a replica of a primary in us-east-1');
  });

  it('says both what it saw and that it could not see all', () => {
    const metadata = family('eu-west-1', 'us-east-1');
    expect(judge(keyReplicasAreExpected, { metadata, missing: ['key.metadata'] })).toMatchObject([
      { status: 'fail' },
      { status: 'unknown', reason: 'throttled' },
    ]);
  });

  it('is unknown when the key could not be read, or KMS lists no family', () => {
    expect(judge(keyReplicasAreExpected, { metadata: denied })).toMatchObject(saysDenied);
    expect(judge(keyReplicasAreExpected, { metadata: { MultiRegion: true } })).toMatchObject([
      { status: 'unknown', reason: 'failed' },
    ]);
  });

  it('does not apply to a key of one Region', () => {
    expect(judge(keyReplicasAreExpected)).toMatchObject([{ status: 'not-applicable' }]);
  });

  it('does not ask for the cluster’s own Region to be listed', () => {
    expect(judge(keyReplicasAreExpected, { metadata: family('eu-west-1') })).toMatchObject([
      { status: 'pass' },
    ]);
  });
});
