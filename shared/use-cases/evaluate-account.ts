import type { Check, FactName, FamilyMember, Subject } from '../checks/check.ts';
import {
  type ClusterEvidence,
  getNamedKeyArn,
  type RegionEvidence,
  regionEvidence,
} from '../evidence/cluster.ts';
import { type Fact, isKnown, toUnknown, type Unknown } from '../evidence/fact.ts';
import { type IamEvidence, iamEvidence } from '../evidence/iam.ts';
import { getFamilyArns, type KeyEvidence, keyEvidence, namedKey } from '../evidence/key.ts';
import { isAlias, type KeyReference, toKeyReference } from '../evidence/key-reference.ts';
import type { Organization } from '../evidence/organization.ts';
import { organizationEvidence, type RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import { type Counts, toCounts } from '../findings/counts.ts';
import { applyExceptions } from '../findings/exceptions.ts';
import type { Finding } from '../findings/finding.ts';
import { toFindings } from '../findings/to-findings.ts';
import { toNameParts, toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';

const notCollected: Unknown = toUnknown('failed', 'the key was not read before the run ended');

/**
 * Judges the clusters of one account, one at a time with the keys it names. Puts `findings/ACCOUNT`, in the order they
 * are told in (Region, cluster, check, resource, subject) and with the exceptions that cover them, and `counts/ACCOUNT`.
 */
export const evaluateAccount = async (
  store: Store,
  { id: run, startedAt }: Pick<RunStart, 'id' | 'startedAt'>,
  account: string,
  checks: readonly Check[],
  settings: Settings,
): Promise<void> => {
  const names = toRunNames(run);
  const organization = (await readObject(store, names.organization, organizationEvidence))?.organization;
  const readKey = toKeyReader(store, run);
  const readIam = toIamReader(store, run);
  const findings: Finding[] = [];
  for await (const name of store.list(names.clustersOf(account))) {
    const region = await readObject(store, name, regionEvidence);
    if (!region) continue;
    for (const cluster of region.clusters)
      findings.push(
        ...(await judgeCluster(region, cluster, organization, { readKey, readIam }, checks, settings)),
      );
  }
  const today = startedAt.slice(0, 10);
  const told = applyExceptions(findings, settings.exceptions, today).sort(byPlace(checks));
  await writeObject(store, names.findings(account), told);
  await writeObject(store, names.counts(account), toCounts(told, settings.exceptions) satisfies Counts);
};

const byPlace = (checks: readonly Check[]) => {
  const rank = new Map(checks.map(({ id }, index) => [id, index]));
  const getRank = ({ check }: Finding) => rank.get(check) ?? checks.length;
  const toPlace = ({ region, cluster }: Finding) => `${region}/${cluster}`;
  return (a: Finding, b: Finding): number =>
    compare(toPlace(a), toPlace(b)) ||
    getRank(a) - getRank(b) ||
    compare(a.resource, b.resource) ||
    compare(a.subject ?? '', b.subject ?? '');
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A key, and this run's clusters that name it, sorted. */
type KeyOfRun = KeyEvidence & { clusters: string[] };
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
  const readKey = async (reference: KeyReference): Promise<KeyOfRun | Unknown> => {
    const name = names.key(reference.account, reference.region, reference.name);
    if (!isAlias(reference)) {
      const key = await readObject(store, name, keyEvidence);
      return key ? { ...key, clusters: await readClusters(reference) } : notCollected;
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

const judgeCluster = async (
  region: RegionEvidence,
  { name, arn, description }: ClusterEvidence,
  organization: Fact<Organization> | undefined,
  { readKey, readIam }: { readKey: ReadKey; readIam: ReadIam },
  checks: readonly Check[],
  settings: Settings,
): Promise<Finding[]> => {
  const iam = await readIam(region.account);
  const base: Subject = {
    cluster: { arn, name, account: region.account, region: region.region },
    facts: {
      cluster: description,
      organization,
      'iam.cluster': iam?.inventory,
      'serviceControl.cluster': iam?.serviceControl,
    },
    collectedAt: region.collectedAt,
  };
  const keyArn = isKnown(description) ? getNamedKeyArn(description.value) : undefined;
  const family = keyArn ? await readFamily(toKeyReference(keyArn, arn), readKey) : [];
  const [home] = family;
  const facts = { ...base.facts, ...(home ? toHomeFacts(await readIam(home.reference.account)) : {}) };
  const shared = toFamilyMembers(family);
  const [named = base, ...relatives] = family.map(({ reference, key }, index) =>
    // An alias that stands for no known key names none that could be judged, lost or usable.
    'unknown' in key && isAlias(reference)
      ? { ...base, facts: { ...base.facts, 'key.metadata': toUnfound(key) } }
      : { ...base, ...toKeySubject(reference, key, index === 0, facts, shared) },
  );
  return checks.flatMap((check) => {
    const subjects = check.scope === 'family' ? [named, ...relatives] : [named];
    return subjects.flatMap((subject) => toFindings(check, subject, settings));
  });
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

const keyFactNames = ['metadata', 'policy', 'grants', 'rotation', 'rotations', 'aliases'] as const;

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
    facts: { ...facts, ...keyFacts },
  };
};
