/** Variables that take a Secret, turned into files: the edit of the workload, and where the program then reads. */
import type { Workload } from '../../evidence/kubernetes/workload.ts';
import { type FileAccess, toFileAccess } from './file-access.ts';
import { type PodPatch, toHowTo, toPatch } from './patch.ts';
import { getContainers, getFiles, getMounts, type MountUse } from './secret-uses.ts';
import { toList } from './words.ts';

/** One way by which a container has the Secret in its environment. */
interface Exported {
  secret: string;
  container: string;
  /** The key; null for all of them, by an import. */
  key: string | null;
  /** The variable to take away; null for an import, which a patch cannot take away alone. */
  variable: string | null;
  /** Whether the pod starts without it. */
  isOptional?: boolean;
}

/** What a person does, and the patch that does it; null where the pod can only be made anew. */
export interface Edit {
  steps: string;
  patch: string | null;
}

type ContainerList = 'containers' | 'initContainers';

/** What one container needs: the variables that go, the keys that it then reads as files. */
interface ContainerNeed {
  name: string;
  list: ContainerList;
  variables: string[];
  /** The files that it has already, which then are all it needs; or the path at which it gets the volume. */
  present: string[] | null;
  mountPath: string;
  /** Null for every key. */
  keys: string[] | null;
}

const getList = ({ spec }: Workload, container: string): ContainerList | undefined => {
  if (spec.containers.some(({ name }) => name === container)) return 'containers';
  return spec.initContainers?.some(({ name }) => name === container) ? 'initContainers' : undefined;
};

const toFree = (wanted: string, taken: readonly string[]): string => {
  let free = wanted;
  for (let count = 2; taken.includes(free); count++) free = `${wanted}-${count}`;
  return free;
};

/** A volume bears a DNS label: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names */
const toVolumeName = (secret: string, { spec }: Workload): string =>
  toFree(
    `secret-${secret.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`.slice(0, 60).replace(/-+$/, ''),
    (spec.volumes ?? []).map(({ name }) => name),
  );

/** The files that a container has already, if those are all it needs. */
const getPresent = (mounts: readonly MountUse[], keys: readonly string[] | null): string[] | null => {
  if (!keys) {
    const whole = mounts.find(({ items, subPath }) => items === null && subPath === null);
    return whole ? [`${whole.mountPath}/KEY`] : null;
  }
  const files = mounts.flatMap((mount) => getFiles(mount, keys)).filter(({ key }) => keys.includes(key));
  return keys.every((key) => files.some((file) => file.key === key)) ? files.map(({ path }) => path) : null;
};

const toNeed = (workload: Workload, secret: string, name: string, uses: readonly Exported[]) => {
  const list = getList(workload, name);
  if (!list) return [];
  const keys = uses.some(({ key }) => key === null)
    ? null
    : [...new Set(uses.flatMap(({ key }) => key ?? []))];
  const mounts = getMounts(workload.spec).filter(({ container }) => container === name);
  const need: ContainerNeed = {
    name,
    list,
    variables: [...new Set(uses.flatMap(({ variable }) => variable ?? []))],
    present: getPresent(
      mounts.filter((mount) => mount.secret === secret),
      keys,
    ),
    // A patch finds mounts by their path: at one that is taken it would change that mount, whatever it holds.
    mountPath: toFree(
      `/etc/secrets/${secret}`,
      getContainers(workload.spec)
        .filter((container) => container.name === name)
        .flatMap(({ volumeMounts = [] }) => volumeMounts.map((mount) => mount.mountPath.replace(/\/+$/, ''))),
    ),
    keys,
  };
  return [need];
};

const toFiles = ({ present, keys, mountPath }: ContainerNeed): string[] =>
  present ?? (keys ?? ['KEY']).map((key) => `${mountPath}/${key}`);

const toContainerPatch = ({ name, variables, present, mountPath }: ContainerNeed, volume: string) => ({
  name,
  ...(variables.length > 0
    ? { env: variables.map((variable) => ({ $patch: 'delete' as const, name: variable })) }
    : {}),
  ...(present ? {} : { volumeMounts: [{ name: volume, mountPath, readOnly: true as const }] }),
});

const toPodPatch = (
  workload: Workload,
  secret: string,
  needs: readonly ContainerNeed[],
  isOptional: boolean,
): PodPatch => {
  const volume = toVolumeName(secret, workload);
  const pod: PodPatch = {};
  for (const need of needs)
    if (!need.present || need.variables.length > 0)
      pod[need.list] = [...(pod[need.list] ?? []), toContainerPatch(need, volume)];
  const mounting = needs.filter(({ present }) => !present);
  if (mounting.length === 0) return pod;
  const { mode, fsGroup } = toAccess(workload, mounting);
  const keys = mounting.some((need) => !need.keys)
    ? null
    : [...new Set(mounting.flatMap((need) => need.keys ?? []))];
  const items = keys ? { items: keys.map((key) => ({ key, path: key })) } : {};
  return {
    ...(fsGroup === null ? {} : { securityContext: { fsGroup } }),
    ...pod,
    volumes: [
      {
        name: volume,
        // A volume that is not optional keeps the pod from starting where one of its keys is not there.
        secret: {
          secretName: secret,
          defaultMode: mode,
          ...items,
          ...(isOptional ? { optional: true } : {}),
        },
      },
    ],
  };
};

const toAccess = ({ spec }: Workload, needs: readonly ContainerNeed[]): FileAccess =>
  toFileAccess(
    spec,
    needs.map(({ name }) => name),
  );

/** Takes a workload and how it takes one Secret as variables; gives the edit that mounts it instead. */
export const toMountInstead = (workload: Workload, secret: string, uses: readonly Exported[]): Edit => {
  const byContainer = Map.groupBy(uses, ({ container }) => container);
  const needs = [...byContainer].flatMap(([name, its]) => toNeed(workload, secret, name, its));
  if (needs.length === 0)
    return {
      steps: 'An ephemeral container is never changed: delete the pod, and debug without the Secret.',
      patch: null,
    };
  const mounting = needs.filter(({ present }) => !present);
  const imports = uses.filter(({ variable }) => variable === null).map(({ container }) => container);
  const isOptional = uses.some((use) => use.isOptional);
  const pod = toPodPatch(workload, secret, needs, isOptional);
  const isPatched = Object.keys(pod).length > 0;
  const steps = [
    `Let the program read ${toList(needs.flatMap(toFiles))} instead of its environment.`,
    ...(imports.length > 0
      ? [
          `Take secretRef ${secret} out of envFrom of ${toList(imports)} by hand: a patch would replace that list as a whole.`,
        ]
      : []),
    ...(mounting.length > 0 ? toAdvice(toAccess(workload, mounting)) : []),
    ...(isPatched ? [toHowTo(workload)] : []),
  ];
  return { steps: steps.join(' '), patch: isPatched ? toPatch(workload, pod) : null };
};

/** What else the mode asks for. */
export const toAdvice = ({ fsGroup, isUserUnknown }: FileAccess): string[] => {
  if (fsGroup !== null)
    return [
      'The pod runs as non-root and reads the files by its fsGroup, which its other volumes get as their group, too.',
    ];
  return isUserUnknown
    ? ['If the image runs as another user than root, give the pod an fsGroup, and the files mode 0440.']
    : [];
};

/** An edit as remediation: the words, and under them the patch. */
export const toFix = ({ steps, patch }: Edit): string => (patch === null ? steps : `${steps}\n\n${patch}`);
