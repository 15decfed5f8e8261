/** Objects as kubectl prints them. https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables */
import type { KubernetesObject } from './objects.ts';

const toColumn = (name: string, format = '') => ({
  name,
  type: 'string',
  format,
  description: name,
  priority: 0,
});

const isMapping = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Only Secrets have columns of their own here; columns stand in the first page alone. */
export const toTable = (
  objects: readonly KubernetesObject[],
  metadata: object,
  includeObject: string,
  isFirstPage: boolean,
) => {
  const isOfSecrets = objects.every(({ kind }) => kind === 'Secret');
  const columns = isOfSecrets
    ? [toColumn('Name', 'name'), toColumn('Type'), toColumn('Data'), toColumn('Age')]
    : [toColumn('Name', 'name'), toColumn('Age')];
  const toCells = ({ metadata: { name }, type, data }: KubernetesObject) =>
    isOfSecrets
      ? [name, type ?? 'Opaque', isMapping(data) ? Object.keys(data).length : 0, '1d']
      : [name, '1d'];
  const toObject = (object: KubernetesObject) => ({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object.metadata,
  });
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    ...(isFirstPage ? { columnDefinitions: columns } : { columnDefinitions: null }),
    rows: objects.map((object) => ({
      cells: toCells(object),
      ...(includeObject === 'None' ? { object: null } : { object: toObject(object) }),
    })),
  };
};
