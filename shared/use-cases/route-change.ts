/** From an event of a changed key, cluster or trail to the run that looks at it, one a minute and target. */
import type { StartedScan } from '../publish/start-scan.ts';
import { indexNames, toNameParts } from '../store/names.ts';
import type { Store } from '../store/store.ts';
import { parseChangeEvent } from './change-event.ts';

/** A minute in which something changed in an account and Region. */
export interface Change {
  account: string;
  region: string;
  /** Its first moment. */
  minute: string;
}

/** After its minute, so that the scan sees the last change of a storm, and a little more for AWS to settle. */
const settleMilliseconds = 30_000;
const minuteMilliseconds = 60_000;

/**
 * Starts the run of an event's account, Region and minute, unless it is started already. The minute is the event's own:
 * one that comes late tells of nothing that the run of its minute has not seen. Throws EventError for what is no event.
 */
export const routeChange = async (
  store: Pick<Store, 'list'>,
  startScan: (name: string, input: object) => Promise<StartedScan>,
  event: unknown,
): Promise<{ started: string; isNew: boolean } | { ignored: string }> => {
  const change = parseChangeEvent(event);
  if ('ignored' in change) return change;
  const { account, region, at, keyArns, isOfAlias } = change;
  if (isOfAlias && !(await isAnyUsed(store, keyArns)))
    return { ignored: 'no cluster hangs on the key that the alias names' };
  const begin = Math.floor(Date.parse(at) / minuteMilliseconds) * minuteMilliseconds;
  const minute = new Date(begin).toISOString();
  const scanAt = new Date(begin + minuteMilliseconds + settleMilliseconds).toISOString();
  // At most 80 characters, none of them a colon.
  const name = `change-${account}-${region}-${minute.slice(0, 16).replace(':', '')}`;
  const input = { change: { account, region, minute } satisfies Change, scanAt };
  return { started: name, isNew: await startScan(name, input).then(({ isNew }) => isNew) };
};

const isAnyUsed = async (store: Pick<Store, 'list'>, keyArns: readonly string[]): Promise<boolean> => {
  for (const arn of keyArns) for await (const _ of store.list(indexNames.key(arn))) return true;
  return false;
};

/**
 * Where a change is to be looked at: its own account and Region, and every one whose clusters hang on a key there.
 * Asked after the minute is over, so that a cluster that came with the storm is in it.
 */
export const listChangedTargets = async (
  store: Pick<Store, 'list'>,
  partition: string,
  { account, region }: Change,
): Promise<{ accounts: string[]; regions: string[] }> => {
  const accounts = new Set([account]);
  const regions = new Set([region]);
  for await (const name of store.list(indexNames.of(partition, account, region))) {
    const [, ofAccount = '', ofRegion = ''] = toNameParts(name, indexNames.prefix);
    accounts.add(ofAccount);
    regions.add(ofRegion);
  }
  return { accounts: [...accounts].sort(), regions: [...regions].sort() };
};
