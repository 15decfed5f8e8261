import { KMSClient } from '@aws-sdk/client-kms';
import PQueue from 'p-queue';
import type { AskFindings } from '../collect/access-analyzer/collect-findings.ts';
import { toUnknownFact } from '../collect/collect-fact.ts';
import { collectKeyFacts, collectKeyMetadata, type KeyReader } from '../collect/kms/collect-key.ts';
import { collectLastUsage } from '../collect/kms/collect-last-usage.ts';
import type { AnalyzerAnswer } from '../evidence/access-analyzer.ts';
import { parseArn } from '../evidence/arn.ts';
import { type Fact, isKnown, toKnown, toUnknown, type Unknown } from '../evidence/fact.ts';
import {
  getFamilyArns,
  type KeyEvidence,
  type KeyMetadata,
  keyEvidence,
  type NamedKey,
} from '../evidence/key.ts';
import { isAlias, type KeyReference, toKeyReference } from '../evidence/key-reference.ts';
import type { RunStart } from '../evidence/run.ts';
import type { Access, Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import { type RunNames, toNameParts, toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import type { Counter } from './progress.ts';

const keysAtOnce = 10;
/** As long as clusters are still being found: what waits for EKS goes first. */
const keysAtOnceMeanwhile = 1;

/** The account that keys live in. Puts `keys/…` for each that is read, and for an alias what it stands for. */
export interface Home {
  /**
   * Begins to read a key that a cluster names, if the home can be entered: finding clusters is mostly waiting for
   * EKS. Where it can't be, `finish` finds a way once all clusters are known.
   */
  begin: (key: KeyReference) => void;
  /**
   * Reads what else the run's clusters want of this home; gives control back once everything is read. Gives false
   * where it grew late before that: what lies in the store then is not read again by the next call.
   */
  finish: () => Promise<boolean>;
}

type OpenFindings = (access: Access, region: string) => AskFindings;

interface HomeOptions {
  /** How to ask Access Analyzer about the keys of a Region; not given: it is not asked. */
  openFindings?: OpenFindings;
  /** Whether KMS is asked when a key was last used: five requests a second are its quota. */
  readsLastUsage?: boolean;
  /** Whether time is running out: what is not begun by then is left for another call. */
  isLate?: () => boolean;
  counter?: Counter;
}

/**
 * Takes the account of keys; gives a way to read those that this run's clusters name, each once, with every member of
 * a multi-Region family in its own Region. What can't be read is a fact of its own; nothing is thrown for it.
 * `asksAnalyzers` also reads what IAM Access Analyzer says of each.
 */
export const openHome = (
  store: Store,
  aws: Aws,
  start: RunStart,
  home: string,
  signal: AbortSignal,
  { openFindings, readsLastUsage = false, isLate = () => false, counter }: HomeOptions = {},
): Home => {
  const names = toRunNames(start.id);
  const queue = new PQueue({ concurrency: keysAtOnceMeanwhile });
  const failures: unknown[] = [];
  const begun = new Set<string>();
  let isDone = true;
  const beginOnce = (arn: string, read: () => Promise<void>): void => {
    if (begun.has(arn)) return;
    begun.add(arn);
    counter?.found(1);
    const readInTime = async () => {
      if (isLate()) isDone = false;
      else await read();
      counter?.done();
    };
    queue.add(readInTime).catch((error) => failures.push(error));
  };

  const beginKey = (arn: string, access: Access, found?: Fact<KeyMetadata>): void =>
    beginOnce(arn, async () => {
      const { region, name } = toKeyReference(arn, arn);
      const stored = await readObject(store, names.key(home, region, name), keyEvidence);
      const reader = toReader(access, region);
      const metadata = stored?.metadata ?? found ?? (await collectKeyMetadata(reader, arn));
      if (!stored) {
        const [facts, analyzed, lastUsage] = await Promise.all([
          collectKeyFacts(reader, arn, metadata),
          openFindings ? askAnalyzer(openFindings, access, region, arn) : undefined,
          readsLastUsage ? collectLastUsage(reader, arn) : undefined,
        ]);
        const place = { arn, account: home, region, collectedAt: toNow() };
        const more = {
          ...(analyzed ? { accessAnalyzer: analyzed } : {}),
          ...(lastUsage ? { lastUsage } : {}),
        };
        const evidence: KeyEvidence = { ...place, metadata, ...facts, ...more };
        await writeObject(store, names.key(home, region, name), evidence);
      }
      // Reading a multi-Region key names the rest of its family, which then is read too.
      if (isKnown(metadata)) for (const member of getFamilyArns(metadata.value)) beginKey(member, access);
    });
  const analyzers = new Map<string, AskFindings>();
  const askAnalyzer = async (
    open: OpenFindings,
    access: Access,
    region: string,
    arn: string,
  ): Promise<Fact<AnalyzerAnswer>> => {
    if (access.account !== home)
      return toUnknown(
        'access-denied',
        `the analyzers of ${home} are asked there, and it could not be entered`,
      );
    const ask = analyzers.get(region) ?? open(access, region);
    analyzers.set(region, ask);
    return ask(arn);
  };
  const keyOfAlias = new Map<string, KeyReference>();
  const beginAlias = (alias: KeyReference, access: Access): void =>
    beginOnce(alias.arn, async () => {
      const metadata = await collectKeyMetadata(toReader(access, alias.region), alias.arn);
      const keyArn = isKnown(metadata) ? toKnown(metadata.value.Arn) : metadata;
      await writeObject(store, names.key(home, alias.region, alias.name), { keyArn } satisfies NamedKey);
      if (!isKnown(metadata)) return;
      keyOfAlias.set(alias.arn, toKeyReference(metadata.value.Arn, metadata.value.Arn));
      beginKey(metadata.value.Arn, access, metadata);
    });
  const readers = new Map<string, KeyReader>();
  const lacking: KeyReader['lacking'] = new Map();
  const toReader = (access: Access, region: string): KeyReader => {
    const name = `${access.account}/${region}`;
    const known = readers.get(name);
    if (known) return known;
    const reader = {
      client: aws.open(KMSClient, access, region),
      isHome: access.account === home,
      lacking,
      abortSignal: signal,
    };
    readers.set(name, reader);
    return reader;
  };

  const beginNamed = (key: KeyReference, access: Access): void =>
    isAlias(key) ? beginAlias(key, access) : beginKey(key.arn, access);
  const access = aws.getAccess(home).catch(toUnknownFact);

  return {
    begin: (key) => {
      queue.add(async () => {
        const way = await access;
        if (!('unknown' in way)) beginNamed(key, way);
      });
    },
    finish: async () => {
      queue.concurrency = keysAtOnce;
      const own = await access;
      const wanted = await listWantedKeys(store, names.wantedOf(home), start.partition, home);
      const ways = await Promise.all(
        wanted.map(async (key) => ('unknown' in own ? await enterByCluster(aws, home, key, own) : own)),
      );
      for (const [index, key] of wanted.entries()) {
        const way = ways[index] ?? own;
        if ('unknown' in way) await putUnread(store, names, home, key, way);
        else beginNamed(key, way);
      }
      await queue.onIdle();
      if (failures.length > 0) throw failures[0];
      if (!isDone) return false;
      // A cluster that names an alias wants the key behind it.
      for (const { arn, clusters } of wanted) {
        const key = keyOfAlias.get(arn);
        if (!key) continue;
        for (const cluster of clusters)
          await writeObject(store, names.wanted(home, key.region, key.name, cluster), {});
      }
      return true;
    },
  };
};

interface WantedKey extends KeyReference {
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
    const known = wanted.get(arn) ?? { account: home, region, name: key, arn, clusters: [] };
    known.clusters.push(cluster);
    wanted.set(arn, known);
  }
  return [...wanted.values()];
};

/**
 * The way to a key whose home can't be entered: from the account of a cluster that uses it. A key policy may let one
 * account in and not another, so each key is asked for from its own cluster's account, the first by ARN every night.
 */
const enterByCluster = async (
  aws: Aws,
  home: string,
  key: WantedKey,
  refused: Unknown,
): Promise<Access | Unknown> => {
  const account = parseArn(key.clusters[0] ?? '')?.account;
  return account && account !== home ? aws.getAccess(account).catch(toUnknownFact) : refused;
};

/** Nobody could be asked about this key: it says why. */
const putUnread = async (
  store: Store,
  names: RunNames,
  home: string,
  { arn, region, name }: WantedKey,
  why: Unknown,
): Promise<void> => {
  const facts = { metadata: why, policy: why, grants: why };
  const evidence = { arn, account: home, region, collectedAt: toNow(), ...facts } satisfies KeyEvidence;
  await writeObject(store, names.key(home, region, name), isAlias({ name }) ? { keyArn: why } : evidence);
};
