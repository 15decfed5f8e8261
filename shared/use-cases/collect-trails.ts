import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import pMap from 'p-map';
import type { Check } from '../checks/check.ts';
import { type AskOwner, collectSelectors, createTrailReader } from '../collect/cloudtrail/collect-trails.ts';
import { toUnknownFact } from '../collect/collect-fact.ts';
import { parseArn } from '../evidence/arn.ts';
import { type Fact, toUnknown } from '../evidence/fact.ts';
import type { TrailEvidence, TrailSelectors } from '../evidence/trail.ts';
import type { Aws } from '../runtime/aws.ts';
import { toNow } from '../runtime/clock.ts';
import { toRunNames } from '../store/names.ts';
import { type Store, writeObject } from '../store/store.ts';
import { readKeys } from './collect-events.ts';

const regionsAtOnce = 8;

export const readsTrails = (checks: readonly Pick<Check, 'facts'>[]): boolean =>
  checks.some(({ facts }) => facts.includes('key.trails'));

/** Gives a way to ask the accounts that organisations' trails belong to, each trail once. */
export const createOwnerReader = (aws: Aws, signal: AbortSignal): AskOwner => {
  const asked = new Map<string, Promise<Fact<TrailSelectors>>>();
  const ask: AskOwner = async (trail) => {
    const { account = '', region = '' } = parseArn(trail.TrailARN) ?? {};
    const access = await aws.getAccess(account).catch(toUnknownFact);
    const told =
      'unknown' in access
        ? access
        : await collectSelectors(
            aws.open(CloudTrailClient, access, trail.HomeRegion ?? region),
            trail,
            signal,
          );
    if (!('unknown' in told)) return told;
    return toUnknown(
      told.unknown,
      `only account ${account} is told what ${trail.TrailARN} keeps: ${told.detail}`,
    );
  };
  return (trail) => {
    const known = asked.get(trail.TrailARN) ?? ask(trail);
    asked.set(trail.TrailARN, known);
    return known;
  };
};

/** Reads which trails keep the events of an account's keys. Puts `trails/ACCOUNT/REGION` for each Region that has one. */
export const collectTrailsOfHome = async (
  store: Store,
  aws: Aws,
  run: string,
  home: string,
  askOwner: AskOwner,
  signal: AbortSignal,
): Promise<void> => {
  const regions = new Set((await readKeys(store, run, home)).map(({ region }) => region));
  if (regions.size === 0) return;
  const access = await aws.getAccess(home).catch(toUnknownFact);
  const read =
    'unknown' in access
      ? async () => access
      : createTrailReader((region) => aws.open(CloudTrailClient, access, region), askOwner, signal);
  await pMap(
    regions,
    async (region) => {
      const trails = await read(region);
      const evidence = { account: home, region, collectedAt: toNow(), trails } satisfies TrailEvidence;
      await writeObject(store, toRunNames(run).trails(home, region), evidence);
    },
    { concurrency: regionsAtOnce },
  );
};
