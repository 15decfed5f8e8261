/** Everything that runs pods, each as the topmost owner that was found of them. */
import pMap from 'p-map';
import { z } from 'zod';
import { type Fact, isKnown, toKnown } from '../../evidence/fact.ts';
import type { Workload } from '../../evidence/kubernetes/workload.ts';
import { readOr, toMetadata, toObject, toObjectOrNone } from './fields.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { joinLists, listObjects, type Page, parseObject } from './list-objects.ts';
import { createWorkloads, type Runner } from './owners.ts';
import { podSpecOfWire } from './pod-spec.ts';
import { maybe, toListPath } from './wire.ts';

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

const toRunners = (kind: Kind, page: Page, onOdd: (complaint: string) => void): Runner[] =>
  (items.parse(page).items ?? []).flatMap((item) => readOr(() => toRunner(kind, item, onOdd), onOdd) ?? []);

/** What is read of each object at once; the pod specification only where it is needed. */
const toRunner = (
  { kind, apiVersion, path }: Kind,
  item: unknown,
  onOdd: (complaint: string) => void,
): Runner => {
  const { metadata, spec: given, status } = toObject(item, 'items');
  const spec = toObjectOrNone(given, 'spec');
  const { phase } = toObjectOrNone(status, 'status');
  const readSpec = () => {
    const found = readOr(() => dig(spec, path), onOdd);
    return found && parseObject(podSpecOfWire, found, onOdd);
  };
  return {
    kind,
    apiVersion,
    metadata: toMetadata(metadata),
    readSpec,
    readEphemeral: () => (spec.ephemeralContainers ? (readSpec()?.ephemeralContainers ?? []) : []),
    isActive: kind === 'Pod' ? phase !== 'Succeeded' && phase !== 'Failed' : spec.replicas !== 0,
  };
};

const dig = (value: Record<string, unknown>, path: readonly string[]): Record<string, unknown> =>
  path.reduce((outer, name) => toObjectOrNone(outer[name], name), value);
