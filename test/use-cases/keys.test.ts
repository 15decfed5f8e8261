import { describe, expect, it } from 'vitest';
import { cluster, key, keyFamily } from '../../sandbox/fleets/build.ts';
import { eksGrant, roleGrant } from '../../sandbox/fleets/grants.ts';
import { scenario } from '../../sandbox/fleets/scenario.ts';
import { keyEvidence } from '../../shared/evidence/key.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { readObject } from '../../shared/store/store.ts';
import {
  central,
  foreignKey,
  management,
  region,
  site,
  threeClusters,
  toFleet,
  west,
  workload,
} from './fleets.ts';
import { pick, scanFleet, tell } from './scan-fleet.ts';

const keyCalls = ['DescribeKey', 'GetKeyPolicy', 'GetKeyRotationStatus', 'ListKeyRotations', 'ListGrants'];

const countCalls = (counts: Map<string, number>) =>
  Object.fromEntries(keyCalls.map((operation) => [operation, counts.get(`kms:${operation}`) ?? 0]));
const each = (times: number) => Object.fromEntries(keyCalls.map((operation) => [operation, times]));

describe('A key', () => {
  it('is read once, however many clusters name it, by ARN, alias or alias ARN', async () => {
    const shared = key(site, 'shared', { grants: [eksGrant('by-arn', workload, region)] });
    const alias = `arn:aws:kms:${region}:${workload}:alias/shared`;
    const names = { 'by-arn': shared.metadata.Arn, 'by-alias': 'alias/shared', 'by-alias-arn': alias };
    const clusters = Object.entries(names).map(([name, keyArn]) => cluster(site, name, { keyArn }));
    const fleet = toFleet([scenario('shared', { clusters, keys: [shared] })]);
    const { sandbox, result } = await scanFleet(fleet);
    // Following the alias is the one DescribeKey.
    expect(countCalls(sandbox.requests.counts)).toEqual(each(1));
    for (const name of Object.keys(names)) {
      expect(pick(result.findings, name, 'key-is-usable')).toEqual([
        expect.objectContaining({ status: 'pass', resource: shared.metadata.Arn }),
      ]);
      expect(tell(result.findings, name, 'key-is-dedicated')).toEqual(['fail']);
    }
  });

  it('says why where its alias can’t be followed', async () => {
    const clusters = [cluster(site, 'lost', { keyArn: 'alias/gone' })];
    const { result } = await scanFleet(toFleet([scenario('lost', { clusters }), ...threeClusters()]));
    // An alias that is gone is not a key that is gone: whether the key lives nobody knows.
    for (const check of ['key-is-usable', 'key-rotates'])
      expect(pick(result.findings, 'lost', check)).toEqual([
        expect.objectContaining({
          status: 'unknown',
          reason: 'failed',
          message: expect.stringContaining('alias/gone'),
        }),
      ]);
    expect(tell(result.findings, 'a', 'key-rotates')).toEqual(['pass']);
  });

  it('is read with each member of its family in that member’s Region, target or not', async () => {
    const [primary, ...replicas] = keyFamily(site, 'global', ['us-east-1', west], {
      grants: [eksGrant('global', workload, region)],
    });
    const fleet = toFleet([
      scenario('global', {
        clusters: [cluster(site, 'global', { keyArn: primary.metadata.Arn })],
        keys: [primary, ...replicas],
      }),
    ]);
    const accounts = fleet.accounts.map((account) => ({ ...account, regions: [region, west, 'us-east-1'] }));
    const { sandbox, store, result } = await scanFleet({ ...fleet, accounts }, { regions: [region] });
    expect(countCalls(sandbox.requests.counts)).toEqual(each(3));
    expect([...sandbox.requests.peaksPerSecond.keys()]).toContain(`kms:GetKeyPolicy ${workload}/us-east-1`);
    const replica = await readObject(
      store,
      toRunNames(result.runId).key(workload, 'us-east-1', primary.metadata.KeyId),
      keyEvidence,
    );
    expect(replica).toMatchObject({ region: 'us-east-1', policy: { missing: [] } });
    expect(
      pick(result.findings, 'global', 'key-replicas-are-expected')
        .filter(({ status }) => status === 'fail')
        .map(({ subject }) => subject),
    ).toEqual(replicas.map(({ metadata }) => metadata.Arn).sort());
    expect(pick(result.findings, 'global', 'key-policy-has-no-public-statement')).toHaveLength(3);
  });

  it('is one of two families’ members once, where clusters of both Regions name it', async () => {
    const [primary, replica] = keyFamily(site, 'global', [west]);
    if (!replica) throw new Error('a family of one');
    const clusters = [
      cluster(site, 'east', { keyArn: primary.metadata.Arn }),
      cluster({ ...site, region: west }, 'west', { keyArn: replica.metadata.Arn }),
    ];
    const { sandbox } = await scanFleet(
      toFleet([scenario('global', { clusters, keys: [primary, replica] })]),
    );
    expect(countCalls(sandbox.requests.counts)).toEqual(each(2));
  });

  it('is shared with who is sealed by another member of its family, and each is told its own grants', async () => {
    const thief = (name: string) => roleGrant(name, `arn:aws:iam::${workload}:role/thief`, workload, 'two');
    const [primary, replica] = keyFamily(
      site,
      'global',
      [west],
      { grants: [eksGrant('one', workload, region)] },
      { grants: [eksGrant('two', workload, west), thief('stray')] },
    );
    if (!replica) throw new Error('a family of one');
    const clusters = [
      cluster(site, 'one', { keyArn: primary.metadata.Arn }),
      cluster({ ...site, region: west }, 'two', { keyArn: replica.metadata.Arn }),
    ];
    const { result } = await scanFleet(toFleet([scenario('global', { clusters, keys: [primary, replica] })]));
    expect(tell(result.findings, 'one', 'key-is-dedicated')).toEqual(['fail']);
    expect(tell(result.findings, 'one', 'key-grants-are-expected')).toEqual(['pass', 'pass']);
    expect(tell(result.findings, 'two', 'key-grants-are-expected').sort()).toEqual(['fail', 'pass']);
  });
});

describe('A key of another account', () => {
  const own = foreignKey(central, 'a');
  const toScenario = (...keys: ReturnType<typeof foreignKey>[]) =>
    scenario('a', { clusters: [cluster(site, 'a', { keyArn: own.metadata.Arn })], keys });

  it('is read at home through the role there, target or not', async () => {
    const { sandbox, result } = await scanFleet(toFleet([toScenario(own)]), { accounts: [workload] });
    expect(result.summary.byStatus.unknown).toBe(0);
    expect([...sandbox.requests.peaksPerSecond.keys()]).toContain(`kms:GetKeyPolicy ${central}/${region}`);
    expect(tell(result.findings, 'a', 'key-policy-has-no-public-statement')).toEqual(['pass']);
  });

  it('is read from the cluster’s account without a role at home, its policy then unknown', async () => {
    const fleet = toFleet([toScenario(own)]);
    const accounts = fleet.accounts.map((account) =>
      account.id === central ? { ...account, roles: [] } : account,
    );
    const { sandbox, result } = await scanFleet({ ...fleet, accounts }, { accounts: [workload] });
    expect(tell(result.findings, 'a', 'key-is-usable')).toEqual(['pass']);
    expect(tell(result.findings, 'a', 'key-grants-are-expected')).toEqual(['pass']);
    expect(tell(result.findings, 'a', 'key-policy-has-no-public-statement')).toEqual([
      'unknown: access-denied',
    ]);
    // What KMS answers at home only is not asked from elsewhere.
    expect(sandbox.requests.counts.has('kms:GetKeyPolicy')).toBe(false);
  });

  it('is each read from an account that uses it, where the home lets several in one by one', async () => {
    const site2 = { ...site, account: management };
    const other = foreignKey(central, 'z', management);
    const fleet = toFleet([
      toScenario(own, other),
      scenario('z', { clusters: [cluster(site2, 'z', { keyArn: other.metadata.Arn })] }),
    ]);
    const accounts = fleet.accounts.map((account) =>
      account.id === central ? { ...account, roles: [] } : account,
    );
    const { result } = await scanFleet(
      { ...fleet, accounts },
      { accounts: [management, workload], regions: [region] },
    );
    for (const name of ['a', 'z']) expect(tell(result.findings, name, 'key-is-usable')).toEqual(['pass']);
  });

  it('says why where nobody can look', async () => {
    const closed = key({ ...site, account: central }, 'a');
    const fleet = toFleet([toScenario(closed)]);
    const accounts = fleet.accounts.map((account) =>
      account.id === central ? { ...account, roles: [] } : account,
    );
    const { result } = await scanFleet({ ...fleet, accounts }, { accounts: [workload] });
    for (const check of ['key-is-usable', 'key-rotates', 'key-grants-are-expected'])
      expect(tell(result.findings, 'a', check)).toEqual(['unknown: access-denied']);
    expect(tell(result.findings, 'a', 'key-owner-is-trusted')).toEqual(['pass']);
  });
});
