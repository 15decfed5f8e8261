/** The service's steps on a running sandbox, one night after the other, as the state machine would call them. */
import { vi } from 'vitest';
import type { Fleet } from '../../sandbox/fleets/fleet.ts';
import { checks } from '../../shared/checks/index.ts';
import { settings as settingsShape } from '../../shared/evidence/settings.ts';
import { openTopic } from '../../shared/publish/sns.ts';
import { openAws } from '../../shared/runtime/aws.ts';
import { toNow } from '../../shared/runtime/clock.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { type ErasableStore, writeObject } from '../../shared/store/store.ts';
import { collectClusters } from '../../shared/use-cases/collect-clusters.ts';
import { collectHome } from '../../shared/use-cases/collect-home.ts';
import { collectKubernetes, connectByEks } from '../../shared/use-cases/collect-kubernetes.ts';
import { collectControlPolicies } from '../../shared/use-cases/control-policies.ts';
import { evaluateAccount } from '../../shared/use-cases/evaluate-account.ts';
import { judgeAccount } from '../../shared/use-cases/judge-account.ts';
import { type AccountsToList, listAccounts } from '../../shared/use-cases/list-accounts.ts';
import { pickChecks } from '../../shared/use-cases/pick-checks.ts';
import { publishAccount } from '../../shared/use-cases/publish-account.ts';
import { sendAlerts } from '../../shared/use-cases/send-alerts.ts';
import { summariseRun } from '../../shared/use-cases/summarise-run.ts';
import { makeBucket } from '../store/stores.ts';
import { serveFleet, type Weather } from './scan-fleet.ts';

export const topicArn = 'arn:aws:sns:eu-central-1:111122223333:keyward-alerts';
const signal = new AbortController().signal;

export interface Night
  extends Partial<Pick<AccountsToList, 'accounts' | 'regions' | 'clusters' | 'checks' | 'kubernetes'>> {
  settings?: object;
}

/** Serves a fleet; gives the sandbox, a bucket, and the steps of a run. */
export const openService = async (fleet: Fleet, weather: Weather = {}) => {
  const sandbox = await serveFleet(fleet, weather);
  const { store } = await makeBucket();
  let runs = 0;

  /** Everything up to what was judged; what follows can be done at once, later, or never. */
  const scanNight = async ({ settings: given = {}, ...asked }: Night = {}, into: ErasableStore = store) => {
    runs += 1;
    const settings = settingsShape.parse(given);
    const aws = await openAws({ roleName: 'keyward-member', isGentle: false, signal });
    const request = { run: `run-${runs}`, startedAt: toNow(), settings, ...asked };
    const start = await listAccounts(
      into,
      aws,
      { accounts: 'organization', regions: 'all', ...request },
      signal,
    );
    const chosen = pickChecks(checks, start, settings);
    await collectControlPolicies(into, aws, start, signal);
    for (const account of start.accounts)
      await collectClusters(into, aws, start, account, chosen, signal, () => {});
    if (start.kubernetes)
      for (const account of start.accounts)
        await collectKubernetes(into, aws, start, account, connectByEks(aws), signal);
    for await (const name of into.list(toRunNames(start.id).homes))
      await collectHome(into, aws, start, name.split('/').at(-1) ?? '', chosen, settings, signal);
    return {
      start,
      publish: async (using: ErasableStore = into) => {
        const told = [];
        for (const account of start.accounts) {
          await evaluateAccount(into, start, account, chosen, settings);
          told.push(...(await publishAccount(using, aws, start, account, chosen, settings, signal)));
        }
        return told;
      },
      /** One call of the last map's function for an account: whether it is done then, and what it told. */
      judge: (account: string, isLate: () => boolean) =>
        judgeAccount(into, aws, start.id, account, checks, signal, isLate),
      alert: async (options: { isDigestCertain?: boolean; isChatbot?: boolean } = {}) => {
        await writeObject(into, toRunNames(start.id).end, { finishedAt: toNow() });
        const result = await summariseRun(into, start, checks, settings);
        const { isDigestCertain = true, isChatbot = false } = options;
        return sendAlerts(into, openTopic(topicArn, isChatbot), start, result, {
          isDigestCertain,
          location: `s3://runs/runs/${start.id}/`,
        });
      },
    };
  };

  const runNight = async (night: Night = {}) => {
    const scanned = await scanNight(night);
    const told = await scanned.publish();
    await scanned.alert();
    return told;
  };

  /** What Security Hub shows of an account, sorted: check, cluster, status. */
  const tellHub = (account: string, region = 'eu-central-1') =>
    [...(sandbox.world.hubs.get(`${account}/${region}`)?.values() ?? [])]
      .map(({ ProductFields = {}, Compliance, RecordState }) =>
        [
          ProductFields['keyward/check'],
          ProductFields['keyward/cluster'],
          Compliance?.Status,
          ...(RecordState === 'ARCHIVED' ? ['ARCHIVED'] : []),
        ].join(' '),
      )
      .sort();

  /** The subjects of the messages since the last time. */
  let read = 0;
  const readMessages = () => {
    const messages = sandbox.world.messages.slice(read);
    read = sandbox.world.messages.length;
    return messages;
  };

  return { sandbox, store, scanNight, runNight, tellHub, readMessages };
};

vi.setConfig({ testTimeout: 60_000 });
