/** Writes a population to the API server, each object in its own way. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { ApiServer } from '../api-server.ts';
import { toServiceAccount } from './access.ts';
import { type Entry, type KubernetesObject, posted, type Step } from './objects.ts';

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

const take = async (
  { admin, kubectl }: ApiServer,
  kubeconfig: string,
  object: KubernetesObject,
  step: Step,
): Promise<void> => {
  const collection = toCollection(object);
  const path = `${collection}/${object.metadata.name}`;
  const patch = (of: string, type: string, manager: string, body: object) =>
    admin.send('PATCH', `${of}?fieldManager=${manager}&force=${type.startsWith('apply')}`, {
      body,
      headers: { 'content-type': `application/${type}-patch+${type === 'apply' ? 'yaml' : 'json'}` },
    });

  if ('post' in step) await admin.send('POST', `${collection}?fieldManager=${step.post}`, { body: object });
  else if ('serverSideApply' in step) await patch(path, 'apply', step.serverSideApply, object);
  else if ('patch' in step) await patch(path, 'merge', step.patch, step.body);
  else if ('subresource' in step)
    await patch(`${path}/${step.subresource}`, 'strategic-merge', 'kubectl-debug', step.body);
  else {
    const words = ['--kubeconfig', kubeconfig, '--cache-dir', `${kubeconfig}.cache`, step.kubectl, '-f', '-'];
    await runWith(JSON.stringify({ ...object, ...step.body }), kubectl, words);
  }
};

const toKey = (kind: string, namespace: string | undefined, name: string) =>
  `${kind}/${namespace ?? ''}/${name}`;

/** The namespaces of these objects, each with the service account that its controller would give it. */
const toNamespaces = (entries: readonly Entry[]): Entry[] =>
  [...new Set(entries.flatMap(({ object }) => object.metadata.namespace ?? []))].flatMap((name) => [
    // The server makes these itself.
    ...(['default', 'kube-system'].includes(name)
      ? []
      : [posted({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, 'kubectl-create')]),
    posted(toServiceAccount(name, 'default'), 'kube-controller-manager'),
  ]);

/** Writes them one after the other, so that owners come first; the namespaces before all. */
export const writePopulation = async (server: ApiServer, entries: readonly Entry[]): Promise<void> => {
  const kubeconfig = server.kubeconfigs.admin;
  const uids = new Map<string, { apiVersion: string; uid: string }>();
  for (const { object, steps, owner } of [...toNamespaces(entries), ...entries]) {
    const { kind, metadata } = object;
    const of = owner && uids.get(toKey(owner.kind, metadata.namespace, owner.name));
    if (owner && !of) throw new Error(`${owner.kind} ${owner.name} was not written before ${metadata.name}`);
    const reference = { ...owner, ...of, controller: true, blockOwnerDeletion: true };
    const owned = of ? { ...object, metadata: { ...metadata, ownerReferences: [reference] } } : object;
    for (const step of steps) await take(server, kubeconfig, owned, step);
    const { apiVersion, metadata: made } = created.parse(
      await server.admin.send('GET', `${toCollection(object)}/${metadata.name}`),
    );
    uids.set(toKey(kind, metadata.namespace, metadata.name), { apiVersion, uid: made.uid });
  }
};
