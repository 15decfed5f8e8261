/**
 * What a real API server lets somebody do, against what is worked out from its RBAC: who reads which Secret by rules of
 * his own, and the surprises that the table of permissions builds on.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bindingOf, roleOf } from '../../shared/collect/kubernetes/collect-rbac.ts';
import type { Role, RoleBinding } from '../../shared/evidence/kubernetes/rbac.ts';
import { createReaderFinder } from '../../shared/rbac/readers.ts';
import { type ApiServer, startApiServer } from './api-server.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const value = Buffer.from('correct horse battery staple').toString('base64');

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server.stop());

const withHeader = (
  object: { kind: string; namespace?: string | undefined; name: string },
  rest: object,
) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: object.kind,
  metadata: { name: object.name, ...(object.namespace === undefined ? {} : { namespace: object.namespace }) },
  ...rest,
});
const toPath = ({ kind, namespace }: { kind: string; namespace?: string | undefined }) =>
  `${rbac}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${kind.toLowerCase()}s`;

const writeRole = (role: Role) =>
  server.admin.send('POST', toPath(role), { body: withHeader(role, { rules: role.rules }) });
const writeBinding = (binding: RoleBinding) =>
  server.admin.send('POST', toPath(binding), {
    body: withHeader(binding, {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...binding.roleRef },
      subjects: binding.subjects.map((subject) =>
        subject.kind === 'ServiceAccount' ? subject : { apiGroup: 'rbac.authorization.k8s.io', ...subject },
      ),
    }),
  });
const writeNamespace = (name: string) =>
  server.admin.send('POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  });

interface User {
  user: string;
  groups: string[];
}
const review = z.object({ status: z.object({ allowed: z.boolean() }) });
/** What the server itself says: whether somebody may do this to Secrets. */
const isAllowed = async (
  { user, groups }: User,
  verb: string,
  namespace: string,
  name: string,
): Promise<boolean> => {
  const spec = {
    user,
    groups,
    resourceAttributes: { group: '', resource: 'secrets', verb, namespace, name },
  };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  return review.parse(
    await server.admin.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body }),
  ).status.allowed;
};

/** RBAC is asked of the server's own cache, which follows what was written. */
const awaitAllowed = async (user: User, verb: string, namespace: string, name: string) => {
  await expect.poll(() => isAllowed(user, verb, namespace, name), { timeout: 20_000 }).toBe(true);
};

describe('what the table of permissions builds on', () => {
  const path = '/api/v1/namespaces/surprises/secrets';
  /** Somebody who may do no more than this. */
  const allow = async (
    verbs: string[],
    resourceNames?: string[],
  ): Promise<{ 'impersonate-user': string }> => {
    const name = `only-${verbs.join('-')}${resourceNames ? `-${resourceNames.join('-')}` : ''}`;
    const rule = {
      apiGroups: [''],
      resources: ['secrets'],
      verbs,
      ...(resourceNames ? { resourceNames } : {}),
    };
    await writeRole({ kind: 'ClusterRole', name, rules: [rule] });
    await writeBinding({
      kind: 'ClusterRoleBinding',
      name,
      roleRef: { kind: 'ClusterRole', name },
      subjects: [{ kind: 'User', name }],
    });
    await awaitAllowed({ user: name, groups: [] }, verbs[0] ?? '', 'surprises', resourceNames?.[0] ?? '');
    return { 'impersonate-user': name };
  };
  const merge = { 'content-type': 'application/merge-patch+json' };

  beforeAll(async () => {
    await writeNamespace('surprises');
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one' }, data: { password: value } };
    await server.admin.send('POST', path, { body });
  });

  it.each<[string, string, string, object?]>([
    ['patch', 'PATCH', '/one?dryRun=All', {}],
    ['delete', 'DELETE', '/one?dryRun=All&propagationPolicy=Foreground'],
    ['deletecollection', 'DELETE', '?dryRun=All'],
  ])('who may only %s reads by the answer to a dry run', async (verb, method, query, body) => {
    const headers = { ...(await allow([verb])), ...(body ? merge : {}) };
    const answer = await server.admin.ask(method, `${path}${query}`, { headers, ...(body ? { body } : {}) });
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining(value) });
    expect(await server.admin.ask('GET', `${path}/one`, { headers })).toMatchObject({ status: 403 });
  });

  it('who may only update is answered with no more than was sent', async () => {
    const headers = await allow(['update']);
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one' } };
    const answer = await server.admin.ask('PUT', `${path}/one?dryRun=All`, { headers, body });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toContain(value);
  });

  it('a rule with the empty name lists everything', async () => {
    const headers = await allow(['list'], ['']);
    expect((await server.admin.ask('GET', path, { headers })).body).toContain(value);
  });

  it('a rule with a name lists that one, in every namespace', async () => {
    const headers = await allow(['list'], ['one']);
    const named = await server.admin.ask('GET', '/api/v1/secrets?fieldSelector=metadata.name%3Done', {
      headers,
    });
    expect(named.body).toContain(value);
    expect(await server.admin.ask('GET', path, { headers })).toMatchObject({ status: 403 });
  });

  it('a rule with a name creates by server-side apply', async () => {
    const headers = {
      ...(await allow(['create', 'patch'], ['new'])),
      'content-type': 'application/apply-patch+yaml',
    };
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'new' } };
    const query = '/new?fieldManager=test&dryRun=All';
    expect(await server.admin.ask('PATCH', `${path}${query}`, { headers, body })).toMatchObject({
      status: 201,
    });
  });
});

const list = z.object({ items: z.array(z.unknown()) });
const readAll = async () => {
  const read = async (path: string) => list.parse(await server.admin.send('GET', `${rbac}/${path}`)).items;
  const roles = [
    ...(await read('clusterroles')).map((item) => roleOf('ClusterRole').parse(item)),
    ...(await read('roles')).map((item) => roleOf('Role').parse(item)),
  ];
  const roleBindings = [
    ...(await read('clusterrolebindings')).map((item) => bindingOf('ClusterRoleBinding').parse(item)),
    ...(await read('rolebindings')).map((item) => bindingOf('RoleBinding').parse(item)),
  ];
  return { roles, roleBindings };
};

describe('a server of which nobody changed anything', () => {
  it('lets none but its own control plane read every Secret', async () => {
    const own = await startApiServer();
    try {
      const read = async (path: string) => list.parse(await own.admin.send('GET', `${rbac}/${path}`)).items;
      const readers = createReaderFinder({
        roles: (await read('clusterroles')).map((item) => roleOf('ClusterRole').parse(item)),
        roleBindings: (await read('clusterrolebindings')).map((item) =>
          bindingOf('ClusterRoleBinding').parse(item),
        ),
      })('every');
      expect(readers.filter(({ isOfControlPlane }) => !isOfControlPlane)).toEqual([]);
      expect(readers.length).toBeGreaterThan(10);
    } finally {
      await own.stop();
    }
  });
});

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', '*', 'Get'];
const rule = fc.record(
  {
    apiGroups: fc.constantFrom<string[][]>([''], [''], [''], ['*'], ['apps'], ['', 'apps'], ['Core']),
    resources: fc.constantFrom<string[][]>(
      ['secrets'],
      ['secrets'],
      ['secrets'],
      ['*'],
      ['pods'],
      ['secrets/*'],
      ['*/*'],
      ['pods', 'secrets'],
      ['secret'],
    ),
    verbs: fc.uniqueArray(fc.constantFrom(...verbs), { minLength: 1, maxLength: 3 }),
    resourceNames: fc.uniqueArray(fc.constantFrom('', 'db', 'cache'), { maxLength: 2 }),
  },
  { requiredKeys: ['apiGroups', 'resources', 'verbs'] },
);
const subject = fc.constantFrom('user', 'group', 'account', 'look-alike', 'accounts', 'everybody');
const sample = fc.record({
  clusterRoles: fc.array(fc.array(rule, { maxLength: 2 }), { minLength: 1, maxLength: 3 }),
  roles: fc.array(fc.array(rule, { maxLength: 2 }), { minLength: 1, maxLength: 2 }),
  bindings: fc.array(
    fc.record({
      namespace: fc.constantFrom(undefined, 'a', 'b'),
      kind: fc.constantFrom('ClusterRole', 'Role'),
      // The last of them are no role that there is.
      role: fc.integer({ min: 0, max: 3 }),
      subjects: fc.uniqueArray(subject, { minLength: 1, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

/** Each sample has namespaces, users and groups of its own, so that all can be there at once. */
const toObjects = (
  { clusterRoles, roles, bindings }: typeof sample extends fc.Arbitrary<infer S> ? S : never,
  id: string,
) => {
  const toSubject = (who: string, isOfCluster: boolean): RoleBinding['subjects'][number] => {
    if (who === 'user') return { kind: 'User', name: `${id}-user` };
    if (who === 'account') return { kind: 'ServiceAccount', namespace: `${id}-a`, name: 'bot' };
    if (who === 'look-alike') return { kind: 'User', name: `system:serviceaccount:${id}-b:bot` };
    if (who === 'accounts') return { kind: 'Group', name: `system:serviceaccounts:${id}-a` };
    // Of the whole cluster it would be in every sample.
    if (who === 'everybody' && !isOfCluster) return { kind: 'Group', name: 'system:authenticated' };
    return { kind: 'Group', name: `${id}-group` };
  };
  return {
    roles: [
      ...clusterRoles.map((rules, index): Role => ({ kind: 'ClusterRole', name: `${id}-${index}`, rules })),
      ...roles.flatMap((rules, index) =>
        ['a', 'b'].map(
          (namespace): Role => ({
            kind: 'Role',
            namespace: `${id}-${namespace}`,
            name: `${id}-${index}`,
            rules,
          }),
        ),
      ),
    ],
    roleBindings: bindings.map(
      ({ namespace, kind, role, subjects }, index): RoleBinding => ({
        kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
        ...(namespace === undefined ? {} : { namespace: `${id}-${namespace}` }),
        name: `${id}-${index}`,
        // A ClusterRoleBinding of a Role is refused.
        roleRef: { kind: namespace === undefined ? 'ClusterRole' : kind, name: `${id}-${role}` },
        subjects: subjects.map((who) => toSubject(who, namespace === undefined)),
      }),
    ),
  };
};

describe('random RBAC', () => {
  // Always the same: of others so few may read that the test would say little.
  const samples = fc.sample(sample, { numRuns: 50, seed: 29 });

  it('lets read whom the server lets read', { timeout: 300_000 }, async () => {
    for (const [index, one] of samples.entries()) {
      const { roles, roleBindings } = toObjects(one, `s${index}`);
      for (const namespace of ['a', 'b']) await writeNamespace(`s${index}-${namespace}`);
      await Promise.all(roles.map(writeRole));
      await Promise.all(roleBindings.map(writeBinding));
    }
    await writeRole({
      kind: 'ClusterRole',
      name: 'last',
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
    });
    await writeBinding({
      kind: 'ClusterRoleBinding',
      name: 'last',
      roleRef: { kind: 'ClusterRole', name: 'last' },
      subjects: [{ kind: 'User', name: 'last' }],
    });
    await awaitAllowed({ user: 'last', groups: [] }, 'get', 'default', 'x');

    const { roles, roleBindings } = await readAll();
    const arn = 'arn:aws:iam::111122223333:role/';
    const find = createReaderFinder({
      roles,
      roleBindings,
      awsAuth: {
        mapRoles: samples.map((_, index) => ({
          rolearn: `${arn}s${index}`,
          username: `s${index}-user`,
          groups: [`s${index}-group`],
        })),
        mapUsers: [],
        mapAccounts: [],
      },
    });
    let readers = 0;
    for (const [index, one] of samples.entries()) {
      const id = `s${index}`;
      const accountGroups = (namespace: string) => [
        'system:serviceaccounts',
        `system:serviceaccounts:${id}-${namespace}`,
        'system:authenticated',
      ];
      const people: (User & { identities: string[] })[] = [
        { user: `${id}-user`, groups: [`${id}-group`, 'system:authenticated'], identities: [`${arn}${id}`] },
        ...['a', 'b'].map((namespace) => {
          const user = `system:serviceaccount:${id}-${namespace}:bot`;
          return { user, groups: accountGroups(namespace), identities: [user] };
        }),
      ];
      for (const namespace of ['a', 'b'])
        for (const name of ['db', 'cache', 'other']) {
          const found = new Set(
            find({ namespace: `${id}-${namespace}`, name })
              .filter(({ ways }) => ways[0].how === 'reads')
              .map(({ identity }) => identity),
          );
          for (const person of people) {
            const asked = await Promise.all([
              ...['get', 'list', 'watch', 'patch', 'delete'].map((verb) =>
                isAllowed(person, verb, `${id}-${namespace}`, name),
              ),
              ...['list', 'watch', 'deletecollection'].map((verb) =>
                isAllowed(person, verb, `${id}-${namespace}`, ''),
              ),
            ]);
            const isReader = [...person.identities, ...person.groups].some((who) => found.has(who));
            readers += Number(isReader);
            expect(isReader, `${person.user} of ${id}-${namespace}/${name}: ${JSON.stringify(one)}`).toBe(
              asked.some(Boolean),
            );
          }
        }
    }
    expect(readers).toBeGreaterThan(50);
  });
});
