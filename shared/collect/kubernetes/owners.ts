/** Who stands above a pod: https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/ */
import type { OwnerReference } from '../../evidence/kubernetes/object.ts';
import type { Container, PodSpec, Volume, Workload } from '../../evidence/kubernetes/workload.ts';
import { type Metadata, toGroup, toKeptLabels } from './wire.ts';

/** An object that runs pods, or is one. */
export interface Runner {
  kind: string;
  /** `apps/v1`; kinds of other groups may be called alike. */
  apiVersion: string;
  metadata: Metadata;
  /** Reads the pod specification; undefined where it is of another shape. It costs, and is not asked for in vain. */
  readSpec: () => PodSpec | undefined;
  /** Of a pod: the containers that a person added to it. */
  readEphemeral: () => Container[];
  /** Whether it runs anything just now. */
  isActive: boolean;
}

interface Entry {
  workload: Workload;
  /** Of an owner that was not read: what its objects look like. */
  seen?: Set<string>;
  pods: number;
}

/** Static pods are owned by the node that they run on: it is none of theirs. */
const isOwner = ({ kind, controller }: OwnerReference): boolean => controller === true && kind !== 'Node';

/**
 * What makes each kind. Whoever writes an object names its owner: under one that makes no such thing nobody would have
 * taken it back, and it is read itself.
 */
const makers = new Map([
  ['ReplicaSet', ['Deployment']],
  ['Job', ['CronJob']],
  ['Pod', ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job']],
]);
const isMaker = (owner: OwnerReference, { kind }: Runner): boolean =>
  makers.get(kind)?.includes(owner.kind) ?? false;

const toKey = (namespace: string, apiVersion: string | undefined, kind: string, name: string): string =>
  JSON.stringify([namespace, toGroup(apiVersion), kind, name]);

/**
 * Gathers workloads. Owners have to be added before what they own: Deployments before ReplicaSets before Pods. What is
 * owned by something that was added counts there; what is owned by something else stands under that one's name.
 */
export const createWorkloads = () => {
  const entries = new Map<string, Entry>();
  /** Of a ReplicaSet or Job that is no workload itself: what it stands under. */
  const standsUnder = new Map<string, string>();
  const pods = new Set<string>();
  const idle = new Map<string, { runner: Runner; owner: OwnerReference }>();

  const addItself = (key: string, { kind, metadata, readSpec }: Runner): void => {
    const spec = readSpec();
    const { namespace, name, ownerReferences: owners, labels } = metadata;
    if (!spec || namespace === undefined) return;
    const workload = { kind, namespace, name, owners, labels: toKeptLabels(labels), spec };
    entries.set(key, { workload, pods: 0 });
  };

  /** Adds it to what its unread owner already has; false where its pods differ in more than what they hold. */
  const addUnder = (key: string, namespace: string, owner: OwnerReference, runner: Runner): boolean => {
    const spec = runner.readSpec();
    if (!spec) return true;
    const look = JSON.stringify(spec);
    const entry = entries.get(key);
    if (!entry) {
      const workload = { kind: owner.kind, namespace, name: owner.name, spec };
      entries.set(key, { workload, seen: new Set([look]), pods: 0 });
      return true;
    }
    if (entry.seen?.has(look)) return true;
    const merged = mergeSpecs(entry.workload.spec, spec);
    if (!merged) return false;
    entry.workload.spec = merged;
    entry.seen?.add(look);
    return true;
  };

  /**
   * Adds what stands for itself; gives the key that it then has. Where Kubernetes made up the end of its name (generateName),
   * all that begin alike are one: the next of them is the same workload under another name.
   */
  const addAlone = (key: string, runner: Runner): string => {
    const { namespace = '', generateName } = runner.metadata;
    if (generateName) {
      const owner = { apiVersion: runner.apiVersion, kind: runner.kind, name: `${generateName}*` };
      const folded = toKey(namespace, owner.apiVersion, owner.kind, owner.name);
      if (addUnder(folded, namespace, owner, runner)) return folded;
    }
    addItself(key, runner);
    return key;
  };

  /** Gives the key of what a pod stands under, undefined where it stands for itself. */
  const placePod = (namespace: string, runner: Runner): string | undefined => {
    const owner = runner.metadata.ownerReferences?.find(isOwner);
    if (!owner) return undefined;
    const direct = toKey(namespace, owner.apiVersion, owner.kind, owner.name);
    const above = standsUnder.get(direct) ?? direct;
    const known = entries.get(above);
    // Only what no other object describes has to be read of its pods.
    const isDescribed = known && !(known.seen && above === direct);
    if (isDescribed && !isMaker(owner, runner)) return undefined;
    return isDescribed || addUnder(above, namespace, owner, runner) ? above : undefined;
  };

  return {
    /** A Deployment, StatefulSet, DaemonSet or CronJob: a workload, whoever owns it. */
    addWorkload: (runner: Runner): void => {
      const { namespace = '', name } = runner.metadata;
      addItself(toKey(namespace, runner.apiVersion, runner.kind, name), runner);
    },
    /** A ReplicaSet or a Job: a workload only where nobody owns it. */
    addBetween: (runner: Runner): void => {
      const { namespace = '', name, ownerReferences = [], creationTimestamp = '' } = runner.metadata;
      const key = toKey(namespace, runner.apiVersion, runner.kind, name);
      const owner = ownerReferences.find(isOwner);
      const above = owner && toKey(namespace, owner.apiVersion, owner.kind, owner.name);
      const known = above === undefined ? undefined : entries.get(above);
      if (!owner || above === undefined) standsUnder.set(key, addAlone(key, runner));
      else if (known && !known.seen)
        if (isMaker(owner, runner)) standsUnder.set(key, above);
        else addItself(key, runner);
      else if (!runner.isActive) {
        standsUnder.set(key, above);
        const newest = idle.get(above)?.runner.metadata.creationTimestamp ?? '';
        if (creationTimestamp >= newest) idle.set(above, { runner, owner });
      } else if (addUnder(above, namespace, owner, runner)) standsUnder.set(key, above);
      else addItself(key, runner);
    },
    /** An unread owner of which nothing runs just now is known by the newest of its objects. */
    addIdle: (): void => {
      for (const [above, { runner, owner }] of idle)
        if (!entries.has(above)) addUnder(above, runner.metadata.namespace ?? '', owner, runner);
      idle.clear();
    },
    addPod: (runner: Runner): void => {
      const { namespace = '', name } = runner.metadata;
      const key = toKey(namespace, runner.apiVersion, runner.kind, name);
      // A listing that was begun again, or that changed under way, gives some twice.
      if (pods.has(key)) return;
      pods.add(key);
      const above = placePod(namespace, runner) ?? addAlone(key, runner);
      const entry = entries.get(above);
      if (!entry) return;
      if (runner.isActive) entry.pods += 1;
      addEphemeral(entry.workload.spec, runner.readEphemeral());
    },
    /** Gives what was gathered; with the numbers of pods, where those were read. */
    finish: (arePodsKnown: boolean): Workload[] =>
      [...entries.values()].map(({ workload, pods: count }) =>
        arePodsKnown ? { ...workload, pods: count } : workload,
      ),
  };
};

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const addEphemeral = (spec: PodSpec, containers: Container[]): void => {
  for (const container of containers)
    if (!spec.ephemeralContainers?.some((known) => isSame(known, container)))
      spec.ephemeralContainers = [...(spec.ephemeralContainers ?? []), container];
};

/**
 * Two pod specifications of one owner as one that takes all that either takes; undefined where they differ in what
 * goes for a whole pod. Volumes called alike that are not get a number.
 */
const mergeSpecs = (one: PodSpec, other: PodSpec): PodSpec | undefined => {
  const toWhole = ({ serviceAccountName, automountServiceAccountToken, securityContext }: PodSpec) => ({
    serviceAccountName,
    automountServiceAccountToken,
    securityContext,
  });
  if (!isSame(toWhole(one), toWhole(other))) return undefined;
  const volumes: Volume[] = [...(one.volumes ?? [])];
  const renamed = new Map<string, string>();
  for (const volume of other.volumes ?? []) {
    let { name } = volume;
    for (let number = 2; ; number += 1) {
      const known = volumes.find((candidate) => candidate.name === name);
      if (!known) volumes.push({ ...volume, name });
      if (!known || isSame({ ...known, name: volume.name }, volume)) break;
      name = `${volume.name}#${number}`;
    }
    renamed.set(volume.name, name);
  }
  const mergeContainers = (mine: Container[] = [], theirs: Container[] = []): Container[] => {
    const all = [...mine];
    for (const container of theirs) {
      const volumeMounts = container.volumeMounts?.map((mount) => ({
        ...mount,
        name: renamed.get(mount.name) ?? mount.name,
      }));
      const taken = { ...container, volumeMounts };
      if (!all.some((known) => isSame(known, taken))) all.push(taken);
    }
    return all;
  };
  const orNone = <T>(list: T[]) => (list.length > 0 ? list : undefined);
  const pulls = new Set(
    [...(one.imagePullSecrets ?? []), ...(other.imagePullSecrets ?? [])].map(({ name }) => name),
  );
  return {
    ...one,
    containers: mergeContainers(one.containers, other.containers),
    initContainers: orNone(mergeContainers(one.initContainers, other.initContainers)),
    ephemeralContainers: orNone(mergeContainers(one.ephemeralContainers, other.ephemeralContainers)),
    volumes: orNone(volumes),
    imagePullSecrets: orNone([...pulls].map((name) => ({ name }))),
  };
};
