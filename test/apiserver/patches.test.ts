/** The edits that findings give, done by kubectl on a real API server: what was found is gone, nothing else is touched. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../shared/checks/check.ts';
import { checks } from '../../shared/checks/index.ts';
import { collectInside } from '../../shared/collect/kubernetes/collect-inside.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { openReader } from './open-reader.ts';
import { platform } from './population/platform.ts';
import { secrets } from './population/secrets.ts';
import { exported, mounted, toContainer, toDeployment, toVolume, workloads } from './population/workloads.ts';
import { writePopulation } from './population/write.ts';

let server: ApiServer;
let folder: string;
beforeAll(async () => {
  server = await startApiServer();
  folder = mkdtempSync(join(tmpdir(), 'keyward-patches-'));
  await writePopulation(server, [...secrets, ...workloads, ...platform]);
  return async () => {
    rmSync(folder, { recursive: true });
    await server.stop();
  };
});

/** What the checks of workloads find in the cluster as it is now. */
const judgeCluster = async (): Promise<(Verdict & { check: string })[]> => {
  const api = openReader(server, server.endpoint);
  const evidence = await collectInside(api, { isWithMetadata: true });
  api.close();
  const subject = {
    cluster: { arn: 'kubernetes:test', name: 'test', account: '', region: '' },
    facts: { 'kubernetes.workloads': evidence.workloads, 'kubernetes.secrets': evidence.secrets },
    collectedAt: evidence.collectedAt,
  };
  return checks
    .filter(({ subject: told, facts }) => told === 'workload' && facts[0] === 'kubernetes.workloads')
    .flatMap((check) =>
      check.judge(subject, settings.parse({})).map((verdict) => ({ ...verdict, check: check.id })),
    )
    .filter(({ status }) => status === 'fail');
};

const patchFile = async (kind: string, namespace: string, name: string, patch: string): Promise<string> => {
  const file = join(folder, 'patch.yaml');
  writeFileSync(file, patch);
  const words = ['patch', kind, name, '--namespace', namespace, '--patch-file', file];
  const kubeconfig = ['--kubeconfig', server.kubeconfigs.admin];
  return (await promisify(execFile)(server.kubectl, [...words, ...kubeconfig])).stdout;
};

const toId = ({ check, subject, object }: Verdict & { check: string }): string =>
  `${check} ${object?.namespace}/${object?.name} ${subject}`;

describe('The patch of a finding', () => {
  it('is taken by kubectl as it is, and ends what was found, for every kind that can be changed', async () => {
    const found = await judgeCluster();
    const patchable = found.filter(
      ({ evidence }) =>
        typeof evidence.patch === 'string' && String(evidence.steps).includes('run kubectl patch'),
    );
    const kinds = new Set(patchable.map(({ subject }) => subject?.split('/')[0]));
    expect([...kinds].sort()).toEqual(
      expect.arrayContaining(['cronjob', 'deployment', 'replicaset', 'statefulset']),
    );
    for (const verdict of patchable) {
      const [kind = '', namespace = '', name = ''] = verdict.subject?.split('/') ?? [];
      expect(await patchFile(kind, namespace, name, String(verdict.evidence.patch))).toMatch(/patched/);
    }
    const left = new Set((await judgeCluster()).map(toId));
    const still = patchable.filter(
      (verdict) => left.has(toId(verdict)) && !String(verdict.evidence.steps).includes('by hand'),
    );
    expect(still.map(toId)).toEqual([]);
  });

  it('leaves the other variables, mounts and volumes of a pod as they are', async () => {
    const spec = {
      securityContext: { runAsUser: 1000, runAsGroup: 1000 },
      containers: [
        toContainer('app', {
          ...mounted('other'),
          env: [...exported('kept', 'password', 'GOES').env, { name: 'STAYS', value: '/etc/path' }],
        }),
        toContainer('sidecar'),
      ],
      volumes: [toVolume('other', { defaultMode: 0o400 }), { name: 'scratch', emptyDir: {} }],
    };
    await writePopulation(server, toDeployment('shop', 'patched', spec));
    const [verdict] = (await judgeCluster()).filter(
      ({ subject, check }) =>
        subject === 'deployment/shop/patched' && check === 'secrets-are-mounted-not-exported',
    );
    await patchFile('deployment', 'shop', 'patched', String(verdict?.evidence.patch));
    expect(await server.admin.send('GET', '/apis/apps/v1/namespaces/shop/deployments/patched')).toMatchObject(
      {
        spec: {
          template: {
            spec: {
              securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
              containers: [
                {
                  name: 'app',
                  env: [{ name: 'STAYS', value: '/etc/path' }],
                  volumeMounts: [
                    { name: 'secret-kept', mountPath: '/etc/secrets/kept', readOnly: true },
                    { name: 'other', mountPath: '/run/other' },
                  ],
                },
                { name: 'sidecar' },
              ],
              volumes: [
                {
                  name: 'secret-kept',
                  secret: {
                    secretName: 'kept',
                    defaultMode: 0o440,
                    items: [{ key: 'password', path: 'password' }],
                  },
                },
                { name: 'other', secret: { defaultMode: 0o400 } },
                { name: 'scratch', emptyDir: {} },
              ],
            },
          },
        },
      },
    );
  });
});
