/** Writes a population to the API server, each object in its own way. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { aggregateRoles } from '../aggregate-roles.ts';
import type { ApiServer } from '../api-server.ts';
import { toServiceAccount } from './access.ts';
import type { Entry, KubernetesObject, Step } from './objects.ts';

const plurals: Record<string, string> = { Ingress: 'ingresses' };
const created = z.object({ apiVersion: z.string(), metadata: z.object({ uid: z.string() }) });

const toCollection = ({ apiVersion, kind, metadata: { namespace } }: KubernetesObject): string => {
  const api = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${api}${place}/${plurals[kind] ?? `${kind.toLowerCase()}s`}`;
};

/** Runs a program with something on its standard input. */
const runWith = async (input: string, command: string, words: readonly string[]): Promise<void> => {
  const running = promisify(execFile)(command, words);
  running.child.stdin?.end(input);
  await running;
};

const patchTypes = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

const take = async (
  { admin, kubectl, kubeconfigs }: ApiServer,
  object: KubernetesObject,
  step: Step,
): Promise<void> => {
  const collection = toCollection(object);
  const path = `${collection}/${object.metadata.name}`;
  const patch = (of: string, type: keyof typeof patchTypes, manager: string, body: object) =>
    admin.send('PATCH', `${of}?fieldManager=${manager}`, {
      body,
      headers: { 'content-type': patchTypes[type] },
    });

  if ('post' in step) await admin.send('POST', `${collection}?fieldManager=${step.post}`, { body: object });
  else if ('serverSideApply' in step) await patch(path, 'apply', step.serverSideApply, object);
  else if ('patch' in step) await patch(path, 'merge', step.patch, step.body);
  else if ('subresource' in step)
    await patch(`${path}/${step.subresource}`, 'strategic', 'kubectl-debug', step.body);
  else {
    const cluster = ['--kubeconfig', kubeconfigs.admin, '--cache-dir', `${kubeconfigs.admin}.cache`];
    await runWith(JSON.stringify({ ...object, ...step.body }), kubectl, [
      ...cluster,
      step.kubectl,
      '-f',
      '-',
    ]);
  }
};

const toKey = (kind: string, namespace: string | undefined, name: string) =>
  `${kind}/${namespace ?? ''}/${name}`;

/** The namespaces of these objects, each with the service account that its controller would give it. */
const toNamespaces = (entries: readonly Entry[]): Entry[] =>
  [...new Set(entries.flatMap(({ object }) => object.metadata.namespace ?? []))]
    .flatMap((name) => [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      toServiceAccount(name, 'default'),
    ])
    // Some may be there already.
    .map((object) => ({ object, steps: [{ serverSideApply: 'kube-controller-manager' }] }));

/** Writes them one after the other, so that owners come first; the namespaces before all. */
export const writePopulation = async (server: ApiServer, entries: readonly Entry[]): Promise<void> => {
  const ownerKeys = new Set(
    entries.flatMap(({ owner, object }) =>
      owner ? toKey(owner.kind, object.metadata.namespace, owner.name) : [],
    ),
  );
  const references = new Map<string, object>();
  for (const { object, steps, owner } of [...toNamespaces(entries), ...entries]) {
    const { kind, metadata } = object;
    const of = owner && references.get(toKey(owner.kind, metadata.namespace, owner.name));
    if (owner && !of) throw new Error(`${owner.kind} ${owner.name} was not written before ${metadata.name}`);
    const owned = of ? { ...object, metadata: { ...metadata, ownerReferences: [of] } } : object;
    for (const step of steps) await take(server, owned, step);
    const key = toKey(kind, metadata.namespace, metadata.name);
    if (!ownerKeys.has(key)) continue;
    const { apiVersion, metadata: made } = created.parse(
      await server.admin.send('GET', `${toCollection(object)}/${metadata.name}`),
    );
    const reference = { apiVersion, kind, name: metadata.name, uid: made.uid };
    references.set(key, { ...reference, controller: true, blockOwnerDeletion: true });
  }
  await aggregateRoles(server.admin);
};
