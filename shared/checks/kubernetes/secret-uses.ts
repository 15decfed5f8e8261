/** How a workload takes Secrets: as variables, as a whole environment, as files, and by reference alone. */
import type { Container, PodSpec } from '../../evidence/kubernetes/workload.ts';

/** Every container of a pod that can take a Secret: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/ */
export const getContainers = (spec: PodSpec): Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...(spec.ephemeralContainers ?? []),
];

export interface VariableUse {
  secret: string;
  container: string;
  variable: string;
  key: string;
  isOptional: boolean;
}

/** The variables that take one key of a Secret each. */
export const getVariables = (spec: PodSpec): VariableUse[] =>
  getContainers(spec).flatMap(({ name: container, env = [] }) =>
    env.map(({ name: variable, valueFrom: { secretKeyRef } }) => ({
      secret: secretKeyRef.name,
      container,
      variable,
      key: secretKeyRef.key,
      isOptional: secretKeyRef.optional ?? false,
    })),
  );

export interface ImportUse {
  secret: string;
  container: string;
  prefix: string | null;
  isOptional: boolean;
}

/** The Secrets that become variables as a whole. */
export const getImports = (spec: PodSpec): ImportUse[] =>
  getContainers(spec).flatMap(({ name: container, envFrom = [] }) =>
    envFrom.map(({ prefix, secretRef }) => ({
      secret: secretRef.name,
      container,
      prefix: prefix ?? null,
      isOptional: secretRef.optional ?? false,
    })),
  );

/** What a file of a Secret is given where nothing says otherwise: https://kubernetes.io/docs/concepts/configuration/secret/#secret-files-permissions */
const defaultFileMode = 0o644;

/** A Secret as files in one container. */
export interface MountUse {
  secret: string;
  container: string;
  volume: string;
  mountPath: string;
  /** The part of the volume that the container sees; null for all of it. */
  subPath: string | null;
  defaultMode: number;
  /** The keys that become files, and where; null for every key, by its own name. */
  items: { key: string; path: string; mode?: number }[] | null;
}

/**
 * The part of a volume that a subPath leaves to a container. Secrets lie behind the symbolic link `..data`, and a
 * subPath may go through it: https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath
 */
const toSubPath = (subPath: string | undefined): string | null => {
  const parts = (subPath ?? '').split('/').filter((part) => part !== '' && part !== '.');
  return (parts[0]?.startsWith('..') ? parts.slice(1) : parts).join('/') || null;
};

/** An empty list of items is no list: every key becomes a file. */
const toItems = (items: MountUse['items'] | undefined): MountUse['items'] => (items?.length ? items : null);

/** Each Secret that each container has as files. Volumes that no container mounts are nobody's files. */
export const getMounts = (spec: PodSpec): MountUse[] => {
  const sources = new Map(
    (spec.volumes ?? []).map(({ name, secret, projected }) => [
      name,
      [
        ...(secret
          ? [{ secret: secret.secretName, defaultMode: secret.defaultMode, items: secret.items }]
          : []),
        ...(projected?.sources ?? []).map((source) => ({
          secret: source.secret.name,
          defaultMode: projected?.defaultMode,
          items: source.secret.items,
        })),
      ],
    ]),
  );
  return getContainers(spec).flatMap(({ name: container, volumeMounts = [] }) =>
    volumeMounts.flatMap(({ name: volume, mountPath, subPath }) =>
      (sources.get(volume) ?? []).map(({ secret, defaultMode, items }) => ({
        secret,
        container,
        volume,
        mountPath,
        subPath: toSubPath(subPath),
        defaultMode: defaultMode ?? defaultFileMode,
        items: toItems(items),
      })),
    ),
  );
};

export interface SecretFile {
  key: string;
  path: string;
  mode: number;
  /** Whether the mode is the item's own, and the volume's default does not reach it. */
  hasOwnMode: boolean;
}

/** The files that a container sees of a mounted Secret which has these keys. */
export const getFiles = (mount: MountUse, keys: readonly string[]): SecretFile[] => {
  const items = mount.items ?? keys.map((key) => ({ key, path: key, mode: undefined }));
  return items
    .filter(({ path }) => isWithin(path, mount.subPath))
    .map(({ key, path, mode }) => ({
      key,
      path: toContainerPath(mount, path),
      mode: mode ?? mount.defaultMode,
      hasOwnMode: mode !== undefined,
    }));
};

const isWithin = (path: string, subPath: string | null): boolean =>
  subPath === null || path === subPath || path.startsWith(`${subPath}/`);

/** A subPath itself appears as the mount path. */
const toContainerPath = ({ mountPath, subPath }: MountUse, path: string): string => {
  const rest = subPath === null ? path : path.slice(subPath.length + 1);
  return rest === '' ? mountPath : `${mountPath.replace(/\/+$/, '')}/${rest}`;
};

/** The names of all Secrets that a workload refers to, in whatever way, its pull secrets left out. */
export const getReferences = (spec: PodSpec): string[] => [
  ...[...getVariables(spec), ...getImports(spec)].map(({ secret }) => secret),
  ...(spec.volumes ?? []).flatMap(({ secret, projected, openedWith }) => [
    ...(secret ? [secret.secretName] : []),
    ...(projected?.sources ?? []).map((source) => source.secret.name),
    ...(openedWith === undefined ? [] : [openedWith]),
  ]),
];

/** The names of the Secrets that a workload's images are pulled with. */
export const getPullSecrets = (spec: PodSpec): string[] =>
  (spec.imagePullSecrets ?? []).map(({ name }) => name);
