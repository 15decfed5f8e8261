/**
 * Secrets as the API server prints them in a table: names, types and numbers of keys, beside each its metadata, and no
 * value. https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import pMap from 'p-map';
import { z } from 'zod';
import { type Fact, isKnown } from '../../evidence/fact.ts';
import { lastAppliedAnnotation, type Secret } from '../../evidence/kubernetes/secret.ts';
import { timestamp } from '../../evidence/timestamp.ts';
import { serviceAccountAnnotation } from './annotation-filter.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { joinLists, type ListToRead, listObjects, parseObject, toItemsOf } from './list-objects.ts';
import { listOf, maybe, metadata, named, toKeptLabels, toListPath } from './wire.ts';

const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const asMetadata = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
/** The API queues what is more; it only has to be busy all the time. */
const namespacesAtOnce = 8;

const fields = maybe(z.record(z.string(), z.unknown()));

/** https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
const managedFields = z.object({
  manager: maybe(z.string()),
  operation: maybe(z.string()),
  time: maybe(timestamp),
  fieldsV1: maybe(
    z.object({
      'f:data': fields,
      'f:stringData': fields,
      'f:metadata': maybe(z.object({ 'f:annotations': fields })),
    }),
  ),
});

const secretMetadata = metadata.extend({ managedFields: listOf(managedFields) });
type SecretMetadata = z.infer<typeof secretMetadata>;

const row = z.object({
  cells: z.array(z.unknown()),
  object: maybe(z.object({ metadata: secretMetadata })),
});

const table = z.object({
  kind: z.literal('Table'),
  /** Of the first page alone. */
  columnDefinitions: maybe(z.array(named)),
  rows: maybe(z.array(z.unknown())),
});

const cells = z.object({ Name: z.string(), Type: z.string(), Data: z.coerce.number().pipe(z.int()) });

/** Reads all Secrets, or those of a namespace. Without `isWithMetadata` not even their metadata is asked for. */
export const collectSecrets = async (
  api: KubernetesApi,
  { namespace, isWithMetadata }: { namespace?: string; isWithMetadata: boolean },
): Promise<Fact<Secret[]>> => {
  if (isWithMetadata) return listSecrets(api, namespace, 'Metadata');
  // The bare table does not tell namespaces apart.
  const namespaces = namespace === undefined ? await listNamespaces(api) : namespace;
  if (typeof namespaces === 'string') return listSecrets(api, namespaces, 'None');
  if (!isKnown(namespaces)) return namespaces;
  const facts = await pMap(namespaces.value, (one) => listSecrets(api, one, 'None'), {
    concurrency: namespacesAtOnce,
  });
  const { missing } = namespaces;
  return joinLists([...facts, { value: [], missing }]);
};

const listNamespaces = (api: KubernetesApi): Promise<Fact<string[]>> => {
  const shape = z.object({ metadata: named }).transform((object) => object.metadata.name);
  return listObjects(api, {
    what: 'list namespaces',
    path: toListPath('v1', 'namespaces'),
    accept: asMetadata,
    toItems: toItemsOf(shape),
  });
};

const listSecrets = (
  api: KubernetesApi,
  namespace: string | undefined,
  include: 'Metadata' | 'None',
): Promise<Fact<Secret[]>> =>
  listObjects(api, {
    what: namespace === undefined ? 'list secrets' : `list secrets in ${namespace}`,
    path: `${toListPath('v1', 'secrets', namespace)}?includeObject=${include}`,
    accept: asTable,
    toItems: toSecretsOfTable(namespace),
  });

const toSecretsOfTable = (namespace: string | undefined): ListToRead<Secret>['toItems'] => {
  let columns: string[] = [];
  return (page, onOdd) => {
    const { columnDefinitions, rows = [] } = table.parse(page);
    columns = columnDefinitions?.map(({ name }) => name) ?? columns;
    return rows.flatMap((one) => {
      const read = parseObject(row, one, onOdd);
      const told =
        read && Object.fromEntries(columns.map((column, index) => [column, read.cells[index]] as const));
      const printed = told && parseObject(cells, told, onOdd);
      if (!printed) return [];
      const object = read.object?.metadata;
      const place = object?.namespace ?? namespace;
      if (place === undefined) onOdd('object: a Secret without a namespace');
      if (place === undefined) return [];
      return {
        namespace: place,
        name: printed.Name,
        type: printed.Type,
        dataCount: printed.Data,
        ...(printed.Data === 0 ? { keys: [] } : {}),
        ...(object ? toMetadata(object, printed.Data) : {}),
      };
    });
  };
};

const toMetadata = (
  { creationTimestamp, labels, annotations = {}, ownerReferences, managedFields: entries }: SecretMetadata,
  dataCount: number,
): Partial<Secret> => {
  const writers = entries.map(({ manager, operation, time, fieldsV1 = {} }) => ({
    manager,
    operation,
    time,
    keys: [...new Set([...toKeys(fieldsV1['f:data']), ...toKeys(fieldsV1['f:stringData'])])],
    wroteLastApplied: `f:${lastAppliedAnnotation}` in (fieldsV1['f:metadata']?.['f:annotations'] ?? {}),
  }));
  const keys = [...new Set(writers.flatMap((writer) => writer.keys))].sort();
  return {
    createdAt: creationTimestamp,
    // Where some keys are in nobody's name, the others alone would be taken for all.
    ...(keys.length >= dataCount ? { keys } : {}),
    labels: toKeptLabels(labels) ?? {},
    annotationNames: Object.keys(annotations).sort(),
    serviceAccount: annotations[serviceAccountAnnotation],
    owners: ownerReferences ?? [],
    writers,
  };
};

/** `f:NAME` for each key; `.` stands for the map itself. */
const toKeys = (written: Record<string, unknown> = {}): string[] =>
  Object.keys(written).flatMap((name) => (name.startsWith('f:') ? name.slice(2) : []));
