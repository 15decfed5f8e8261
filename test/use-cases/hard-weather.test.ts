import { describe, expect, it } from 'vitest';
import { toExitCode } from '../../cli/exit-code.ts';
import type { Fault } from '../../sandbox/faults.ts';
import { cluster, key } from '../../sandbox/fleets/build.ts';
import { ebsGrants, eksGrant } from '../../sandbox/fleets/grants.ts';
import { accountPolicy } from '../../sandbox/fleets/policies.ts';
import { scenario, sealed } from '../../sandbox/fleets/scenario.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { TargetError } from '../../shared/runtime/errors.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { who } from '../../shared/use-cases/who.ts';
import { management, region, site, threeClusters, toFleet, west, workload } from './fleets.ts';
import { scanFleet, serveFleet, tell } from './scan-fleet.ts';

const judging = { failOn: 'high', isStrict: false, isInterrupted: false } as const;
const toKeyId = (name: string) => key(site, name).metadata.KeyId;
const onKey = (kind: Fault['kind'], operation: string, name: string): Fault => ({
  kind,
  service: 'kms',
  operation,
  resource: toKeyId(name),
});
const onCluster = (kind: Fault['kind'], name: string): Fault => ({
  kind,
  service: 'eks',
  operation: 'DescribeCluster',
  resource: name,
});

/** The findings of every cluster but the named one, and the same from a scan in fair weather. */
const compareOthers = async (fault: Fault, name: string) => {
  const pickOthers = ({ findings }: Awaited<ReturnType<typeof scanFleet>>['result']) =>
    findings.filter((finding) => finding.cluster !== name).map(({ id, status }) => `${id} ${status}`);
  const struck = await scanFleet(toFleet(threeClusters()), { faults: [fault] });
  const fair = await scanFleet(toFleet(threeClusters()));
  return { result: struck.result, others: pickOthers(struck.result), expected: pickOthers(fair.result) };
};

describe('A scan in hard weather', () => {
  it.each([
    ['refused', 'access-denied', 'access-denied'],
    ['throttled for good', 'throttle', 'throttled'],
    ['met by a 5xx', 'server-error', 'failed'],
    ['dropped', 'drop-connection', 'failed'],
    ['answered with half a body', 'malformed-body', 'failed'],
    ['told that the cluster is gone', 'not-found', 'not-found'],
  ] as const)('leaves the neighbours alone when one DescribeCluster is %s', async (_, kind, reason) => {
    const { result, others, expected } = await compareOthers(onCluster(kind, 'b'), 'b');
    expect(others).toEqual(expected);
    const struck = result.findings.filter((finding) => finding.cluster === 'b');
    expect(new Set(struck.map((finding) => `${finding.status}: ${finding.reason}`))).toEqual(
      new Set([`unknown: ${reason}`]),
    );
    expect(
      result.run.targets.find(({ account, region: at }) => account === workload && at === region),
    ).toEqual({
      account: workload,
      region,
      status: 'partial',
      reason: '1 of 3 clusters could not be described',
    });
    expect(toExitCode(result, judging)).toBe(0);
    expect(toExitCode(result, { ...judging, isStrict: true })).toBe(2);
  });

  it.each([
    ['DescribeKey', 'access-denied', 'key-is-usable', 'unknown: access-denied'],
    ['DescribeKey', 'throttle', 'key-is-usable', 'unknown: throttled'],
    ['DescribeKey', 'drop-connection', 'key-is-usable', 'unknown: failed'],
    ['DescribeKey', 'malformed-body', 'key-is-usable', 'unknown: failed'],
    ['GetKeyPolicy', 'server-error', 'key-policy-has-no-public-statement', 'unknown: failed'],
    ['GetKeyPolicy', 'malformed-body', 'key-policy-trusts-only-the-organization', 'unknown: failed'],
    ['GetKeyRotationStatus', 'throttle', 'key-rotates', 'unknown: throttled'],
    ['ListGrants', 'access-denied', 'key-grants-are-expected', 'unknown: access-denied'],
    ['ListGrants', 'drop-connection', 'key-is-dedicated', 'unknown: failed'],
  ] as const)('does not know when %s meets %s', async (operation, kind, check, expected) => {
    const { result, others, expected: fair } = await compareOthers(onKey(kind, operation, 'b'), 'b');
    expect(tell(result.findings, 'b', check)).toEqual([expected]);
    expect(others).toEqual(fair);
    expect(toExitCode(result, judging)).toBe(0);
  });

  it('tells a key that vanishes between two calls', async () => {
    const { result } = await scanFleet(toFleet(threeClusters()), {
      faults: [onKey('not-found', 'GetKeyPolicy', 'b')],
    });
    expect(tell(result.findings, 'b', 'key-is-usable')).toEqual(['pass']);
    for (const check of ['key-policy-has-no-public-statement', 'key-policy-trusts-only-the-organization'])
      expect(tell(result.findings, 'b', check)).toEqual(['unknown: not-found']);
    expect(toExitCode(result, judging)).toBe(0);
  });

  it('ends with 2 for the account that denies the role, and scans the others', async () => {
    const fleet = toFleet(threeClusters());
    const accounts = fleet.accounts.map((account) =>
      account.id === management || account.id === workload ? account : { ...account, roles: [] },
    );
    const { result } = await scanFleet({ ...fleet, accounts });
    const failed = result.run.targets.filter(({ status }) => status === 'failed');
    expect(failed).toEqual([
      expect.objectContaining({
        region: 'all',
        reason: expect.stringMatching(/^access-denied: .*AssumeRole/),
      }),
    ]);
    expect(tell(result.findings, 'a', 'key-is-usable')).toEqual(['pass']);
    expect(toExitCode(result, judging)).toBe(2);
  });

  it('goes on where one Region throttles one API for good', async () => {
    const fleet = toFleet([sealed(site, 'near'), sealed({ ...site, region: west }, 'far')]);
    const { result } = await scanFleet(fleet, {
      attempts: 2,
      faults: [{ kind: 'throttle', service: 'kms', operation: 'ListGrants', region: west }],
    });
    expect(tell(result.findings, 'far', 'key-grants-are-expected')).toEqual(['unknown: throttled']);
    expect(tell(result.findings, 'far', 'key-rotates')).toEqual(['pass']);
    expect(tell(result.findings, 'near', 'key-grants-are-expected')).toEqual(['pass']);
    expect(result.run.targets.every(({ status }) => status === 'scanned')).toBe(true);
    expect(toExitCode(result, judging)).toBe(0);
  });

  it('is through when the trouble passes: a throttle, a 5xx and a dropped connection are tried again', async () => {
    const faults = (['throttle', 'server-error', 'drop-connection'] as const).map((kind) => ({
      kind,
      service: 'kms',
      times: 1,
    }));
    const { result } = await scanFleet(toFleet(threeClusters()), { attempts: 4, faults });
    expect(result.summary.unknownReasons).toEqual({});
  });

  it('keeps the grants of the first page, says what is missing, and does not pass', async () => {
    const grants = [...ebsGrants(140, workload, 'b'), eksGrant('b', workload, region)];
    const fleet = toFleet([sealed(site, 'a'), sealed(site, 'b', { key: { grants } })]);
    const secondPage: Fault = { ...onKey('access-denied', 'ListGrants', 'b'), resource: 'Marker' };
    const { result } = await scanFleet(fleet, { faults: [secondPage] });
    for (const check of ['key-grants-are-expected', 'cluster-grant-is-in-place'])
      expect(tell(result.findings, 'b', check)).toEqual(['unknown: access-denied']);
    // Other services' grants were seen: that much is sure.
    expect(tell(result.findings, 'b', 'key-is-dedicated')).toContain('fail');
    expect(JSON.stringify(result.findings)).toContain('page 2 and later of kms:ListGrants');
    expect(tell(result.findings, 'a', 'key-grants-are-expected')).toEqual(['pass']);
  });

  it('judges the clusters of the first page, and calls the target partial', async () => {
    const names = Array.from({ length: 104 }, (_, index) => `c-${String(index).padStart(3, '0')}`);
    const fleet = toFleet(names.map((name) => scenario(name, { clusters: [cluster(site, name)] })));
    const { result } = await scanFleet(fleet, {
      faults: [{ kind: 'server-error', service: 'eks', operation: 'ListClusters', resource: 'nextToken' }],
    });
    const target = result.run.targets.find(
      ({ account, region: at }) => account === workload && at === region,
    );
    expect(target).toMatchObject({ status: 'partial', reason: expect.stringContaining('page 2 and later') });
    expect(new Set(result.findings.map((finding) => finding.cluster)).size).toBe(100);
    expect(toExitCode(result, judging)).toBe(0);
  });

  it('excludes a Region that the organisation denies, but fails it where somebody named it', async () => {
    const faults: Fault[] = [{ kind: 'denied-by-scp', service: 'eks', region: west }];
    const every = await scanFleet(toFleet(threeClusters()), { faults });
    expect(
      every.result.run.targets.filter(({ region: at }) => at === west).map(({ status }) => status),
    ).toEqual(['excluded', 'excluded', 'excluded']);
    expect(toExitCode(every.result, judging)).toBe(0);
    const named = await scanFleet(toFleet(threeClusters()), {
      faults,
      regions: [west],
      accounts: [workload],
    });
    expect(named.result.run.targets).toEqual([
      expect.objectContaining({ status: 'failed', reason: expect.stringMatching(/^denied-by-organization/) }),
    ]);
    expect(toExitCode(named.result, judging)).toBe(2);
  });

  it.each<[string, Fault]>([
    ['entering the account', { kind: 'denied-by-scp', service: 'sts', operation: 'AssumeRole' }],
    ['listing its Regions', { kind: 'denied-by-scp', service: 'account' }],
  ])('never excludes a whole account, though the organisation denies %s', async (_, fault) => {
    const { result } = await scanFleet(toFleet(threeClusters()), { faults: [fault] });
    const statuses = result.run.targets.filter(({ region: at }) => at === 'all').map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(['failed']));
    expect(toExitCode(result, judging)).toBe(2);
  });

  it('takes a name that no cluster has for a mistake, though the organisation denies a Region', async () => {
    const faults: Fault[] = [{ kind: 'denied-by-scp', service: 'eks', region: west }];
    await expect(scanFleet(toFleet(threeClusters()), { faults, clusters: 'nope' })).rejects.toMatchObject({
      code: 'NO_CLUSTER_MATCHES',
    });
  });

  it.each<[string, Fault]>([
    ['the Regions of an account', { kind: 'denied-by-scp', service: 'account', account: workload }],
    ['a Region that is named', { kind: 'denied-by-scp', service: 'eks', region: west }],
  ])('does not say that no cluster is called so where the organisation denies %s', async (what, fault) => {
    const regions = what === 'a Region that is named' ? [region, west] : 'all';
    const fleet = toFleet(threeClusters());
    await serveFleet(fleet, { faults: [fault] });
    const asked = {
      accounts: 'organization',
      regions,
      roleName: 'keyward-member',
      settings: settings.parse({}),
      isGentle: false,
      signal: new AbortController().signal,
      cluster: 'nope',
    } as const;
    await expect(who(createMemoryStore(), asked)).rejects.toMatchObject({ code: 'CLUSTER_UNREADABLE' });
  });

  it('does not say that no cluster is called so where a part of the listing is missing', async () => {
    const names = Array.from({ length: 104 }, (_, index) => `c-${String(index).padStart(3, '0')}`);
    const fleet = toFleet(names.map((name) => scenario(name, { clusters: [cluster(site, name)] })));
    const { result } = await scanFleet(fleet, {
      clusters: 'c-103',
      faults: [{ kind: 'server-error', service: 'eks', operation: 'ListClusters', resource: 'nextToken' }],
    });
    expect(result.run.targets.map(({ status }) => status)).toContain('partial');
    expect(toExitCode(result, { ...judging, isStrict: true })).toBe(2);
  });

  it('fails the target where the listing itself is denied', async () => {
    const { result } = await scanFleet(toFleet(threeClusters()), {
      faults: [
        { kind: 'access-denied', service: 'eks', operation: 'ListClusters', account: workload, region },
      ],
    });
    expect(result.run.targets.find(({ status }) => status === 'failed')).toMatchObject({
      account: workload,
      region,
    });
    expect(toExitCode(result, judging)).toBe(2);
  });
});

describe('An organisation that can’t be listed', () => {
  const foreign = accountPolicy(workload, {
    Sid: 'Partner',
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::666677778888:root' },
    Action: ['kms:Decrypt'],
    Resource: '*',
  });
  const fleet = toFleet([sealed(site, 'a'), sealed(site, 'shared', { key: { policy: foreign } })]);
  const faults: Fault[] = [{ kind: 'access-denied', service: 'organizations' }];

  it('has no targets, where they were asked for', async () => {
    await expect(scanFleet(fleet, { faults })).rejects.toThrow(TargetError);
  });

  it('has none either where the listing broke off', async () => {
    const broken: Fault[] = [
      { kind: 'server-error', service: 'organizations', operation: 'ListAccounts', resource: 'NextToken' },
    ];
    const paged = {
      ...fleet,
      organization: { id: 'o-exampleorgid', managementAccount: management, hasEmptyPages: true },
    };
    await expect(scanFleet(paged, { faults: broken })).rejects.toThrow(TargetError);
  });

  it('leaves a foreign account unclassified where accounts were named', async () => {
    const { result } = await scanFleet(fleet, { faults, accounts: [workload], regions: [region] });
    const check = 'key-policy-trusts-only-the-organization';
    expect(tell(result.findings, 'shared', check)).toEqual(['unknown: access-denied']);
    expect(tell(result.findings, 'a', check)).toEqual(['pass']);
    expect(toExitCode(result, judging)).toBe(0);
  });
});
