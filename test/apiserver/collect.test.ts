/** What Keyward reads inside a real cluster: by which requests, and what it keeps of the answers. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { collectInside } from '../../shared/collect/kubernetes/collect-inside.ts';
import { type Fact, isKnown } from '../../shared/evidence/fact.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { findCanary } from './canary.ts';
import { openReader } from './open-reader.ts';
import { access } from './population/access.ts';
import { platform } from './population/platform.ts';
import { secrets } from './population/secrets.ts';
import { workloads } from './population/workloads.ts';
import { writePopulation } from './population/write.ts';
import { readList, toName } from './read-list.ts';
import { startRecordingProxy } from './recording-proxy.ts';
import { collectAlone } from './run-alone.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  await writePopulation(server, [...access, ...secrets, ...workloads, ...platform]);
});
// Also where the above fails half way.
afterAll(() => server?.stop());

/** Reads all of the cluster through the proxy; gives the evidence, and what the proxy saw. */
const collect = async (isWithMetadata: boolean) => {
  const proxy = await startRecordingProxy(server);
  const api = openReader(server, proxy.endpoint);
  const evidence = await collectInside(api, { isWithMetadata });
  api.close();
  await proxy.stop();
  return { evidence, requests: proxy.requests };
};
type Collected = Awaited<ReturnType<typeof collect>>;

/** What was read, whole. */
const readFact = <Value>(fact: Fact<Value>): Value => {
  if (!isKnown(fact)) throw new Error(fact.detail);
  expect(fact.missing).toEqual([]);
  return fact.value;
};

describe.each([true, false])('A reading with metadata: %s', (isWithMetadata) => {
  let collected: Collected;
  beforeAll(async () => {
    collected = await collect(isWithMetadata);
  });

  it('sends nothing but lists, each in pages, and the get of one ConfigMap', () => {
    const others = collected.requests.filter(({ path }) => !/[?&]limit=500(&|$)/.test(path));
    expect(others.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/namespaces/kube-system/configmaps/aws-auth',
    ]);
    expect(new Set(collected.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
    expect(collected.requests.filter(({ path }) => /watch=|follow=/.test(path))).toEqual([]);
  });

  it('asks for Secrets as a table', () => {
    const ofSecrets = collected.requests.filter(({ path }) => /\/secrets\b/.test(path));
    expect(ofSecrets.length).toBeGreaterThan(0);
    for (const { accept, path } of ofSecrets) {
      expect(accept).toBe('application/json;as=Table;v=v1;g=meta.k8s.io');
      expect(path).toContain(`includeObject=${isWithMetadata ? 'Metadata' : 'None'}`);
    }
  });

  it('is answered with no value but what kubectl has left in annotations', () => {
    const leaky = collected.requests.filter(({ leaks }) => leaks.length > 0);
    expect(leaky.map(({ path }) => path.replace(/\?.*/, ''))).toEqual(
      isWithMetadata ? ['/api/v1/secrets'] : [],
    );
  });

  it('keeps no value', () => {
    expect(findCanary(JSON.stringify(collected.evidence))).toEqual([]);
  });

  it('knows every Secret by type and number of keys', async () => {
    const expected = (await readList(server, '/api/v1/secrets')).map(({ metadata, type, data }) => ({
      name: toName(metadata),
      type,
      dataCount: Object.keys(data).length,
    }));
    const seen = readFact(collected.evidence.secrets).map(({ type, dataCount, ...secret }) => ({
      name: toName(secret),
      type,
      dataCount,
    }));
    expect(seen).toEqual(expected);
  });
});

describe('What is read', () => {
  let collected: Collected;
  beforeAll(async () => {
    collected = await collect(true);
  });
  const findSecret = (name: string) =>
    readFact(collected.evidence.secrets).find((one) => one.namespace === 'shop' && one.name === name);

  it('names the keys of every Secret that has managers, as they are', async () => {
    const keysByName = new Map(
      readFact(collected.evidence.secrets).map((secret) => [toName(secret), secret.keys]),
    );
    for (const { metadata, data } of await readList(server, '/api/v1/secrets')) {
      const isTold = metadata.managedFields.length > 0;
      const keys = isTold ? Object.keys(data).sort() : undefined;
      expect([toName(metadata), keysByName.get(toName(metadata))]).toEqual([toName(metadata), keys]);
    }
  });

  it('is all that is left of a Secret in the heap', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-heap-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'heap.json');
    await collectAlone(server, file);
    const heap = readFileSync(file);
    expect(heap.includes('by-apply-then-patch')).toBe(true);
    expect(findCanary(heap)).toEqual([]);
  });

  it('tells an applied Secret from one that another has written since', () => {
    const toWriters = (name: string) =>
      findSecret(name)?.writers?.map(({ manager, keys, wroteLastApplied, createdEmpty }) => ({
        manager,
        keys,
        wroteLastApplied,
        ...(createdEmpty ? { createdEmpty } : {}),
      }));
    expect(toWriters('by-apply')).toEqual([
      { manager: 'kubectl-client-side-apply', keys: ['password'], wroteLastApplied: true },
    ]);
    expect(toWriters('by-apply-then-patch')).toEqual(
      expect.arrayContaining([
        { manager: 'kubectl-client-side-apply', keys: [], wroteLastApplied: true },
        { manager: 'rotator', keys: ['password'], wroteLastApplied: false },
      ]),
    );
    expect(toWriters('without-managers')).toEqual([]);
  });

  it('holds workloads, not pods: each once, with the number of its pods', () => {
    const ofShop = readFact(collected.evidence.workloads).filter(({ namespace }) => namespace === 'shop');
    expect(ofShop.map(({ kind, name, pods }) => `${kind} ${name} ${pods}`).sort()).toEqual([
      'CronJob report 0',
      'DaemonSet agent 0',
      'Deployment proxy 1',
      'Deployment proxy-non-root 1',
      'Deployment proxy-one-key 1',
      'Deployment proxy-owner-only 1',
      'Deployment puller 1',
      'Deployment web 40',
      'Job migrate 0',
      'Pod bare-pod 1',
      'Pod bare-pod-debugged 1',
      'Pod bare-pod-deploying 1',
      'ReplicaSet bare-set 0',
      'StatefulSet builder 0',
      'StatefulSet database 0',
      'StatefulSet queue 0',
    ]);
  });

  it('keeps an ephemeral container, a projected source and what opens a volume', () => {
    const find = (name: string) =>
      readFact(collected.evidence.workloads).find((one) => one.namespace === 'shop' && one.name === name)
        ?.spec;
    expect(find('bare-pod-debugged')?.ephemeralContainers).toMatchObject([
      { name: 'debugger', envFrom: [{ secretRef: { name: 'database-login' } }] },
    ]);
    expect(find('database')?.volumes).toMatchObject([
      {
        projected: {
          defaultMode: 0o440,
          sources: [
            { secret: { name: 'database-login' } },
            { secret: { name: 'deploy-key', items: [{ key: 'ssh-privatekey', mode: 0o444 }] } },
          ],
        },
      },
    ]);
    expect(find('agent')?.volumes).toMatchObject([{ name: 'store', openedWith: 'licence' }]);
  });

  it('holds the roles and bindings of the server itself and of the cluster', () => {
    const roles = readFact(collected.evidence.roles).map(({ kind, name }) => `${kind} ${name}`);
    expect(roles).toEqual(
      expect.arrayContaining([
        'ClusterRole cluster-admin',
        'ClusterRole secret-reader',
        'Role secret-reader',
      ]),
    );
    const bindings = readFact(collected.evidence.roleBindings);
    expect(bindings.find(({ name }) => name === 'default-of-shop')).toMatchObject({
      kind: 'ClusterRoleBinding',
      roleRef: { kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'shop' }],
    });
  });

  it('holds no aws-auth and no backup location where there are none', () => {
    expect(readFact(collected.evidence.awsAuth)).toEqual({ mapRoles: [], mapUsers: [], mapAccounts: [] });
    expect(readFact(collected.evidence.backupLocations)).toEqual([]);
  });
});
