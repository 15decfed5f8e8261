/** What stands in manifests, as the evidence that a cluster's inside gives, for the same checks. */
import { type Fact, isKnown, type MissingPart, toKnown } from '../evidence/fact.ts';
import type { KubernetesEvidence } from '../evidence/kubernetes/evidence.ts';
import type { AwsAuth } from '../evidence/kubernetes/rbac.ts';
import type { Manifest } from './parse-manifests.ts';
import { type Kept, type KeptFact, type KeptOf, toKept } from './to-object.ts';
import { isMapping } from './without-values.ts';

export interface Problem {
  file: string;
  line?: number;
  what: string;
  /** Whether that is because Helm has to render it first. */
  isTemplate?: boolean;
}

/**
 * Where a manifest leaves its namespace to whoever applies it (kubectl's context, helm --namespace). No namespace of
 * Kubernetes is called so.
 */
const unsetNamespace = '';

/**
 * Gathers objects. Of two with one name in one file the later one counts, as `kubectl apply` has it; those of several
 * files, mostly variants of each other, are all kept.
 */
export const createEvidence = (collectedAt: string) => {
  const kept = new Map<string, Kept>();
  const generated = new Map<string, number>();
  let objects = 0;

  /** Takes an object and where it stands; gives what is wrong with it, if anything is. */
  const add = (
    object: Manifest,
    origin: { file: string; line: number },
  ): { what: string; isTemplate?: boolean } | undefined => {
    const metadata = isMapping(object.metadata) ? object.metadata : {};
    const name = toName(metadata, `${origin.file}#${object.kind}`, generated);
    if (name === undefined) return { what: `${object.kind}: metadata.name is missing` };
    if (name.includes('{{')) return isHelms;
    const namespace = metadata.namespace ?? unsetNamespace;
    const read = toKept({ ...object, metadata: { ...metadata, name, namespace } }, origin);
    if (read && 'mistakeAt' in read)
      return { what: `${object.kind} ${name}: ${read.mistakeAt} is not what Kubernetes takes` };
    objects += 1;
    if (!read) return undefined;
    const place = JSON.stringify([
      origin.file,
      object.apiVersion.split('/')[0],
      object.kind,
      namespace,
      name,
    ]);
    // A later one takes the place of an earlier one in the order, too.
    kept.delete(place);
    kept.set(place, read);
    return undefined;
  };

  /** Gives the evidence. What could not be read is missing of every fact: it could have been of any kind. */
  const finish = (problems: readonly Problem[]): KubernetesEvidence => {
    const missing = problems.map(
      ({ file, line, what }): MissingPart => ({
        what: `${file}${line === undefined ? '' : `, line ${line}`}: ${what}`,
        reason: 'failed',
      }),
    );
    const all = [...kept.values()];
    const pick = <Name extends KeptFact>(fact: Name): KeptOf<Name>['value'][] =>
      all.flatMap((one) => (isOf(one, fact) ? [one.value] : []));
    const evidence: KubernetesEvidence = {
      collectedAt,
      secrets: toKnown(pick('secrets'), missing),
      workloads: toKnown(pick('workloads'), missing),
      serviceAccounts: toKnown(pick('serviceAccounts'), missing),
      ingresses: toKnown(pick('ingresses'), missing),
      roles: toKnown(pick('roles'), missing),
      roleBindings: toKnown(pick('roleBindings'), missing),
      awsAuth: joinAwsAuth(pick('awsAuth'), missing),
      backupLocations: toKnown(pick('backupLocations'), missing),
    };
    // Names that were cut out of a file's text hold all of that text in memory, values included: these are copies.
    return structuredClone(evidence);
  };

  return { add, finish, count: () => objects };
};

export const isHelms = { what: 'it is a template of Helm', isTemplate: true };

/** Its name, or what its name begins with and a star: `job-*`, the second of those `job-*2`. */
const toName = (
  { name, generateName }: Record<string, unknown>,
  place: string,
  generated: Map<string, number>,
): string | undefined => {
  if (typeof name === 'string' && name !== '') return name;
  if (typeof generateName !== 'string' || generateName === '') return undefined;
  const key = `${place}/${generateName}`;
  const count = (generated.get(key) ?? 0) + 1;
  generated.set(key, count);
  return `${generateName}*${count === 1 ? '' : count}`;
};

const isOf = <Name extends KeptFact>(one: Kept, fact: Name): one is Kept & KeptOf<Name> => one.fact === fact;

const joinAwsAuth = (found: Fact<AwsAuth>[], missing: MissingPart[]): Fact<AwsAuth> => {
  const unread = found.find((fact) => !isKnown(fact));
  if (unread) return unread;
  const known = found.filter((fact) => isKnown(fact));
  return toKnown(
    {
      mapRoles: known.flatMap(({ value }) => value.mapRoles),
      mapUsers: known.flatMap(({ value }) => value.mapUsers),
      mapAccounts: known.flatMap(({ value }) => value.mapAccounts),
    },
    [...missing, ...known.flatMap((fact) => fact.missing)],
  );
};
