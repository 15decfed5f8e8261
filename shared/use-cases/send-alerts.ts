/** What the service adds to the last step of a run: people are told what changed. */
import pMap from 'p-map';
import type { RunStart } from '../evidence/run.ts';
import { toDaysBetween } from '../evidence/timestamp.ts';
import type { Transition } from '../findings/tracked.ts';
import type { Topic } from '../publish/sns.ts';
import { type ChangeGroup, groupChanges, toCriticalAlert } from '../report/alert.ts';
import { type DigestFacts, hasNews, toDigest } from '../report/digest.ts';
import { toNow } from '../runtime/clock.ts';
import { EvidenceError } from '../runtime/errors.ts';
import { stateNames, toNameParts, toRunNames } from '../store/names.ts';
import { type OwedAlert, updateState } from '../store/state.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import { publishing } from './publishing.ts';

const accountsAtOnce = 16;
/** A run that claimed alerts and has not told them by now is dead. */
const claimDays = 1;

/**
 * Tells the topic what changed in a run's accounts: first one message for each critical, then one digest. Alerts are
 * claimed in the state before they are told and struck out afterwards, so of two runs only one tells, and a run
 * that is called again goes on where it stopped. Killed in the moment between a message and the note that it was
 * sent, that message comes twice: the other order would lose it. Gives the changes that it told; undefined where an
 * earlier call had told them.
 */
export const sendAlerts = async (
  store: Store,
  topic: Topic,
  start: Pick<RunStart, 'id' | 'accounts'>,
  result: DigestFacts['result'],
  {
    isDigestCertain,
    location,
  }: {
    /** The nightly digest comes even if nothing changed. */
    isDigestCertain: boolean;
    location: string;
  },
): Promise<{ changes: ChangeGroup[] | undefined }> => {
  const names = toRunNames(start.id);
  const sendOnce = async (name: string, send: () => Promise<void>): Promise<void> => {
    if (await store.get(names.alert(name))) return;
    await send();
    await writeObject(store, names.alert(name), {});
  };
  const isTold = (await store.get(names.alert('digest'))) !== undefined;
  const transitions = isTold ? [] : await claimAlerts(store, start);
  const changes = groupChanges(transitions);
  for (const group of changes) {
    if (group.severity !== 'critical' || group.kind === 'resolved') continue;
    await tellCritical(store, topic, group, names.alert);
  }
  const facts = { result, changes, location, ...(await readPublishing(store, start)) };
  if (!isTold && (isDigestCertain || hasNews(facts)))
    await sendOnce('digest', () => topic.publish(toDigest(facts)));
  await forEachState(store, start.accounts, (alerts) =>
    alerts.filter(({ claim }) => claim?.run !== start.id),
  );
  return { changes: isTold ? undefined : changes };
};

/** One message for those of the group that none has told of yet. */
const tellCritical = async (
  store: Store,
  topic: Topic,
  group: ChangeGroup,
  toName: (name: string) => string,
): Promise<void> => {
  const toMark = ({ kind, finding }: Transition) => toName(`${kind}-${finding.id}`);
  const untold: Transition[] = [];
  for (const transition of group.transitions)
    if (!(await store.get(toMark(transition)))) untold.push(transition);
  if (untold.length === 0) return;
  await topic.publish(toCriticalAlert({ ...group, transitions: untold }));
  for (const transition of untold) await writeObject(store, toMark(transition), {});
};

const claimAlerts = async (store: Store, { id, accounts }: Pick<RunStart, 'id' | 'accounts'>) => {
  const at = toNow();
  const isFree = ({ claim }: OwedAlert) =>
    !claim || claim.run === id || toDaysBetween(claim.at, at) >= claimDays;
  const claimed = await forEachState(store, accounts, (alerts) =>
    alerts.map((alert) => (isFree(alert) ? { ...alert, claim: { run: id, at } } : alert)),
  );
  return claimed.filter(({ claim }) => claim?.run === id).map(({ transition }) => transition);
};

/** Changes the alerts that are owed in each state of the accounts; gives all that stand then. */
const forEachState = async (
  store: Store,
  accounts: readonly string[],
  change: (alerts: OwedAlert[]) => OwedAlert[],
): Promise<OwedAlert[]> => {
  const changeState = async (account: string, region: string): Promise<OwedAlert[]> => {
    try {
      const state = await updateState(store, account, region, (before) =>
        before && before.alerts.length > 0 ? { ...before, alerts: change(before.alerts) } : undefined,
      );
      return state?.alerts ?? [];
    } catch (error) {
      // What evaluating its account has said of it already.
      if (error instanceof EvidenceError) return [];
      throw error;
    }
  };
  const alerts = await pMap(
    accounts,
    async (account) => {
      const found: OwedAlert[] = [];
      for await (const name of store.list(stateNames.of(account))) {
        const [region = ''] = toNameParts(name, stateNames.of(account));
        found.push(...(await changeState(account, region)));
      }
      return found;
    },
    { concurrency: accountsAtOnce },
  );
  return alerts.flat();
};

/** How telling Security Hub went, over all accounts. */
const readPublishing = async (store: Store, { id, accounts }: Pick<RunStart, 'id' | 'accounts'>) => {
  const names = toRunNames(id);
  const facts: Pick<DigestFacts, 'notEnabled' | 'refused' | 'owed' | 'failures' | 'broken'> = {
    notEnabled: [],
    refused: [],
    owed: 0,
    failures: [],
    broken: [],
  };
  for (const account of accounts)
    for (const told of (await readObject(store, names.publishing(account), publishing)) ?? []) {
      const place = `${account}/${told.region}`;
      if (told.broken) facts.broken.push(told.broken);
      if (told.failure) facts.failures.push(told.failure);
      if (told.refused?.reason === 'not-enabled') facts.notEnabled.push(place);
      else {
        if (told.refused) facts.refused.push({ place, why: told.refused.detail });
        facts.owed += told.owed;
      }
    }
  return facts;
};
