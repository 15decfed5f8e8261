/** Objects as they are sent, and how each is written: the API server keeps who wrote what. */
import { canary } from '../canary.ts';

interface Owner {
  kind: string;
  name: string;
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    /** None for objects of the whole cluster. */
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

/** One request, or one call of kubectl. A string is the manager that the server is told. */
export type Step =
  | { post: string }
  | { serverSideApply: string }
  /** Merges into what is there. */
  | { patch: string; body: object }
  /** With what the object's subresource is given. */
  | { subresource: string; body: object }
  | { kubectl: 'apply' | 'create' | 'replace'; body?: object };

export interface Entry {
  object: KubernetesObject;
  steps: readonly Step[];
  /** The object of the same namespace that it belongs to, which stands before it: its uid is known only then. */
  owner?: Owner;
}

export const posted = (object: KubernetesObject, manager = 'helm'): Entry => ({
  object,
  steps: [{ post: manager }],
});

const registry = {
  'registry.example.com': { username: 'ci', password: canary, auth: `Y2k6${btoa(canary)}` },
};

/** What the API server checks, or else only the canary and where it stands. */
const toValue = (namespace: string, name: string, key: string): string => {
  if (key === '.dockerconfigjson') return JSON.stringify({ auths: registry });
  if (key === '.dockercfg') return JSON.stringify(registry);
  return `${canary} of ${namespace}/${name}/${key}`;
};

export const toData = (
  namespace: string,
  name: string,
  keys: readonly string[],
  suffix = '',
): Record<string, string> =>
  Object.fromEntries(keys.map((key) => [key, btoa(toValue(namespace, name, key) + suffix)]));

/** A Secret with these keys, each with a value that holds the canary. */
export const toSecret = (
  namespace: string,
  name: string,
  type: string,
  keys: readonly string[],
  metadata: object = {},
): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace, ...metadata },
  type,
  data: toData(namespace, name, keys),
});
