/**
 * Secrets as the API server prints them in a table: names, types and numbers of keys, beside each its metadata, and no
 * value. https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import pMap from 'p-map';
import { z } from 'zod';
import { type Fact, isKnown } from '../../evidence/fact.ts';
import { lastAppliedAnnotation, type Secret } from '../../evidence/kubernetes/secret.ts';
import { serviceAccountAnnotation } from './annotation-filter.ts';
import {
  OddError,
  readOr,
  toList,
  toMaybeMoment,
  toMaybeText,
  toMetadata,
  toObject,
  toObjectOrNone,
  toText,
} from './fields.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { joinLists, type ListToRead, listObjects, toItemsOf } from './list-objects.ts';
import { type Metadata, maybe, named, toKeptLabels, toListPath } from './wire.ts';

const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const asMetadata = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
/** The API queues what is more; it only has to be busy all the time. */
const namespacesAtOnce = 8;

const table = z.object({
  kind: z.literal('Table'),
  /** Of the first page alone. */
  columnDefinitions: maybe(z.array(named)),
  rows: maybe(z.array(z.unknown())),
});

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
    const places = {
      name: columns.indexOf('Name'),
      type: columns.indexOf('Type'),
      data: columns.indexOf('Data'),
    };
    return rows.flatMap((row) => readOr(() => toSecret(row, places, namespace), onOdd) ?? []);
  };
};

/** Takes a row, where in it which cell stands, and the namespace that was asked for, if it was one. */
const toSecret = (
  row: unknown,
  places: { name: number; type: number; data: number },
  namespace: string | undefined,
): Secret => {
  const { cells, object } = toObject(row, 'rows');
  const printed = toList(cells, 'rows.cells');
  const dataCount = Number(printed[places.data]);
  if (!Number.isSafeInteger(dataCount)) throw new OddError('rows.cells: a number of keys is expected');
  const told = object === null || object === undefined ? undefined : toObject(object, 'rows.object').metadata;
  const metadata = told === undefined ? undefined : toMetadata(told);
  return {
    namespace: toText(metadata?.namespace ?? namespace, 'metadata.namespace'),
    name: toText(printed[places.name], 'rows.cells'),
    type: toText(printed[places.type], 'rows.cells'),
    dataCount,
    keys: dataCount === 0 ? [] : undefined,
    ...(metadata ? toWhatMetadataTells(metadata, toWriters(told), dataCount) : {}),
  };
};

type Writers = NonNullable<Secret['writers']>;

const toWhatMetadataTells = (
  { creationTimestamp, labels, annotations = {}, ownerReferences }: Metadata,
  writers: Writers,
  dataCount: number,
): Partial<Secret> => {
  const [only, ...others] = writers;
  const told =
    others.length === 0 ? (only?.keys ?? []) : [...new Set(writers.flatMap((writer) => writer.keys))];
  return {
    createdAt: creationTimestamp,
    // Where some keys are in nobody's name, the others alone would be taken for all. More than there are is a lie, or a
    // memory: whoever may write the Secret may write managedFields, too.
    keys: told.length === dataCount ? told.toSorted() : undefined,
    labels: toKeptLabels(labels) ?? {},
    annotationNames: Object.keys(annotations).sort(),
    serviceAccount: annotations[serviceAccountAnnotation],
    owners: ownerReferences ?? [],
    writers,
  };
};

/** Who wrote what: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
const toWriters = (metadata: unknown): Writers =>
  toList(toObject(metadata, 'metadata').managedFields, 'metadata.managedFields').map((entry) => {
    const where = 'metadata.managedFields';
    const { manager, operation, time, fieldsV1 } = toObject(entry, where);
    const fields = toObjectOrNone(fieldsV1, where);
    const annotations = toObjectOrNone(toObjectOrNone(fields['f:metadata'], where)['f:annotations'], where);
    return {
      manager: toMaybeText(manager, where),
      operation: toMaybeText(operation, where),
      time: toMaybeMoment(time, where),
      keys: toKeys(fields['f:data']).concat(
        // Some write one key by both.
        toKeys(fields['f:stringData']).filter(
          (key) => !(`f:${key}` in toObjectOrNone(fields['f:data'], where)),
        ),
      ),
      wroteLastApplied: `f:${lastAppliedAnnotation}` in annotations,
      // The type is its maker's. What others take over of the data leaves an empty `f:data` behind.
      createdEmpty:
        'f:type' in fields && !('f:data' in fields) && !('f:stringData' in fields) ? true : undefined,
    };
  });

/** `f:NAME` for each key; `.` stands for the map itself. */
const toKeys = (written: unknown): string[] =>
  Object.keys(toObjectOrNone(written, 'metadata.managedFields')).flatMap((name) =>
    name.startsWith('f:') ? name.slice(2) : [],
  );
