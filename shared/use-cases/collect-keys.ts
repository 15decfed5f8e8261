import pMap from 'p-map';
import { toUnknownFact } from '../collect/collect-fact.ts';
import { collectKeyFacts, collectKeyMetadata, type KeyReader } from '../collect/kms/collect-key.ts';
import { parseArn } from '../evidence/arn.ts';
import { type Fact, isKnown, toKnown, type Unknown } from '../evidence/fact.ts';
import { getFamilyArns, type KeyEvidence, type KeyMetadata, type NamedKey } from '../evidence/key.ts';
import { isAlias, toKeyReference } from '../evidence/key-reference.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Access, Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import { type RunNames, toNameParts, toRunNames } from '../store/names.ts';
import { type Store, writeObject } from '../store/store.ts';

const keysAtOnce = 10;

/** A key to read: by what way, the clusters that name it, and its metadata where following an alias already gave it. */
interface KeyToRead {
  arn: string;
  access: Access;
  clusters: Set<string>;
  metadata?: Fact<KeyMetadata>;
}

/**
 * Reads the keys that live in one account and that this run's clusters name, each once, with every member of a
 * multi-Region family in its own Region. Puts `keys/…`, and for an alias what it stands for.
 */
export const collectKeys = async (
  store: Store,
  aws: Aws,
  start: RunStart,
  home: string,
  signal: AbortSignal,
): Promise<void> => {
  const names = toRunNames(start.id);
  const wanted = await listWantedKeys(store, names.wantedOf(home), start.partition, home);
  const ways = await enterHome(aws, home, wanted);
  const readers = new Map<string, KeyReader>();
  const lacking: KeyReader['lacking'] = new Map();
  const getReader = (access: Access, region: string): KeyReader => {
    const name = `${access.account}/${region}`;
    const known = readers.get(name);
    if (known) return known;
    const reader = {
      client: aws.kms(access, region),
      isHome: access.account === home,
      lacking,
      abortSignal: signal,
    };
    readers.set(name, reader);
    return reader;
  };
  const getRegion = (arn: string) => parseArn(arn)?.region ?? '';

  const keys = new Map<string, KeyToRead>();
  const addKey = (arn: string, access: Access, clusters: Iterable<string>, metadata?: Fact<KeyMetadata>) => {
    const key = keys.get(arn) ?? { arn, access, clusters: new Set() };
    for (const cluster of clusters) key.clusters.add(cluster);
    keys.set(arn, { ...key, metadata: metadata ?? key.metadata });
  };
  for (const { key, access } of ways) {
    if ('unknown' in access) await putUnread(store, names, home, key, access);
    else if (!isAlias(key)) addKey(key.arn, access, key.clusters);
  }
  await pMap(
    ways,
    async ({ key: alias, access }) => {
      if (!isAlias(alias) || 'unknown' in access) return;
      const metadata = await collectKeyMetadata(getReader(access, alias.region), alias.arn);
      const keyArn = isKnown(metadata) ? toKnown(metadata.value.Arn) : metadata;
      await writeObject(store, names.key(home, alias.region, alias.name), { keyArn } satisfies NamedKey);
      if (isKnown(metadata)) addKey(metadata.value.Arn, access, alias.clusters, metadata);
    },
    { concurrency: keysAtOnce },
  );

  const readKey = async ({ arn, access, clusters, metadata }: KeyToRead): Promise<void> => {
    const reader = getReader(access, getRegion(arn));
    const known = metadata ?? (await collectKeyMetadata(reader, arn));
    const facts = await collectKeyFacts(reader, arn, known);
    const reference = toKeyReference(arn, arn);
    const evidence: KeyEvidence = {
      arn,
      account: home,
      region: reference.region,
      collectedAt: toNow(),
      clusters: [...clusters].sort(),
      metadata: known,
      ...facts,
    };
    await writeObject(store, names.key(home, reference.region, reference.name), evidence);
    if (isKnown(known))
      for (const member of getFamilyArns(known.value)) if (!keys.has(member)) addKey(member, access, []);
  };
  // Reading a multi-Region key names the rest of its family, which then is read too.
  for (let unread = [...keys.values()], read = new Set<string>(); unread.length > 0; ) {
    await pMap(unread, readKey, { concurrency: keysAtOnce });
    for (const key of unread) read.add(key.arn);
    unread = [...keys.values()].filter((key) => !read.has(key.arn));
  }
};

interface WantedKey {
  arn: string;
  region: string;
  name: string;
  clusters: string[];
}

const listWantedKeys = async (
  store: Store,
  prefix: string,
  partition: string,
  home: string,
): Promise<WantedKey[]> => {
  const wanted = new Map<string, WantedKey>();
  for await (const name of store.list(prefix)) {
    const [region = '', key = '', cluster = ''] = toNameParts(name, prefix);
    const resource = key.startsWith('alias/') ? key : `key/${key}`;
    const arn = `arn:${partition}:kms:${region}:${home}:${resource}`;
    const known = wanted.get(arn) ?? { arn, region, name: key, clusters: [] };
    known.clusters.push(cluster);
    wanted.set(arn, known);
  }
  return [...wanted.values()];
};

interface Way {
  key: WantedKey;
  access: Access | Unknown;
}

/**
 * The way to each key: through its home, or, where that can't be entered, from the account of a cluster that uses
 * it. A key policy may let one account in and not another, so each key is asked for from its own cluster's account.
 */
const enterHome = async (aws: Aws, home: string, wanted: WantedKey[]): Promise<Way[]> => {
  const access = await aws.getAccess(home).catch(toUnknownFact);
  return Promise.all(
    wanted.map(async (key) => {
      const account = parseArn(key.clusters[0] ?? '')?.account;
      if (!('unknown' in access) || !account || account === home) return { key, access };
      return { key, access: await aws.getAccess(account).catch(toUnknownFact) };
    }),
  );
};

/** Nobody could be asked about this key: it says why. */
const putUnread = async (
  store: Store,
  names: RunNames,
  home: string,
  { arn, region, name, clusters }: WantedKey,
  why: Unknown,
): Promise<void> => {
  const facts = { metadata: why, policy: why, grants: why };
  const evidence = {
    arn,
    account: home,
    region,
    collectedAt: toNow(),
    clusters,
    ...facts,
  } satisfies KeyEvidence;
  await writeObject(store, names.key(home, region, name), isAlias({ name }) ? { keyArn: why } : evidence);
};
