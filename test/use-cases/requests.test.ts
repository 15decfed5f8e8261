import { describe, expect, it } from 'vitest';
import { generateFleet } from '../../sandbox/fleets/generated.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { scanFleet } from './scan-fleet.ts';

const size = {
  seed: 3,
  accounts: 3,
  regions: ['eu-central-1', 'eu-west-1'],
  clusters: 90,
  keys: 24,
  now: new Date(),
};

describe('The requests of a scan', () => {
  it('are its pages, three a cluster and one an access entry, at most six a key and few a trail', async () => {
    const fleet = generateFleet(size);
    const { sandbox, result } = await scanFleet(fleet);
    const { counts, total } = sandbox.requests;
    const grantPages = fleet.keys.reduce(
      (sum, { grants }) => sum + Math.max(1, Math.ceil(grants.length / 100)),
      0,
    );
    expect(grantPages).toBeGreaterThan(fleet.keys.length);
    expect(Object.fromEntries(counts)).toEqual({
      'sts:GetCallerIdentity': 1,
      'sts:AssumeRole': size.accounts - 1,
      'organizations:ListAccounts': 1,
      // Once for the list of accounts, once for the control policies above them.
      'organizations:DescribeOrganization': 1,
      // All accounts stand below the root, which tells of them on one page; there are no policies but AWS's two.
      'organizations:ListRoots': 1,
      'organizations:ListAccountsForParent': 1,
      'organizations:ListOrganizationalUnitsForParent': 1,
      'organizations:ListPolicies': 2,
      'organizations:ListTargetsForPolicy': 1,
      'organizations:DescribePolicy': 2,
      'iam:GetAccountAuthorizationDetails': size.accounts,
      'account:ListRegions': size.accounts,
      'eks:ListClusters': size.accounts * size.regions.length,
      'eks:DescribeCluster': size.clusters,
      'eks:ListAccessEntries': size.clusters,
      'eks:ListAssociatedAccessPolicies': fleet.clusters.reduce(
        (sum, { accessEntries = [] }) => sum + accessEntries.length,
        0,
      ),
      // None of them was ever backed up.
      'backup:ListRecoveryPointsByResource': size.clusters,
      'kms:DescribeKey': size.keys,
      'kms:GetKeyPolicy': size.keys,
      'kms:GetKeyRotationStatus': size.keys,
      'kms:ListKeyRotations': size.keys,
      'kms:ListGrants': grantPages,
      // One trail, the organisation's: each place asks for its state, and only its own account may say what it keeps.
      'cloudtrail:DescribeTrails': size.accounts * size.regions.length,
      'cloudtrail:GetTrailStatus': size.accounts * size.regions.length,
      'cloudtrail:GetEventSelectors': size.accounts + 1,
    });
    expect(total).toBe([...counts.values()].reduce((sum, count) => sum + count, 0));
    expect(result.summary.unknownReasons).toEqual({});
  });

  it('ask nothing about clusters and keys that nobody wants', async () => {
    const { sandbox, result } = await scanFleet(generateFleet(size), { clusters: '*-00007' });
    expect(sandbox.requests.counts.get('eks:DescribeCluster')).toBe(1);
    expect(sandbox.requests.counts.get('kms:DescribeKey')).toBe(1);
    expect(new Set(result.findings.map(({ cluster }) => cluster))).toEqual(new Set(['cluster-00007']));
  });

  it('ask nothing that no check wants to know', async () => {
    const checks = {
      'access-policies-limit-secret-readers': 'off',
      'secret-copies-are-sealed': 'off',
    } as const;
    const { sandbox } = await scanFleet(generateFleet(size), { settings: settings.parse({ checks }) });
    expect(
      [...sandbox.requests.counts.keys()].filter((name) => /^backup:|AccessEntries|Policies$/.test(name)),
    ).toEqual(['organizations:ListPolicies']);
  });
});
