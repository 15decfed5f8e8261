import { randomUUID } from 'node:crypto';
import { AccessAnalyzerClient } from '@aws-sdk/client-accessanalyzer';
import pMap from 'p-map';
import type { Check } from '../checks/check.ts';
import { createFindingAsker } from '../collect/access-analyzer/collect-findings.ts';
import type { Kubeconfig } from '../collect/kubernetes/kubeconfig.ts';
import { createControlPolicyReader } from '../collect/organizations/collect-control-policies.ts';
import { getNamedKeyArn, regionEvidence } from '../evidence/cluster.ts';
import { isKnown } from '../evidence/fact.ts';
import { type KeyReference, toKeyReference } from '../evidence/key-reference.ts';
import { isExcluded, type RunStart } from '../evidence/run.ts';
import type { OnAttempt } from '../runtime/attempt.ts';
import { type Access, type Aws, openAws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import { UsageError } from '../runtime/errors.ts';
import { toNearestName } from '../runtime/nearest-name.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import { collectClusters, putWantedKey } from './collect-clusters.ts';
import { collectEvents } from './collect-events.ts';
import { collectIam, type IamAccount, listIamAccounts, toIamAccount } from './collect-iam.ts';
import { type Home, openHome } from './collect-keys.ts';
import { type Connect, collectKubernetes, connectByEks } from './collect-kubernetes.ts';
import { collectReads, type ReadsToCollect, toReadsOfStart } from './collect-reads.ts';
import { collectTrailsOfHome, createOwnerReader, readsTrails } from './collect-trails.ts';
import { connectByKubeconfig, type KubeconfigChoice, openKubeconfig } from './connect-by-kubeconfig.ts';
import { type AccountsToList, listAccounts } from './list-accounts.ts';
import { openOrganizations } from './open-organizations.ts';
import { type OnProgress, toCounter } from './progress.ts';
import { type LogLocation, readLogs } from './read-logs.ts';

export interface CollectOptions
  extends Pick<AccountsToList, 'accounts' | 'clusters' | 'checks' | 'configuration' | 'settings'> {
  /** `undefined`: the Region of the environment or profile. */
  regions: RunStart['regions'] | undefined;
  roleName?: string;
  profile?: string;
  /** What is asked of CloudTrail; not given: nothing. */
  events?: EventsToCollect;
  /** Reads inside clusters, too; not given: none. */
  kubernetes?: KubernetesToCollect;
  /** Clusters without a key are to be given one: it is read as theirs; null: one that is yet to be made. */
  planned?: { key: string | null };
  /** Asks audit logs who read Secrets; not given: no. */
  reads?: ReadsToCollect;
  isGentle: boolean;
  /** Ends the scan: what was not read by then is unknown. */
  signal: AbortSignal;
  onProgress?: OnProgress;
  /** Hears of every request. */
  onAttempt?: OnAttempt;
  /** Something that a person should know of how the reading went, in a sentence. */
  onNotice?: (text: string) => void;
}

/** How far back, and from where use is read: LookupEvents, or log files in a folder or a bucket. */
export interface EventsToCollect {
  sinceHours: number;
  logs?: LogLocation;
}

/** How clusters are reached: by a kubeconfig, where one is given, and by EKS itself. */
export interface KubernetesToCollect {
  kubeconfig?: KubeconfigChoice;
  isByEks: boolean;
  isWithMetadata: boolean;
}

const accountsAtOnce = 8;
/** Reading inside a cluster takes more room than anything else of an account. */
const insidesAtOnce = 2;

/**
 * Reads everything that a run is about, each step a map over the accounts that the step before it found. Keys begin
 * to be read while clusters are still being described: that is mostly waiting for the rate EKS is asked at. What
 * nobody asks for is not read. Gives the run, whose evidence then is in the store.
 */
export const collectRun = async (
  store: Store,
  options: CollectOptions,
  asking: readonly Pick<Check, 'facts'>[],
): Promise<RunStart> => {
  const { signal, onProgress, onAttempt } = options;
  const startedAt = toNow();
  const run = `${startedAt.replace(/[:.]/g, '-')}-${randomUUID().slice(0, 8)}`;
  const kubeconfig =
    options.kubernetes?.kubeconfig && (await openKubeconfig(options.kubernetes.kubeconfig, signal));
  const namedRegion = Array.isArray(options.regions) ? options.regions[0] : undefined;
  const aws = await openAws({ ...options, region: namedRegion });
  try {
    const regions = options.regions ?? [aws.region];
    const events = options.events && toEventWindow(options.events, startedAt);
    const kubernetes = options.kubernetes && { clusters: '*', metadata: options.kubernetes.isWithMetadata };
    const reads = options.reads && toReadsOfStart(options.reads, startedAt);
    const wanted = { ...options, run, startedAt, regions, events, kubernetes, reads };
    onProgress?.({ step: 'accounts', done: 0, total: 0 });
    const start = await listAccounts(store, aws, wanted, signal);
    const concurrency = options.isGentle ? accountsAtOnce / 2 : accountsAtOnce;

    const openFindings = asking.some(({ facts }) => facts.includes('key.accessAnalyzer'))
      ? (access: Access, region: string) =>
          createFindingAsker(aws.open(AccessAnalyzerClient, access, region), signal)
      : undefined;
    const readControlPolicies = createControlPolicyReader(openOrganizations(aws), signal, start.accounts);
    const readsLastUsage = asking.some(({ facts }) => facts.includes('key.lastUsage'));
    const onKey = toCounter(onProgress, 'keys');
    const homes = new Map<string, Home>();
    const beginKey = (key: KeyReference) => {
      // Organizations answers few requests a second: what all paths share is asked while clusters are being found.
      if (homes.size === 0 && toIamAccount(key.account, ['key'], asking))
        void readControlPolicies(key.account, key.account === aws.caller.account);
      const home =
        homes.get(key.account) ??
        openHome(store, aws, start, key.account, signal, { openFindings, readsLastUsage, counter: onKey });
      homes.set(key.account, home);
      home.begin(key);
    };
    const onAccount = toCounter(onProgress, 'accounts', start.accounts.length);
    const counter = toCounter(onProgress, 'clusters');
    await pMap(
      start.accounts,
      async (account) => {
        await collectClusters(store, aws, start, account, asking, signal, beginKey, { counter });
        onAccount.done();
      },
      { concurrency },
    );

    await assertClustersMatch(store, start);
    const planning = options.planned ? await beginPlanned(store, start, options.planned.key, beginKey) : [];

    // Neither waits for the other: keys are asked at KMS, the rest at IAM and Organizations.
    const iamAccounts = toIamAccounts(await listIamAccounts(store, run, asking), planning, asking);
    const onIam = toCounter(onProgress, 'iam', iamAccounts.length);
    const askOwner = createOwnerReader(aws, signal);
    const readHomes = async () => {
      await pMap(
        homes,
        async ([account, home]) => {
          await home.finish();
          if (readsTrails(asking)) await collectTrailsOfHome(store, aws, run, account, askOwner, signal);
        },
        { concurrency },
      );
      if (options.events) await readEvents(store, aws, start, [...homes.keys()], options, options.events);
    };
    const readInsides = async () => {
      const way = toWay(aws, options, kubeconfig);
      if (!way) return;
      const onInside = { counter: toCounter(onProgress, 'kubernetes'), onAttempt };
      await pMap(
        start.accounts,
        async (account) => {
          await collectKubernetes(store, aws, start, account, way, signal, onInside);
        },
        { concurrency: insidesAtOnce },
      );
    };
    const { reads: toRead } = options;
    await Promise.all([
      readHomes(),
      readInsides(),
      toRead && collectReads(store, aws, start, toRead, options.settings, options),
      pMap(
        iamAccounts,
        async (account) => {
          await collectIam(store, aws, run, account, readControlPolicies, signal);
          onIam.done();
        },
        { concurrency },
      ),
    ]);

    await writeObject(store, toRunNames(run).end, { finishedAt: toNow(), isInterrupted: signal.aborted });
    return start;
  } finally {
    aws.close();
  }
};

/** Begins to read the key that keyless clusters are to be given; gives their accounts, which are the homes of keys to be made. */
const beginPlanned = async (
  store: Store,
  start: RunStart,
  key: string | null,
  beginKey: (key: KeyReference) => void,
): Promise<string[]> => {
  const names = toRunNames(start.id);
  const accounts = new Set<string>();
  for (const account of start.accounts)
    for await (const name of store.list(names.clustersOf(account))) {
      const region = await readObject(store, name, regionEvidence);
      for (const { arn, description } of region?.clusters ?? []) {
        if (!isKnown(description) || getNamedKeyArn(description.value) !== undefined) continue;
        accounts.add(account);
        if (key === null) continue;
        const reference = toKeyReference(key, arn);
        await putWantedKey(store, names, reference, arn);
        beginKey(reference);
      }
    }
  return [...accounts];
};

/** Those whose IAM is read, and the accounts where a key is to be made. */
const toIamAccounts = (
  wanted: IamAccount[],
  planning: string[],
  asking: readonly Pick<Check, 'facts'>[],
): IamAccount[] => [
  ...wanted,
  ...planning
    .filter((account) => !wanted.some((one) => one.account === account))
    .flatMap((account) => toIamAccount(account, ['cluster', 'key'], asking) ?? []),
];

/** The way into clusters; undefined where nobody asked for one. */
const toWay = (
  aws: Aws,
  { kubernetes, signal }: CollectOptions,
  kubeconfig: Kubeconfig | undefined,
): Connect | undefined => {
  const byEks = kubernetes?.isByEks ? connectByEks(aws) : undefined;
  return kubeconfig ? connectByKubeconfig(kubeconfig, kubernetes?.kubeconfig?.context, signal, byEks) : byEks;
};

const toEventWindow = ({ sinceHours, logs }: EventsToCollect, startedAt: string): RunStart['events'] => {
  const from = new Date(Date.parse(startedAt) - sinceHours * 3_600_000).toISOString();
  return { changesFrom: from, use: { source: logs ? 'log-files' : 'lookup-events', from } };
};

/** Log files are read once for all keys, whose events then are added to their histories home by home. */
const readEvents = async (
  store: Store,
  aws: Aws,
  start: RunStart,
  homes: string[],
  { settings, signal, isGentle, onProgress, onNotice }: CollectOptions,
  { logs }: EventsToCollect,
): Promise<void> => {
  const how = { signal, isGentle, onProgress, onNotice };
  // The files are read while the changes are looked up, which waits for CloudTrail's two requests a second.
  const readings = logs && readLogs(store, aws, start, homes, logs, how);
  // Each home hears of a failure; that none waits yet is no mistake.
  readings?.catch(() => {});
  const onHome = toCounter(onProgress, 'events', homes.length);
  await pMap(
    homes,
    async (home) => {
      await collectEvents(store, aws, start, home, settings, signal, { readings });
      onHome.done();
    },
    { concurrency: isGentle ? accountsAtOnce / 2 : accountsAtOnce },
  );
};

/** Throws UsageError where a glob was given, every listing was read that is not excluded, and no cluster is called like it. */
const assertClustersMatch = async (store: Store, start: RunStart): Promise<void> => {
  if (start.clusters === undefined) return;
  const names = toRunNames(start.id);
  const seen: string[] = [];
  for (const account of start.accounts)
    for await (const name of store.list(names.clustersOf(account))) {
      const region = await readObject(store, name, regionEvidence);
      if (!region || region.clusters.length > 0) return;
      if (isExcluded(region, start)) continue;
      // A cluster that was not listed may be called so.
      if (!isKnown(region.listing) || region.listing.missing.length > 0) return;
      seen.push(...region.listing.value);
    }
  throw toNoClusterMatches(start.clusters, seen);
};

/** Takes a glob and the names of the clusters that there are. */
export const toNoClusterMatches = (glob: string, names: readonly string[]): UsageError => {
  const nearest = toNearestName(glob, names);
  const known = nearest
    ? `Did you mean ${nearest}?`
    : `There are ${names.length}: ${names.slice(0, 10).join(', ')}`;
  return new UsageError('NO_CLUSTER_MATCHES', `no cluster is called ${JSON.stringify(glob)}`, {
    hint:
      names.length === 0
        ? 'There is no cluster in these targets; --regions all looks in every Region that is enabled.'
        : known,
  });
};
