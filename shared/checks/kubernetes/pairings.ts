/** What workloads do with Secrets, put together for each workload and each of its Secrets: that is one finding. */
import { type ObjectReference, toObjectPath } from '../../evidence/kubernetes/object.ts';
import type { Secret } from '../../evidence/kubernetes/secret.ts';
import type { Workload } from '../../evidence/kubernetes/workload.ts';
import { type SecretIndex, toPlace, toSecretReference } from './secret-index.ts';

export interface Pairing<Use> {
  workload: Workload;
  /** Undefined where it is not in the listing. */
  secret: Secret | undefined;
  /** Not empty, in the order of the pod's containers. */
  uses: Use[];
  /** What every finding about the two says of them. */
  told: Told;
  finding: { object: ObjectReference; subject: string };
}

export interface Told {
  /** `NAMESPACE/NAME` */
  secret: string;
  /** Null where the Secret is not in the listing. */
  type: string | null;
  workload: string;
  /** How many pods run as it; null where nobody counted. */
  pods: number | null;
}

/**
 * Takes workloads, and what is asked of each with the name of the Secret; gives a pairing for each workload and Secret.
 * The finding stands where the edit is due: in a manifest, in the workload's file.
 */
export const pairUses = <Use extends { secret: string }>(
  workloads: readonly Workload[],
  secrets: SecretIndex,
  getUses: (workload: Workload) => Use[],
): Pairing<Use>[] => {
  const pairings = new Map<string, Pairing<Use>>();
  for (const workload of workloads) {
    const counted = new Set<Pairing<Use>>();
    for (const use of getUses(workload)) {
      const object = toSecretReference({ ...workload, name: use.secret });
      const id = `${toPlace(object)} ${toObjectPath(workload)}`;
      const pairing =
        pairings.get(id) ?? toPairing<Use>(workload, object, secrets.find(workload, use.secret));
      pairing.uses.push(use);
      counted.add(pairing);
      pairings.set(id, pairing);
    }
    // Two workloads of one path share their findings, and are counted together.
    for (const { told } of counted)
      if (workload.pods !== undefined) told.pods = (told.pods ?? 0) + workload.pods;
  }
  return [...pairings.values()];
};

const toPairing = <Use>(
  workload: Workload,
  object: ObjectReference,
  secret: Secret | undefined,
): Pairing<Use> => {
  const subject = toObjectPath(workload);
  return {
    workload,
    secret,
    uses: [],
    told: {
      secret: toName(object),
      type: secret?.type ?? null,
      workload: toPath(workload),
      pods: null,
    },
    finding: { object, subject },
  };
};

/** The path of an object in words: without the namespace where a manifest leaves it to whoever applies it. */
export const toPath = ({ kind, namespace, name }: ObjectReference): string =>
  toObjectPath({ kind, name, ...(namespace ? { namespace } : {}) });

/** `NAMESPACE/NAME`, or the name alone where a manifest leaves the namespace to whoever applies it. */
export const toName = ({ namespace, name }: Omit<ObjectReference, 'kind'>): string =>
  namespace ? `${namespace}/${name}` : name;
