/**
 * Claims that no other member of a multi-Region key's family lies in a Region that was not expected. Does not
 * claim that those elsewhere are safe: their own policies and grants are judged by link 3.
 */
import { hasGlobMatch } from '../policy/pattern.ts';
import { defineCheck } from './check.ts';

interface Member {
  key: string;
  region: string;
}

const whatItCan =
  'It has the same material, so it can decrypt the same data, under a policy and grants of its own';

export const keyReplicasAreExpected = defineCheck({
  id: 'key-replicas-are-expected',
  kind: 'state',
  link: 2,
  scope: 'key',
  subject: 'replica',
  facts: ['key.metadata'],
  title: 'The members of a multi-Region key lie in expected Regions only',
  rationale:
    'Each member of a multi-Region key’s family has the same material and can decrypt what another sealed. Its policy, grants, use and trail are its own, in its Region, where perhaps nobody looks.',
  remediation: {
    text: 'If the Region is meant, add it to expected.replicaRegions. If not, see who used the replica, then aws kms schedule-key-deletion --key-id REPLICA --region ITS-REGION. A primary can only be deleted after its replicas, the cluster’s own included.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html',
  },
  references: ['https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html'],
  frameworks: { 'NIST 800-53': ['SC-12', 'AC-6'] },
  outcomes: {
    replica: {
      severity: 'high',
      message: ({ key, region }: Member) =>
        `The cluster's key has a replica in ${region}, which is not among the expected Regions: ${key}. ${whatItCan}.`,
    },
    primary: {
      severity: 'high',
      message: ({ key, region }: Member) =>
        `The cluster's key is a replica of a primary in ${region}, which is not among the expected Regions: ${key}. ${whatItCan}, and decides on rotation and further replicas.`,
    },
  },
  pass: 'Every other member of the key’s family lies in an expected Region, or there is none.',
  *evaluate({ read }, { expected }) {
    const key = read('key.metadata');
    if (key.MultiRegion === false) return yield { notApplicable: 'The key is no multi-Region key.' };
    const family = key.MultiRegionConfiguration;
    if (!family?.PrimaryKey || !family.ReplicaKeys)
      return yield { unknown: 'failed', detail: `KMS did not list the family of ${key.Arn}` };

    const members = [family.PrimaryKey, ...family.ReplicaKeys];
    for (const { Arn, Region } of members) {
      if (Arn === key.Arn || expected.replicaRegions.some((glob) => hasGlobMatch(glob, Region))) continue;
      const outcome = Arn === family.PrimaryKey.Arn ? 'primary' : 'replica';
      yield { outcome, subject: Arn, evidence: { key: Arn, region: Region } };
    }
  },
});
