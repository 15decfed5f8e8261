/** What a run's objects say of one cluster, its key and the key's family, as checks and `who` judge it. */
import { toKeyChanges, toKeyUse } from '../activity/history.ts';
import { toStop } from '../activity/trail-coverage.ts';
import type { FactName, FamilyMember, Subject } from '../checks/check.ts';
import { type ClusterEvidence, getNamedKeyArn, type RegionEvidence } from '../evidence/cluster.ts';
import { isKnown, toUnknown, type Unknown } from '../evidence/fact.ts';
import { type IamEvidence, iamEvidence } from '../evidence/iam.ts';
import { getFamilyArns, type KeyEvidence, keyEvidence, namedKey } from '../evidence/key.ts';
import { isAlias, type KeyReference, toKeyReference } from '../evidence/key-reference.ts';
import { type KubernetesEvidence, kubernetesEvidence } from '../evidence/kubernetes/evidence.ts';
import { organizationEvidence } from '../evidence/run.ts';
import { type TrailEvidence, trailEvidence } from '../evidence/trail.ts';
import { toClusterHistoryName, toHistoryName, toNameParts, toRunNames } from '../store/names.ts';
import { readObject, type Store } from '../store/store.ts';
import { readHistory } from './read-history.ts';
import { readSecretReads } from './read-secret-reads.ts';

const notCollected: Unknown = toUnknown('failed', 'the key was not read before the run ended');

/** The cluster with the key that it names, then with each other member of that key's family. */
export type SubjectsOfCluster = [named: Subject, ...relatives: Subject[]];

/**
 * Gives a way to read a cluster's subjects from the store. Keys and the IAM of accounts are read once, however many
 * clusters share them.
 */
export const createSubjectReader = async (store: Store, run: string) => {
  const { organization: name } = toRunNames(run);
  const organization = (await readObject(store, name, organizationEvidence))?.organization;
  const readKey = toKeyReader(store, run);
  const readIam = toIamReader(store, run);
  return async (
    region: RegionEvidence,
    { name, arn, description, accessEntries, podIdentityAssociations, backups }: ClusterEvidence,
    /** The key that a cluster without one is to be given; null: one of its account that is yet to be made. */
    planned?: string | null,
  ): Promise<SubjectsOfCluster> => {
    const iam = await readIam(region.account);
    const reads = await readSecretReads(store, toClusterHistoryName(region.account, region.region, name));
    const within = await readObject(
      store,
      toRunNames(run).kubernetes(region.account, region.region, name),
      kubernetesEvidence,
    );
    const base: Subject = {
      cluster: { arn, name, account: region.account, region: region.region },
      facts: {
        cluster: description,
        'cluster.accessEntries': accessEntries,
        'cluster.podIdentityAssociations': podIdentityAssociations,
        'cluster.backups': backups,
        organization,
        'iam.cluster': iam?.inventory,
        'serviceControl.cluster': iam?.serviceControl,
        ...(within ? toKubernetesFacts(within) : {}),
        ...(reads ? { 'secret.reads': reads } : {}),
      },
      collectedAt: region.collectedAt,
    };
    const keyArn = (isKnown(description) ? getNamedKeyArn(description.value) : undefined) ?? planned;
    const family = keyArn ? await readFamily(toKeyReference(keyArn, arn), readKey) : [];
    const [home] = family;
    const homeAccount = home?.reference.account ?? (planned === null ? region.account : undefined);
    const facts = {
      ...base.facts,
      ...(homeAccount === undefined ? {} : toHomeFacts(await readIam(homeAccount))),
    };
    const shared = toFamilyMembers(family);
    const [named = { ...base, facts }, ...relatives] = family.map(({ reference, key }, index) =>
      // An alias that stands for no known key names none that could be judged, lost or usable.
      'unknown' in key && isAlias(reference)
        ? { ...base, facts: { ...base.facts, 'key.metadata': toUnfound(key) } }
        : { ...base, ...toKeySubject(reference, key, index === 0, facts, shared) },
    );
    return [named, ...relatives];
  };
};

const insideNames = kubernetesEvidence.omit({ collectedAt: true }).keyof().options;

/** What stands inside a cluster, or in manifests, as checks read it. */
export const toKubernetesFacts = (inside: KubernetesEvidence): Subject['facts'] =>
  Object.fromEntries(insideNames.map((name) => [`kubernetes.${name}` satisfies FactName, inside[name]]));

/** A key, this run's clusters that name it, sorted, and what happened to it, as far as that was asked for. */
type KeyOfRun = KeyEvidence & { clusters: string[]; events: Subject['facts'] };
type ReadKey = (reference: KeyReference) => Promise<KeyOfRun | Unknown>;

/** Reads keys from the store, an alias by way of what it stands for; each once, however many clusters share it. */
const toKeyReader = (store: Store, run: string): ReadKey => {
  const names = toRunNames(run);
  const read = new Map<string, Promise<KeyOfRun | Unknown>>();
  const clustersOfHomes = new Map<string, Promise<Map<string, string[]>>>();
  const readClusters = async ({ account, region, name }: KeyReference): Promise<string[]> => {
    const known = clustersOfHomes.get(account) ?? readWanted(store, names.wantedOf(account));
    clustersOfHomes.set(account, known);
    return (await known).get(`${region}/${name}`) ?? [];
  };
  const trailsOfPlaces = new Map<string, Promise<TrailEvidence | undefined>>();
  const readEvents = async (reference: KeyReference): Promise<Subject['facts']> => {
    const place = names.trails(reference.account, reference.region);
    const known = trailsOfPlaces.get(place) ?? readObject(store, place, trailEvidence);
    trailsOfPlaces.set(place, known);
    const history = await readHistory(store, toHistoryName(reference));
    const shown = (await known)?.trails;
    const trails = { 'key.trails': shown };
    const stop = shown && isKnown(shown) ? toStop(shown.value, reference.region) : undefined;
    if (!history) return trails;
    if ('unknown' in history) return { ...trails, 'key.use': history, 'key.changes': history };
    return { ...trails, 'key.use': toKeyUse(history, stop), 'key.changes': toKeyChanges(history) };
  };
  const readKey = async (reference: KeyReference): Promise<KeyOfRun | Unknown> => {
    const name = names.key(reference.account, reference.region, reference.name);
    if (!isAlias(reference)) {
      const key = await readObject(store, name, keyEvidence);
      if (!key) return notCollected;
      const [clusters, events] = await Promise.all([readClusters(reference), readEvents(reference)]);
      return { ...key, clusters, events };
    }
    const alias = await readObject(store, name, namedKey);
    if (!alias) return notCollected;
    const { keyArn } = alias;
    return isKnown(keyArn) ? readKey(toKeyReference(keyArn.value, keyArn.value)) : keyArn;
  };
  return (reference) => {
    const known = read.get(reference.arn) ?? readKey(reference);
    read.set(reference.arn, known);
    return known;
  };
};

type ReadIam = (account: string) => Promise<IamEvidence | undefined>;

/** Reads the IAM of accounts from the store, each once: a central key account's serves every cluster here. */
const toIamReader = (store: Store, run: string): ReadIam => {
  const names = toRunNames(run);
  const read = new Map<string, Promise<IamEvidence | undefined>>();
  return (account) => {
    const known = read.get(account) ?? readObject(store, names.iam(account), iamEvidence);
    read.set(account, known);
    return known;
  };
};

/** The ARNs of the clusters that want each key (by `REGION/NAME`) of a home. */
const readWanted = async (store: Store, prefix: string): Promise<Map<string, string[]>> => {
  const clusters = new Map<string, string[]>();
  for await (const name of store.list(prefix)) {
    const [region = '', key = '', cluster = ''] = toNameParts(name, prefix);
    const known = clusters.get(`${region}/${key}`);
    if (known) known.push(cluster);
    else clusters.set(`${region}/${key}`, [cluster]);
  }
  return clusters;
};

/** A missing alias does not say that its key is missing, too. */
const toUnfound = ({ unknown, detail }: Unknown): Unknown =>
  toUnknown(
    unknown === 'not-found' ? 'failed' : unknown,
    `the alias could not be followed to a key: ${detail}`,
  );

interface Member {
  reference: KeyReference;
  key: KeyOfRun | Unknown;
}

/** The key that a cluster names, first, and the other members of its family. */
const readFamily = async (reference: KeyReference, readKey: ReadKey): Promise<Member[]> => {
  const key = await readKey(reference);
  if ('unknown' in key || !isKnown(key.metadata)) return [{ reference, key }];
  const relatives = getFamilyArns(key.metadata.value).filter((member) => member !== key.arn);
  const members = relatives.map((member) => toKeyReference(member, member));
  const read = await Promise.all(
    members.map(async (member) => ({ reference: member, key: await readKey(member) })),
  );
  return [{ reference: toKeyReference(key.arn, key.arn), key }, ...read];
};

/** What the account that a key lives in says: all of a family's members live in one. */
const toHomeFacts = (iam: IamEvidence | undefined): Subject['facts'] => ({
  'iam.key': iam?.inventory,
  'serviceControl.key': iam?.serviceControl,
  'resourceControl.key': iam?.resourceControl,
});

const toFamilyMembers = (family: Member[]): FamilyMember[] | undefined =>
  family.length > 1
    ? family.map(({ reference: { arn }, key }) =>
        'unknown' in key
          ? { arn, clusters: [], grants: key }
          : { arn, clusters: key.clusters, grants: key.grants },
      )
    : undefined;

const keyFactNames = keyEvidence
  .omit({ arn: true, account: true, region: true, collectedAt: true })
  .keyof().options;

const toKeySubject = (
  { arn, account, region }: KeyReference,
  key: KeyOfRun | Unknown,
  isNamedByCluster: boolean,
  facts: Subject['facts'],
  family: FamilyMember[] | undefined,
): Pick<Subject, 'key' | 'facts'> => {
  const clusters = 'unknown' in key ? [] : key.clusters;
  const keyFacts = Object.fromEntries(
    keyFactNames.map((name) => [`key.${name}` satisfies FactName, 'unknown' in key ? key : key[name]]),
  );
  return {
    key: { arn, account, region, isNamedByCluster, clusters, ...(family ? { family } : {}) },
    facts: { ...facts, ...keyFacts, ...('unknown' in key ? {} : key.events) },
  };
};
