/** Which mode a Secret's files can have so that a pod still reads them. */
import type { PodSpec } from '../../evidence/kubernetes/workload.ts';
import { getContainers } from './secret-uses.ts';

/**
 * The files of a Secret belong to root. With fsGroup they get that group, and the kubelet adds 0440 to whatever mode
 * they have: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
 */
const ownerOnly = 0o400;
const ownerAndGroup = 0o440;

export interface FileAccess {
  mode: number;
  /** The group that the pod has to be given so that its user reads files of that mode; null where none is needed. */
  fsGroup: number | null;
  /** Nothing says which user the containers run as: their images may. */
  isUserUnknown: boolean;
}

/** Any group does, where not even the user is known: this is nobody's. */
const anyGroup = 65534;

/** The narrowest mode that these containers of the pod can live with. */
export const toFileAccess = (spec: PodSpec, containerNames: readonly string[]): FileAccess => {
  const users = getContainers(spec)
    .filter(({ name }) => containerNames.includes(name))
    .map(({ securityContext }) => ({ ...spec.securityContext, ...securityContext }));
  const isRoot = (user: (typeof users)[number]) => user.runAsUser === 0;
  const isOther = (user: (typeof users)[number]) =>
    user.runAsUser === undefined ? user.runAsNonRoot === true : user.runAsUser !== 0;
  const isUserUnknown = users.some((user) => !isRoot(user) && !isOther(user));
  if (spec.securityContext?.fsGroup !== undefined)
    return { mode: ownerAndGroup, fsGroup: null, isUserUnknown: false };
  const other = users.find(isOther);
  if (other) return { mode: ownerAndGroup, fsGroup: other.runAsUser ?? anyGroup, isUserUnknown: false };
  return { mode: ownerOnly, fsGroup: null, isUserUnknown };
};

/** Whether others than the owner, and the pod's own group, may read a file. The owner's write bit opens nothing. */
export const isTooWide = (mode: number, spec: PodSpec): boolean => {
  const allowed = spec.securityContext?.fsGroup === undefined ? ownerOnly : ownerAndGroup;
  return (mode & 0o077 & ~allowed) !== 0;
};

/** `0644` */
export const toOctal = (mode: number): string => mode.toString(8).padStart(4, '0');
