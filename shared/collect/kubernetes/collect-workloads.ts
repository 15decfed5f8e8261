/** Everything that runs pods, each as the topmost owner that was found of them. */
import pMap from 'p-map';
import { z } from 'zod';
import { type Fact, isKnown, toKnown } from '../../evidence/fact.ts';
import type { Workload } from '../../evidence/kubernetes/workload.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { joinLists, listObjects, type Page, parseObject } from './list-objects.ts';
import { createWorkloads, type Runner } from './owners.ts';
import { podSpecOfWire } from './pod-spec.ts';
import { maybe, metadata, toListPath } from './wire.ts';

interface Kind {
  kind: string;
  apiVersion: string;
  plural: string;
  /** Where in the object's spec the pod's stands. */
  path: readonly string[];
}

const ofTemplate = ['template', 'spec'];
const owners: Kind[] = [
  { kind: 'Deployment', apiVersion: 'apps/v1', plural: 'deployments', path: ofTemplate },
  { kind: 'StatefulSet', apiVersion: 'apps/v1', plural: 'statefulsets', path: ofTemplate },
  { kind: 'DaemonSet', apiVersion: 'apps/v1', plural: 'daemonsets', path: ofTemplate },
  {
    kind: 'CronJob',
    apiVersion: 'batch/v1',
    plural: 'cronjobs',
    path: ['jobTemplate', 'spec', ...ofTemplate],
  },
];
const between: Kind[] = [
  { kind: 'ReplicaSet', apiVersion: 'apps/v1', plural: 'replicasets', path: ofTemplate },
  { kind: 'Job', apiVersion: 'batch/v1', plural: 'jobs', path: ofTemplate },
];
const pod: Kind = { kind: 'Pod', apiVersion: 'v1', plural: 'pods', path: [] };

/** What is read of each object at once; the pod specification only where it is needed. */
const head = z.object({
  metadata,
  spec: maybe(
    z
      .object({ replicas: maybe(z.number()), ephemeralContainers: maybe(z.array(z.unknown())) })
      .catchall(z.unknown()),
  ),
  status: maybe(z.object({ phase: maybe(z.string()) })),
});

/** Reads all workloads, or those of a namespace. A kind that can't be listed is missing; the others are there. */
export const collectWorkloads = async (api: KubernetesApi, namespace?: string): Promise<Fact<Workload[]>> => {
  const workloads = createWorkloads();
  const read = (kind: Kind, add: (runner: Runner) => void): Promise<Fact<never[]>> =>
    listObjects<never>(api, {
      what: `list ${kind.plural}${namespace === undefined ? '' : ` in ${namespace}`}`,
      path: toListPath(kind.apiVersion, kind.plural, namespace),
      toItems: (page, onOdd) => {
        for (const runner of toRunners(kind, page, onOdd)) add(runner);
        return [];
      },
    });
  // Owners come first: of what they own nothing but its being there has to be read.
  const first = await pMap(owners, (kind) => read(kind, workloads.addWorkload));
  const second = await pMap(between, (kind) => read(kind, workloads.addBetween));
  workloads.addIdle();
  const third = await read(pod, workloads.addPod);
  const all = joinLists([...first, ...second, third]);
  return isKnown(all) ? toKnown(workloads.finish(isKnown(third)), all.missing) : all;
};

const items = z.object({ items: maybe(z.array(z.unknown())) });

const toRunners = (
  { kind, apiVersion, path }: Kind,
  page: Page,
  onOdd: (complaint: string) => void,
): Runner[] =>
  (items.parse(page).items ?? []).flatMap((item) => {
    const object = parseObject(head, item, onOdd);
    if (!object) return [];
    const { spec, status } = object;
    return {
      kind,
      apiVersion,
      metadata: object.metadata,
      readSpec: () => parseObject(podSpecOfWire, dig(spec, path), onOdd),
      readEphemeral: () => (spec?.ephemeralContainers ? readEphemeral(spec, onOdd) : []),
      isActive: kind === 'Pod' ? !hasEnded(status?.phase) : spec?.replicas !== 0,
    };
  });

const hasEnded = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';

const readEphemeral = (spec: object, onOdd: (complaint: string) => void) =>
  parseObject(podSpecOfWire, spec, onOdd)?.ephemeralContainers ?? [];

const inner = z.record(z.string(), z.unknown());

const dig = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((outer, name) => inner.safeParse(outer).data?.[name], value);
