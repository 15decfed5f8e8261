import { z } from 'zod';
import type { ApiServer } from './api-server.ts';

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string(),
  uid: z.string(),
  ownerReferences: z.array(z.object({ kind: z.string(), name: z.string(), uid: z.string() })).default([]),
  managedFields: z
    .array(
      z.object({
        manager: z.string(),
        operation: z.string(),
        time: z.string(),
        fieldsV1: z.looseObject({ 'f:data': z.record(z.string(), z.unknown()).optional() }),
      }),
    )
    .default([]),
});

const list = z.object({
  items: z.array(
    z.looseObject({
      metadata,
      /** Of Secrets, where they are asked for whole. */
      type: z.string().default(''),
      data: z.record(z.string(), z.string()).default({}),
    }),
  ),
});
type Item = z.infer<typeof list>['items'][number];

/** Everything at a path that lists namespaced objects, whole or as metadata alone. */
export const readList = async ({ admin }: ApiServer, path: string, as?: 'metadata'): Promise<Item[]> => {
  const accept = as ? 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' : 'application/json';
  return list.parse(await admin.send('GET', path, { headers: { accept } })).items;
};

export const toName = ({ namespace, name }: { namespace: string; name: string }): string =>
  `${namespace}/${name}`;
