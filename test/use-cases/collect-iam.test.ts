import { devNull } from 'node:os';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { ordinaryFleet } from '../../sandbox/fleets/ordinary.ts';
import { startSandbox } from '../../sandbox/start-sandbox.ts';
import type { Check, FactName } from '../../shared/checks/check.ts';
import { clusterRoleCanUseKey } from '../../shared/checks/cluster-role-can-use-key.ts';
import { keyIsDedicated } from '../../shared/checks/key-is-dedicated.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { checkEvidence } from '../../shared/use-cases/check-evidence.ts';
import { listIamAccounts, toIamAccount } from '../../shared/use-cases/collect-iam.ts';
import { scan } from '../../shared/use-cases/scan.ts';
import { gather } from './scan-fleet.ts';

const central = '777788889999';
const workloads = ['123456789012', '210987654321', '555566667777'];

/** Scans the quiet company with some checks alone; gives what was found and what was asked. */
const scanWith = async (checks: Check[], faults: Fault[] = []) => {
  const fleet = ordinaryFleet(new Date('2026-11-24T12:00:00Z'));
  const sandbox = await startSandbox(fleet, { faults });
  const environment = {
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: fleet.credentials[0]?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: fleet.credentials[0]?.secretAccessKey,
    AWS_REGION: 'eu-central-1',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_MAX_ATTEMPTS: '1',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await sandbox.close();
  });
  const store = createMemoryStore();
  const result = await gather(
    await scan(store, checks, {
      accounts: 'organization',
      regions: 'all',
      roleName: 'keyward-member',
      settings: settings.parse({}),
      isGentle: false,
      signal: new AbortController().signal,
    }),
  );
  const asked = Object.fromEntries(
    [...sandbox.requests.counts].filter(([name]) => /iam:|organizations:.*(Parent|Polic)/.test(name)),
  );
  return { store, result, asked };
};

describe('collecting IAM', () => {
  it('reads each account with a sealed cluster once, and each place of the organisation’s tree', async () => {
    const { result, store, asked } = await scanWith([clusterRoleCanUseKey]);
    expect(asked).toMatchObject({
      'iam:GetAccountAuthorizationDetails': 3,
      // Three accounts of clusters and the home of their central keys; all stand below the root.
      'organizations:ListAccountsForParent': 1,
      'organizations:ListTargetsForPolicy': 1,
      'organizations:DescribePolicy': 2,
    });
    const statuses = result.findings.map(({ status }) => status);
    expect(statuses.filter((status) => status === 'pass')).toHaveLength(24);
    expect(statuses).not.toContain('unknown');
    const again = await gather(await checkEvidence(store, result.runId, [clusterRoleCanUseKey]));
    expect(again.findings).toEqual(result.findings);
  });

  it('asks for nothing that no check reads', async () => {
    const { asked, store, result } = await scanWith([keyIsDedicated]);
    expect(Object.keys(asked).filter((name) => !name.startsWith('kms:'))).toEqual([]);
    const toFacts = (...facts: Check['facts']) => [{ ...keyIsDedicated, facts }];
    const list = (...facts: Check['facts']) => listIamAccounts(store, result.runId, toFacts(...facts));
    const read = (account: string) => ({ account, readsInventory: true });
    expect(await list('cluster')).toEqual([]);
    expect(await list('iam.cluster')).toEqual(workloads.map(read));
    expect(await list('iam.key')).toEqual([...workloads, central].map(read));
    expect(await list('iam.cluster', 'resourceControl.key')).toEqual([
      ...workloads.map(read),
      { account: central, readsInventory: false },
    ]);
  });

  it.each<
    [reads: FactName[], roles: Parameters<typeof toIamAccount>[1], readsInventory: boolean | undefined]
  >([
    [['iam.key'], ['key'], true],
    [['iam.key'], ['cluster'], undefined],
    [['iam.key'], ['cluster', 'key'], true],
    [['iam.cluster'], ['cluster', 'key'], true],
    [['serviceControl.cluster'], ['cluster'], false],
    [['serviceControl.cluster'], ['key'], undefined],
    [['serviceControl.key'], ['key'], false],
    [['resourceControl.key'], ['cluster', 'key'], false],
    [['resourceControl.key', 'iam.cluster'], ['key'], false],
    [['cluster', 'key.policy'], ['cluster', 'key'], undefined],
  ])(
    'by checks that read %j, reads of the account of a %j the inventory: %s',
    (facts, roles, readsInventory) => {
      const account = '111122223333';
      expect(toIamAccount(account, roles, [{ facts }])).toEqual(
        readsInventory === undefined ? undefined : { account, readsInventory },
      );
    },
  );

  it('says unknown about the clusters of an account that keeps its IAM to itself, and judges the others', async () => {
    const [closed = ''] = workloads;
    const { result } = await scanWith(
      [clusterRoleCanUseKey],
      [{ kind: 'access-denied', operation: 'GetAccountAuthorizationDetails', account: closed }],
    );
    const unknown = result.findings.filter(({ status }) => status === 'unknown');
    expect(new Set(unknown.map(({ account }) => account))).toEqual(new Set([closed]));
    expect(unknown).toHaveLength(8);
    expect(unknown[0]).toMatchObject({ reason: 'access-denied' });
    expect(result.findings.filter(({ status }) => status === 'pass')).toHaveLength(16);
  });

  it('judges without the control policies where the caller may not read them', async () => {
    const { result, asked } = await scanWith(
      [clusterRoleCanUseKey],
      [{ kind: 'access-denied', operation: 'ListRoots' }],
    );
    expect(result.findings.filter(({ status }) => status === 'pass')).toHaveLength(24);
    expect(asked['organizations:ListPolicies']).toBeUndefined();
  });
});
