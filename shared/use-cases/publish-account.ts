/** What the service adds to a scan of an account: its findings go to Security Hub, in their own account and Region. */
import pMap from 'p-map';
import { z } from 'zod';
import type { Check } from '../checks/check.ts';
import { type RegionEvidence, regionEvidence } from '../evidence/cluster.ts';
import { isKnown } from '../evidence/fact.ts';
import { everyRegion, type RunStart } from '../evidence/run.ts';
import type { Settings } from '../evidence/settings.ts';
import { finding } from '../findings/finding.ts';
import type { Look } from '../findings/reconcile.ts';
import { openSecurityHub } from '../publish/security-hub.ts';
import type { Aws } from '../runtime/aws.ts';
import { EvidenceError } from '../runtime/errors.ts';
import { toRunNames } from '../store/names.ts';
import { type ErasableStore, readObject, writeObject } from '../store/store.ts';
import { type JudgedCluster, judgedClusters } from './judged.ts';
import { listObjects } from './list-objects.ts';
import { isAskedOf } from './pick-checks.ts';
import type { Publishing } from './publishing.ts';
import { reconcileRegion } from './reconcile-region.ts';
import { type Publisher, sendOwed } from './send-owed.ts';

const regionsAtOnce = 4;

/**
 * Reconciles what a run found in an account with what was open there, Region by Region, and tells Security Hub, once
 * `evaluateAccount` has judged all of it. Puts `publishing/ACCOUNT`, the Regions' state, and the index of keys. What
 * Security Hub refuses is told, never thrown; what it did not take is owed, and sent by whoever comes next. Where it
 * grew late before all was told, a Region says that it is unfinished: called again, it goes on.
 */
export const publishAccount = async (
  store: ErasableStore,
  aws: Aws,
  start: RunStart,
  account: string,
  checks: readonly Check[],
  settings: Settings,
  signal: AbortSignal,
  isLate: () => boolean = () => false,
): Promise<Publishing[]> => {
  const names = toRunNames(start.id);
  const judged = await readObject(store, names.judged(account), judgedClusters);
  if (!judged)
    throw new EvidenceError('NOT_JUDGED', `Account ${account} is not judged in the run ${start.id} yet`);
  const findings = (await readObject(store, names.findings(account), z.array(finding))) ?? [];
  const findingsOf = Map.groupBy(findings, ({ region }) => region);
  const checkOf = new Map(checks.map((check) => [check.id, check]));
  const frameworks = new Map(checks.map((check) => [check.id, check.frameworks]));
  const publishRegion = async (name: string): Promise<Publishing[]> => {
    const evidence = await readObject(store, name, regionEvidence);
    if (!evidence || evidence.region === everyRegion) return [];
    const { region } = evidence;
    if (isLate()) return [{ region, sent: 0, owed: 0, isUnfinished: true }];
    const clusters = judged.filter((cluster) => cluster.region === region);
    const place = { partition: start.partition, account, region };
    const publisher = { store, place, frameworks, hub: openSecurityHub(aws, place, signal) };
    const isAsked = (check: string, cluster: string | null) => {
      const picked = checkOf.get(check);
      return picked !== undefined && (cluster === null || isAskedOf(picked, start, cluster));
    };
    const objects = start.kubernetes && (await listObjects(store, names, account, region));
    const hasObject = (cluster: string, path: string) => objects?.get(cluster)?.has(path);
    const look = toLook(evidence, clusters, {
      findings: findingsOf.get(region) ?? [],
      isAsked,
      hasObject,
      publish: settings.publish,
    });
    try {
      return await tell(publisher, look, clusters, isLate);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      return [{ region, sent: 0, owed: 0, broken: `${error.message}. ${error.hint ?? ''}`.trim() }];
    }
  };
  const told = await pMap(await Array.fromAsync(store.list(names.clustersOf(account))), publishRegion, {
    concurrency: regionsAtOnce,
    stopOnError: false,
  }).catch(throwFirst);
  const all = told.flat();
  await writeObject(store, names.publishing(account), all);
  return all;
};

/** Every Region has had its turn. Step Functions knows errors by their name. */
const throwFirst = (error: unknown): never => {
  throw error instanceof AggregateError ? error.errors[0] : error;
};

const tell = async (
  publisher: Publisher,
  look: Look | undefined,
  clusters: readonly JudgedCluster[],
  isLate: () => boolean,
): Promise<Publishing[]> => {
  // Where a Region could not be listed nothing is known anew, and what is owed can still be told.
  const unseen = { isOutdated: false, isTracked: true, refused: undefined };
  const { isOutdated, isTracked, refused } = look ? await reconcileRegion(publisher, look, clusters) : unseen;
  const sending = isTracked ? await sendOwed(publisher, isLate) : { sent: 0, owed: 0 };
  const told: Omit<Publishing, 'region'> = {
    ...(refused ? { refused } : {}),
    ...sending,
    ...(isOutdated ? { isOutdated } : {}),
  };
  const isQuiet = told.sent === 0 && told.owed === 0 && !told.refused && !isOutdated;
  return isQuiet ? [] : [{ region: publisher.place.region, ...told }];
};

const toLook = (
  { listing, collectedAt }: RegionEvidence,
  clusters: readonly JudgedCluster[],
  seen: Pick<Look, 'findings' | 'isAsked' | 'hasObject' | 'publish'>,
): Look | undefined =>
  isKnown(listing)
    ? {
        ...seen,
        collectedAt,
        listed: listing.missing.length === 0 ? new Set(listing.value) : undefined,
        known: new Set(clusters.filter((cluster) => cluster.isKnown).map(({ cluster }) => cluster)),
      }
    : undefined;
