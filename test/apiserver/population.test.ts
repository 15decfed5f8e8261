/** The population as the server keeps it: what the checks are to find is there, and nothing but that. */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ApiServer, startApiServer } from './api-server.ts';
import { findCanary } from './canary.ts';
import { access, openToAll } from './population/access.ts';
import { platform } from './population/platform.ts';
import { secrets } from './population/secrets.ts';
import { workloads } from './population/workloads.ts';
import { writePopulation } from './population/write.ts';
import { readList, toName } from './read-list.ts';

const entries = [...access, ...secrets, ...workloads, ...platform];

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
  await writePopulation(server, entries);
});
// Also where the above fails half way.
afterAll(() => server?.stop());

describe('The Secrets', () => {
  it('are of all types that Kubernetes documents, Helm’s and one of nobody’s', async () => {
    const types = new Set((await readList(server, '/api/v1/secrets')).map(({ type }) => type));
    expect([...types].sort()).toEqual([
      'Opaque',
      'bootstrap.kubernetes.io/token',
      'helm.sh/release.v1',
      ...['basic-auth', 'dockercfg', 'dockerconfigjson', 'service-account-token', 'ssh-auth', 'tls'].map(
        (type) => `kubernetes.io/${type}`,
      ),
      'shop.example.com/licence',
    ]);
  });

  it('hold the canary in every value', async () => {
    const all = await readList(server, '/api/v1/secrets');
    expect(all.length).toBeGreaterThan(45);
    const without = all.flatMap((secret) =>
      Object.entries(secret.data).flatMap(([key, value]) => {
        const bytes = Buffer.from(value, 'base64');
        const text = key === 'release' ? gunzipSync(Buffer.from(bytes.toString(), 'base64')) : bytes;
        return findCanary(text).includes('plain') ? [] : `${toName(secret.metadata)}/${key}`;
      }),
    );
    expect(without).toEqual([]);
  });

  it('bring values along with their metadata only where kubectl applied them', async () => {
    const leaks = (await readList(server, '/api/v1/secrets', 'metadata')).flatMap((secret) => {
      const forms = findCanary(JSON.stringify(secret));
      return forms.length > 0 ? [[toName(secret.metadata), ...forms]] : [];
    });
    expect(leaks).toEqual([
      ['shop/by-apply', 'base64'],
      // stringData is applied as it is written.
      ['shop/by-apply-of-text', 'plain'],
      ['shop/by-apply-then-patch', 'base64'],
      ['shop/by-apply-twice', 'base64'],
    ]);
  });

  it.each<[name: string, ...marks: string[]]>([
    ['by-create', 'kubectl-create Update f:password'],
    ['by-apply', 'kubectl-client-side-apply Update f:password'],
    ['by-apply-of-text', 'kubectl-client-side-apply Update f:password'],
    ['by-apply-then-patch', 'kubectl-client-side-apply Update', 'rotator Update f:password'],
    ['by-apply-twice', 'kubectl-client-side-apply Update f:password f:second'],
    ['by-server-side-apply', 'argocd-controller Apply f:password'],
    ['by-patch', 'helm Update f:password', 'kubectl-patch Update f:token'],
    ['by-replace', 'kubectl-create Update f:password', 'kubectl-replace Update f:pepper'],
    ['by-two-appliers', 'argocd-controller Apply f:password', 'rotator Update f:rotated'],
    ['without-managers'],
    ['re-encrypted', 'eksctl Update', 'helm Update f:password'],
    ['empty', 'helm Update'],
  ])('carry the marks of how they were written: %s', async (name, ...marks) => {
    const all = await readList(server, '/api/v1/secrets', 'metadata');
    const managers =
      all.find((secret) => toName(secret.metadata) === `shop/${name}`)?.metadata.managedFields ?? [];
    const seen = managers.map(({ manager, operation, fieldsV1 }) =>
      [manager, operation, ...Object.keys(fieldsV1['f:data'] ?? {}).filter((key) => key !== '.')].join(' '),
    );
    expect(seen.sort()).toEqual(marks);
  });

  it('were written today, but for one', async () => {
    const all = await readList(server, '/api/v1/secrets', 'metadata');
    const today = new Date().getFullYear();
    const old = all.filter(({ metadata: { managedFields } }) =>
      managedFields.some(({ time, fieldsV1 }) => fieldsV1['f:data'] && new Date(time).getFullYear() < today),
    );
    expect(old.map(({ metadata }) => toName(metadata))).toEqual(['shop/old']);
  });
});

describe('The workloads', () => {
  it('belong to each other as controllers would have it', async () => {
    const [deployments, sets, pods] = await Promise.all([
      readList(server, '/apis/apps/v1/namespaces/shop/deployments'),
      readList(server, '/apis/apps/v1/namespaces/shop/replicasets'),
      readList(server, '/api/v1/namespaces/shop/pods'),
    ]);
    const web = deployments.find(({ metadata: { name } }) => name === 'web');
    const ofWeb = sets.filter(
      ({
        metadata: {
          ownerReferences: [owner],
        },
      }) => owner?.uid === web?.metadata.uid,
    );
    expect(ofWeb).toHaveLength(1);
    const podsOfWeb = pods.filter(
      ({
        metadata: {
          ownerReferences: [owner],
        },
      }) => owner?.uid === ofWeb[0]?.metadata.uid,
    );
    expect(podsOfWeb).toHaveLength(40);
  });

  it('have an ephemeral container that takes a Secret', async () => {
    const debugged = z.object({
      spec: z.object({
        ephemeralContainers: z.array(
          z.object({ envFrom: z.array(z.object({ secretRef: z.object({ name: z.string() }) })) }),
        ),
      }),
    });
    const pod = await server.admin.send('GET', '/api/v1/namespaces/shop/pods/bare-pod-debugged');
    expect(debugged.parse(pod).spec.ephemeralContainers[0]?.envFrom).toEqual([
      { secretRef: { name: 'database-login' } },
    ]);
  });

  it.each([
    ['apps/v1', 'deployments'],
    ['apps/v1', 'statefulsets'],
    ['apps/v1', 'daemonsets'],
    ['apps/v1', 'replicasets'],
    ['batch/v1', 'jobs'],
    ['batch/v1', 'cronjobs'],
    ['networking.k8s.io/v1', 'ingresses'],
  ])('are of every kind: %s %s', async (api, plural) => {
    expect((await readList(server, `/apis/${api}/${plural}`)).length).toBeGreaterThan(0);
  });
});

const review = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Asks the server itself whether a subject may do something, in all namespaces unless one is named. */
const isAllowed = async (
  subject: string,
  verb: string,
  words: string,
  namespace?: string,
): Promise<boolean> => {
  const [resource, group = '', name] = words.split(' ');
  const [main, subresource] = (resource ?? '').split('/');
  const [kind, who = ''] = subject.split(' ');
  const asked = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      ...(kind === 'Group' ? { user: 'somebody', groups: [who] } : { user: who }),
      resourceAttributes: { verb, group, resource: main, subresource, namespace, name },
    },
  };
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  return review.parse(await server.admin.send('POST', path, { body: asked })).status.allowed;
};

const rbac = 'rbac.authorization.k8s.io';

describe('The rights', () => {
  it.each([
    ['User lee', 'list', 'secrets'],
    ['Group auditors', 'get', 'secrets'],
    ['User system:serviceaccount:observability:mirror', 'watch', 'secrets'],
    ['Group platform', 'delete', 'secrets'],
    ['Group supporters', 'list', 'secrets'],
    ['User system:serviceaccount:shop:default', 'get', 'secrets'],
    ['User system:serviceaccount:cert-manager:cert-manager', 'list', 'secrets'],
    ['User system:serviceaccount:velero:velero', 'list', 'secrets'],
    ['Group ci-pods', 'create', 'pods'],
    ['Group ci-workloads', 'patch', 'deployments apps'],
    ['Group support', 'create', 'pods/exec'],
    ['Group token-makers', 'create', 'serviceaccounts/token'],
    ['Group on-call', 'impersonate', 'groups'],
    ['Group binders', 'bind', `clusterroles ${rbac}`],
    ['Group escalators', 'escalate', `clusterroles ${rbac}`],
    ['Group node-debuggers', 'get', 'nodes/proxy'],
  ])('let %s %s %s everywhere', async (subject, verb, resource) => {
    expect(await isAllowed(subject, verb, resource)).toBe(true);
  });

  it.each([
    ['User system:serviceaccount:payments:api', 'get', 'secrets', 'payments', true],
    ['User system:serviceaccount:payments:api', 'get', 'secrets', 'shop', false],
    ['Group shop-team', 'list', 'secrets', 'shop', true],
    ['Group shop-team', 'list', 'secrets', undefined, false],
    ['Group ca-readers', 'get', 'secrets', undefined, false],
    ['Group developers', 'list', 'secrets', undefined, false],
    ['Group developers', 'list', 'pods', undefined, true],
    ['Group system:authenticated', 'get', 'secrets', undefined, false],
  ])(
    'hold %s, who asks to %s %s in %s, to what they are: %s',
    async (subject, verb, resource, namespace, allowed) => {
      expect(await isAllowed(subject, verb, resource, namespace)).toBe(allowed);
    },
  );

  it('can be opened to everyone', async () => {
    await writePopulation(server, openToAll);
    expect(await isAllowed('Group system:authenticated', 'get', 'secrets')).toBe(true);
  });
});
