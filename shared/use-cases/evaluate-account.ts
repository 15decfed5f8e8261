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
import { organizationEvidence } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import type { Finding } from '../findings/finding.ts';
import { toFindings } from '../findings/to-findings.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';

const notCollected: Unknown = toUnknown('failed', 'the key was not read before the run ended');

/** Judges the clusters of one account, one at a time with the keys it names. Puts `findings/ACCOUNT`. */
export const evaluateAccount = async (
  store: Store,
  run: string,
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
  await writeObject(store, names.findings(account), findings);
};

type ReadKey = (reference: KeyReference) => Promise<KeyEvidence | Unknown>;

/** Reads keys from the store, an alias by way of what it stands for; each once, however many clusters share it. */
const toKeyReader = (store: Store, run: string): ReadKey => {
  const names = toRunNames(run);
  const read = new Map<string, Promise<KeyEvidence | Unknown>>();
  const readKey = async (reference: KeyReference): Promise<KeyEvidence | Unknown> => {
    const name = names.key(reference.account, reference.region, reference.name);
    if (!isAlias(reference)) return (await readObject(store, name, keyEvidence)) ?? notCollected;
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
  key: KeyEvidence | Unknown;
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
  key: KeyEvidence | Unknown,
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
