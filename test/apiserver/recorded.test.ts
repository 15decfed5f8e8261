/** What was recorded from a server is what a server answers: collectors are tested on those files. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiServer, startApiServer } from './api-server.ts';

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const partial = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
const secrets = '/api/v1/namespaces/default/secrets';

const toSecret = (name: string, keys: readonly string[], type = 'Opaque', annotations?: object) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, annotations },
  type,
  data: Object.fromEntries(keys.map((key) => [key, btoa('{}')])),
});

const applied = {
  'kubectl.kubernetes.io/last-applied-configuration': '{"data": {"password": "UzNDUjNULVZBTFVFLWxlYWs="}}',
};

/** The Secrets that were there when the files were recorded, and who wrote each. */
const written: readonly [manager: string, secret: object][] = [
  ['Python-urllib', toSecret('basic', ['username', 'password'], 'kubernetes.io/basic-auth')],
  ['Python-urllib', toSecret('docker', ['.dockerconfigjson'], 'kubernetes.io/dockerconfigjson')],
  ['Python-urllib', toSecret('ssh', ['ssh-privatekey'], 'kubernetes.io/ssh-auth')],
  ['kubectl-create', toSecret('opaque', ['password'])],
  ['helm', toSecret('opaque-tls', ['tls.crt', 'tls.key'])],
  ['kubectl-client-side-apply', toSecret('applied', ['password'], 'Opaque', applied)],
];

const varying = /^(uid|resourceVersion|creationTimestamp|time)$/;

const byManager = (one: { manager: string }, other: { manager: string }) =>
  one.manager < other.manager ? -1 : 1;

/** Without what differs from server to server: ids, versions, times and ages, and the order that hangs on the times. */
const toComparable = (body: string): unknown =>
  JSON.parse(body, (key, value) => {
    if (varying.test(key)) return typeof value;
    if (key === 'managedFields') return value.toSorted(byManager);
    return key === 'cells' ? value.with(-1, typeof value.at(-1)) : value;
  });

const recorded = (name: string) =>
  readFileSync(new URL(`../recorded/kubernetes/${name}.json`, import.meta.url), 'utf8');

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  for (const [manager, body] of written)
    await server.admin.send('POST', `${secrets}?fieldManager=${manager}`, { body });
  await server.admin.send('PATCH', `${secrets}/ssa?fieldManager=argocd`, {
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'ssa' }, stringData: { token: '{}' } },
  });
  await server.admin.send('PATCH', `${secrets}/opaque?fieldManager=Python-urllib`, {
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { metadata: { annotations: { 'kms-encryption-timestamp': 'now' } } },
  });
});
// Also where the above fails half way.
afterAll(() => server?.stop());

describe('The recorded answers', () => {
  it.each([
    ['secrets.table.include-metadata', '/api/v1/secrets?includeObject=Metadata', table],
    ['secrets.table.include-none', '/api/v1/secrets?includeObject=None', table],
    ['secrets.partial-metadata', '/api/v1/secrets', partial],
  ])('are what the server gives today: %s', async (name, path, accept) => {
    const { status, body } = await server.admin.ask('GET', path, { headers: { accept } });
    expect(status).toBe(200);
    expect(toComparable(body)).toEqual(toComparable(recorded(name)));
  });
});
