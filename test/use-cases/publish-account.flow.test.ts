import { describe, expect, it } from 'vitest';
import { key } from '../../sandbox/fleets/build.ts';
import type { SandboxKey } from '../../sandbox/fleets/fleet.ts';
import { eksGrant } from '../../sandbox/fleets/grants.ts';
import { terraformEksPolicy } from '../../sandbox/fleets/policies.ts';
import { sealed } from '../../sandbox/fleets/scenario.ts';
import { central, foreignKey, management, region, site, toFleet, workload } from './fleets.ts';
import { openService } from './service.ts';

const stopRotating = (fleetKey: SandboxKey | undefined) => {
  if (fleetKey) fleetKey.rotation.KeyRotationEnabled = false;
};
const rotate = (fleetKey: SandboxKey | undefined) => {
  if (fleetKey) fleetKey.rotation.KeyRotationEnabled = true;
};
const notRotating = () => ({ rotation: { KeyRotationEnabled: false } });

/** Two clusters, one of whose keys does not rotate. */
const twoClusters = () => toFleet([sealed(site, 'calm'), sealed(site, 'payments', { key: notRotating() })]);

describe('A night of the service', () => {
  it('publishes failures in their own account and Region, and nothing of what passes', async () => {
    const service = await openService(twoClusters());
    const told = await service.runNight();
    expect(service.tellHub(workload)).toEqual(['key-rotates payments FAILED']);
    expect(service.tellHub(management)).toEqual([]);
    expect(told).toEqual([{ region, sent: 1, owed: 0 }]);
  });

  it('changes nothing and sends nothing the second time', async () => {
    const service = await openService(twoClusters());
    await service.runNight();
    const before = [...(service.sandbox.world.hubs.get(`${workload}/${region}`)?.values() ?? [])];
    service.readMessages();
    expect(await service.runNight()).toEqual([]);
    expect([...(service.sandbox.world.hubs.get(`${workload}/${region}`)?.values() ?? [])]).toEqual(before);
    expect(service.readMessages().map(({ Subject }) => Subject)).toEqual(['Keyward: nothing changed']);
  });

  it('passes what was fixed, with its first date, and says so', async () => {
    const fleet = twoClusters();
    const service = await openService(fleet);
    await service.runNight();
    const created = getOnly(service).CreatedAt;
    rotate(fleet.keys[1]);
    service.readMessages();
    await service.runNight();
    expect(service.tellHub(workload)).toEqual(['key-rotates payments PASSED']);
    expect(getOnly(service).CreatedAt).toBe(created);
    expect(service.readMessages()[0]?.Subject).toBe('Keyward: 1 resolved');
    stopRotating(fleet.keys[1]);
    await service.runNight();
    expect(getOnly(service)).toMatchObject({ CreatedAt: created, Compliance: { Status: 'FAILED' } });
    expect(service.readMessages()[0]?.Subject).toBe('Keyward: 1 new');
  });

  it('publishes a finding of a foreign key in the cluster’s account', async () => {
    const shared = foreignKey(central, 'far');
    shared.rotation.KeyRotationEnabled = false;
    const far = sealed(site, 'far', { cluster: { keyArn: shared.metadata.Arn } });
    const service = await openService(toFleet([{ ...far, keys: [shared] }]));
    await service.runNight();
    expect(service.tellHub(workload)).toContain('key-rotates far FAILED');
    expect(service.tellHub(central)).toEqual([]);
    expect(await Array.fromAsync(service.store.list('index/'))).toEqual([
      `index/${encodeURIComponent(shared.metadata.Arn)}/${workload}/${region}/far`,
    ]);
  });

  it('leaves everything as it is where the target denies, and tells of it', async () => {
    const service = await openService(twoClusters());
    await service.runNight();
    service.readMessages();
    service.sandbox.setFaults([{ kind: 'access-denied', service: 'eks', account: workload }]);
    await service.runNight();
    expect(service.tellHub(workload)).toEqual(['key-rotates payments FAILED']);
    const [digest] = service.readMessages();
    expect(digest?.Subject).toBe('Keyward: nothing changed, see what failed');
    expect(digest?.Message).toContain(`Not scanned: ${workload}/${region}: access-denied`);
  });

  it('keeps a failure that it cannot look at, and shows the unknown only where nothing is open', async () => {
    const service = await openService(twoClusters());
    await service.runNight();
    service.sandbox.setFaults([{ kind: 'access-denied', service: 'kms', operation: 'GetKeyRotationStatus' }]);
    await service.runNight();
    expect(service.tellHub(workload)).toEqual([
      'key-rotates calm NOT_AVAILABLE',
      'key-rotates payments FAILED',
    ]);
    service.sandbox.setFaults([]);
    await service.runNight();
    expect(service.tellHub(workload)).toEqual(['key-rotates calm PASSED', 'key-rotates payments FAILED']);
  });

  it('archives what a cluster that is gone had, and takes it out of the index', async () => {
    const service = await openService(twoClusters());
    await service.runNight();
    service.sandbox.world.at(workload, region).clusters.delete('payments');
    await service.runNight();
    expect(service.tellHub(workload)).toEqual(['key-rotates payments FAILED ARCHIVED']);
    const index = await Array.fromAsync(service.store.list('index/'));
    expect(index.map((name) => name.split('/').at(-1))).toEqual(['calm']);
  });

  it('looks only at the clusters and checks that a run was asked for', async () => {
    const fleet = twoClusters();
    const service = await openService(fleet);
    await service.runNight();
    rotate(fleet.keys[1]);
    await service.runNight({ clusters: 'calm' });
    await service.runNight({ checks: ['key-is-usable'] });
    expect(service.tellHub(workload)).toEqual(['key-rotates payments FAILED']);
    await service.runNight({ regions: ['eu-west-1'] });
    expect(service.tellHub(workload)).toEqual(['key-rotates payments FAILED']);
  });

  it('does not touch what people made of a finding, nor another tool’s', async () => {
    const fleet = twoClusters();
    const service = await openService(fleet);
    await service.runNight();
    const hub = service.sandbox.world.hubs.get(`${workload}/${region}`);
    const own = getOnly(service);
    hub?.set(own.Id ?? '', { ...own, Workflow: { Status: 'SUPPRESSED' } });
    const stranger = { ...own, Id: 'prowler-1', GeneratorId: 'keyward/x', Title: 'another tool’s' };
    hub?.set('prowler-1', stranger);
    rotate(fleet.keys[1]);
    await service.store.remove(`state/${workload}/${region}`);
    await service.runNight();
    stopRotating(fleet.keys[1]);
    await service.runNight();
    expect(hub?.get(own.Id ?? '')).toMatchObject({
      Workflow: { Status: 'SUPPRESSED' },
      Compliance: { Status: 'FAILED' },
    });
    expect(hub?.get('prowler-1')).toEqual(stranger);
  });

  it('finds in Security Hub what a lost state knew: nothing is told anew, and nothing stays behind', async () => {
    const fleet = toFleet([
      sealed(site, 'payments', { key: notRotating() }),
      sealed(site, 'ledger', { key: notRotating() }),
    ]);
    const service = await openService(fleet);
    await service.runNight();
    const created = getOnly(service).CreatedAt;
    await service.store.remove(`state/${workload}/${region}`);
    service.sandbox.world.at(workload, region).clusters.delete('ledger');
    service.readMessages();
    await service.runNight();
    expect(service.tellHub(workload)).toEqual([
      'key-rotates ledger FAILED ARCHIVED',
      'key-rotates payments FAILED',
    ]);
    expect(getOnly(service).CreatedAt).toBe(created);
    expect(service.readMessages()[0]?.Subject).toBe('Keyward: 1 resolved');
  });

  it('says where Security Hub is not enabled, tells people all the same, and publishes once it is', async () => {
    const fleet = twoClusters();
    for (const account of fleet.accounts) account.securityHub = [];
    const service = await openService(fleet);
    const told = await service.runNight();
    expect(told).toMatchObject([{ region, sent: 0, owed: 1, refused: { reason: 'not-enabled' } }]);
    const [digest] = service.readMessages();
    expect(digest?.Subject).toBe('Keyward: 1 new, see what failed');
    expect(digest?.Message).toContain(`Security Hub is not enabled in 1 target: ${workload}/${region}\n`);
    expect(digest?.Message).not.toContain('did not reach');
    for (const account of fleet.accounts) account.securityHub = [region];
    await service.runNight();
    expect(service.tellHub(workload)).toEqual(['key-rotates payments FAILED']);
    expect(service.readMessages()[0]?.Subject).toBe('Keyward: nothing changed');
  });

  it('offers what Security Hub could not take once more, and keeps it for the next run', async () => {
    const service = await openService(twoClusters());
    let refusals = 1;
    service.sandbox.world.hubRefuses = () => {
      refusals -= 1;
      return refusals >= 0 ? 'busy' : undefined;
    };
    expect(await service.runNight()).toEqual([{ region, sent: 1, owed: 0 }]);
    service.readMessages();
    const other = await openService(twoClusters());
    other.sandbox.world.hubRefuses = () => 'busy';
    expect(await other.runNight()).toEqual([{ region, sent: 0, owed: 1, failure: 'InternalError: busy' }]);
    const [digest] = other.readMessages();
    expect(digest?.Message).toContain('1 finding did not reach Security Hub yet');
    other.sandbox.world.hubRefuses = undefined;
    expect(await other.runNight()).toEqual([{ region, sent: 1, owed: 0 }]);
  });

  it('goes on without a Security Hub that is throttled, unless nothing else knows what was told', async () => {
    const service = await openService(twoClusters());
    const throttle = { kind: 'throttle', service: 'securityhub' } as const;
    service.sandbox.setFaults([throttle]);
    expect(await service.runNight()).toMatchObject([{ sent: 0, owed: 0, refused: { reason: 'throttled' } }]);
    expect(await Array.fromAsync(service.store.list('state/'))).toEqual([]);
    service.sandbox.setFaults([]);
    await service.runNight();
    expect(service.tellHub(workload)).toEqual(['key-rotates payments FAILED']);
  });

  it('publishes more findings than a call takes', async () => {
    const many = Array.from({ length: 55 }, (_, index) =>
      sealed(site, `c-${index}`, { key: notRotating(), cluster: { auditLog: false } }),
    );
    const service = await openService(toFleet(many));
    expect(await service.runNight()).toEqual([{ region, sent: 110, owed: 0 }]);
    expect(service.sandbox.requests.counts.get('securityhub:BatchImportFindings')).toBe(2);
  });

  it.each([
    ['corrupt', '{"schema":"keyward/state-v1","findings":1}', 'is corrupt'],
    ['not JSON', '{', 'is corrupt: not JSON'],
    ['of a newer version', '{"schema":"keyward/state-v2"}', 'is of keyward/state-v2'],
  ])('goes on where the state of one Region is %s, and says who must act', async (_, body, complaint) => {
    const fleet = toFleet([
      sealed(site, 'payments', { key: notRotating() }),
      sealed({ ...site, region: 'eu-west-1' }, 'western', { key: notRotating() }),
    ]);
    const service = await openService(fleet);
    await service.store.put(`state/${workload}/${region}`, body);
    await service.runNight();
    expect(service.tellHub(workload)).toEqual([]);
    expect(service.tellHub(workload, 'eu-west-1')).toEqual(['key-rotates western FAILED']);
    const [digest] = service.readMessages();
    expect(digest?.Message).toContain(`state/${workload}/${region} ${complaint}`);
    expect(await service.store.get(`state/${workload}/${region}`)).toMatchObject({ body });
  });
});

describe('Runs that meet', () => {
  it('let the later look stand where the older one finishes later', async () => {
    const fleet = twoClusters();
    const service = await openService(fleet);
    const older = await service.scanNight();
    rotate(fleet.keys[1]);
    const later = await service.scanNight();
    stopRotating(fleet.keys[1]);
    await later.publish();
    expect(await older.publish()).toEqual([{ region, sent: 0, owed: 0, isOutdated: true }]);
    await later.alert();
    await older.alert();
    expect(service.tellHub(workload)).toEqual([]);
    expect(service.readMessages().map(({ Subject }) => Subject)).toEqual([
      'Keyward: nothing changed',
      'Keyward: nothing changed',
    ]);
  });

  it('let the later look stand where the state was lost in between', async () => {
    const fleet = twoClusters();
    const service = await openService(fleet);
    await service.runNight();
    const older = await service.scanNight();
    rotate(fleet.keys[1]);
    await service.runNight();
    await service.store.remove(`state/${workload}/${region}`);
    expect(await older.publish()).toEqual([{ region, sent: 0, owed: 0, isOutdated: true }]);
    expect(service.tellHub(workload)).toEqual(['key-rotates payments PASSED']);
  });

  it('publish and alert once where they run at the same time', async () => {
    const service = await openService(twoClusters());
    const [one, other] = [await service.scanNight(), await service.scanNight()];
    await Promise.all([one.publish(), other.publish()]);
    await Promise.all([one.alert({ isDigestCertain: false }), other.alert({ isDigestCertain: false })]);
    expect(service.tellHub(workload)).toEqual(['key-rotates payments FAILED']);
    expect(service.readMessages().map(({ Subject }) => Subject)).toEqual(['Keyward: 1 new']);
  });

  it('send what a run owed that was killed before it told anybody', async () => {
    const service = await openService(twoClusters());
    const killed = await service.scanNight();
    const isState = (name: string) => name.startsWith('state/');
    const broken = {
      ...service.store,
      put: async (...given: Parameters<typeof service.store.put>) => {
        const etag = await service.store.put(...given);
        if (isState(given[0])) throw new Error('killed');
        return etag;
      },
    };
    await expect(killed.publish(broken)).rejects.toThrow();
    expect(service.tellHub(workload)).toEqual([]);
    await service.runNight();
    expect(service.tellHub(workload)).toEqual(['key-rotates payments FAILED']);
    expect(service.readMessages().map(({ Subject }) => Subject)).toEqual(['Keyward: 1 new']);
  });
});

const getOnly = (service: Awaited<ReturnType<typeof openService>>) => {
  const hub = [...(service.sandbox.world.hubs.get(`${workload}/${region}`)?.values() ?? [])];
  const found = hub.find(({ ProductFields }) => ProductFields?.['keyward/cluster'] === 'payments');
  if (!found) throw new Error('nothing of payments is published');
  return found;
};

describe('The index of keys', () => {
  it('follows a cluster to the key behind its alias, and to that key’s family', async () => {
    const own = key(site, 'aliased', {
      policy: terraformEksPolicy(workload, 'aliased'),
      grants: [eksGrant('aliased', workload, region)],
    });
    const alias = `arn:aws:kms:${region}:${workload}:alias/aliased`;
    const aliased = sealed(site, 'aliased', { cluster: { keyArn: alias } });
    const service = await openService(toFleet([{ ...aliased, keys: [own] }]));
    await service.runNight();
    const names = await Array.fromAsync(service.store.list('index/'));
    expect(names.map(decodeURIComponent)).toEqual([
      `index/${own.metadata.Arn}/${workload}/${region}/aliased`,
    ]);
  });
});
