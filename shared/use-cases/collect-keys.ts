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

/** A key to read: the clusters that name it, and its metadata where following an alias already gave it. */
interface KeyToRead {
  arn: string;
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
  onKey?: () => void,
): Promise<void> => {
  const names = toRunNames(start.id);
  const wanted = await listWantedKeys(store, names.wantedOf(home), start.partition, home);
  const access = await enterHome(aws, home, wanted);
  if ('unknown' in access) return putUnread(store, names, home, wanted, access);
  const readers = new Map<string, KeyReader>();
  const lacking: KeyReader['lacking'] = new Map();
  const getReader = (region: string): KeyReader => {
    const known = readers.get(region);
    if (known) return known;
    const reader = {
      client: aws.kms(access, region),
      isHome: access.account === home,
      lacking,
      abortSignal: signal,
    };
    readers.set(region, reader);
    return reader;
  };
  const getRegion = (arn: string) => parseArn(arn)?.region ?? '';

  const keys = new Map<string, KeyToRead>();
  const addKey = (arn: string, clusters: Iterable<string>, metadata?: Fact<KeyMetadata>) => {
    const key = keys.get(arn) ?? { arn, clusters: new Set() };
    for (const cluster of clusters) key.clusters.add(cluster);
    keys.set(arn, { ...key, metadata: metadata ?? key.metadata });
  };
  for (const key of wanted.filter((candidate) => !isAlias(candidate))) addKey(key.arn, key.clusters);
  await pMap(
    wanted.filter(isAlias),
    async (alias) => {
      const metadata = await collectKeyMetadata(getReader(alias.region), alias.arn);
      const keyArn = isKnown(metadata) ? toKnown(metadata.value.Arn) : metadata;
      await writeObject(store, names.key(home, alias.region, alias.name), { keyArn } satisfies NamedKey);
      if (isKnown(metadata)) addKey(metadata.value.Arn, alias.clusters, metadata);
    },
    { concurrency: keysAtOnce },
  );

  const readKey = async ({ arn, clusters, metadata }: KeyToRead): Promise<void> => {
    const reader = getReader(getRegion(arn));
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
    onKey?.();
    if (isKnown(known))
      for (const member of getFamilyArns(known.value)) if (!keys.has(member)) addKey(member, []);
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

/** The way to a key: through its home, or, where that can't be entered, from the account of a cluster that uses it. */
const enterHome = async (aws: Aws, home: string, wanted: WantedKey[]): Promise<Access | Unknown> => {
  try {
    return await aws.getAccess(home);
  } catch (error) {
    const cluster = wanted[0]?.clusters[0];
    const account = cluster && parseArn(cluster)?.account;
    if (!account || account === home) return toUnknownFact(error);
    return aws.getAccess(account).catch(toUnknownFact);
  }
};

/** Nobody could be asked about these keys: each says why. */
const putUnread = async (
  store: Store,
  names: RunNames,
  home: string,
  wanted: WantedKey[],
  why: Unknown,
): Promise<void> => {
  for (const { arn, region, name, clusters } of wanted) {
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
  }
};
