/** What every Kubernetes object has in common here: its name, and in manifests the place it stands at. */
import { z } from 'zod';

/** The file and line of a manifest: `keyward lint` alone knows one. */
export const origin = z.object({ file: z.string(), line: z.int() });

/** The metadata of a namespaced object, narrowed. */
export const namespaced = { namespace: z.string(), name: z.string(), origin: origin.optional() };

/** One of the object's owners: https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/ */
export const ownerReference = z.object({
  apiVersion: z.string().optional(),
  kind: z.string(),
  name: z.string(),
  controller: z.boolean().optional(),
});
export type OwnerReference = z.infer<typeof ownerReference>;

/** An object as a finding names it. `kind` as Kubernetes spells it. */
export interface ObjectReference {
  kind: string;
  /** Absent for an object of the whole cluster. */
  namespace?: string;
  name: string;
  origin?: z.infer<typeof origin>;
}

/** `secret/NAMESPACE/NAME`, or `clusterrole/NAME`: how findings tell objects and workloads apart. */
export const toObjectPath = ({ kind, namespace, name }: ObjectReference): string =>
  [kind.toLowerCase(), ...(namespace === undefined ? [] : [namespace]), name].join('/');
