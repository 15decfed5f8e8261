/** What starts an execution of the state machine, and the run that it asks for. */
import { z } from 'zod';
import type { RunStart } from '../evidence/run.ts';
import type { Aws } from '../runtime/aws.ts';
import { PreconditionError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import { collectControlPolicies } from './control-policies.ts';
import { type AccountsToList, listAccounts } from './list-accounts.ts';
import { type ConfigPlace, loadSettings } from './load-settings.ts';
import { listChangedTargets } from './route-change.ts';

const account = z.string().regex(/^\d{12}$/, 'an account is 12 digits');

/** By the schedule: the night, the same for each delivery of it. */
const bySchedule = z.strictObject({ scheduledTime: z.iso.datetime() });
const byChange = z.strictObject({
  change: z.strictObject({ account, region: z.string(), minute: z.iso.datetime() }),
  scanAt: z.iso.datetime(),
});
/** By hand: the targets of the deployment, or some of them. */
const byHand = z.strictObject({
  accounts: z.array(account).min(1).optional(),
  regions: z.array(z.string()).min(1).optional(),
});

/** What the state machine passes to its first step. */
export const executionStart = z.object({
  execution: z.string(),
  startedAt: z.iso.datetime({ offset: true }).transform((moment) => new Date(moment).toISOString()),
  input: z.union([bySchedule, byChange, byHand]),
});
export type ExecutionStart = z.infer<typeof executionStart>;

/** The name of the run: of its night, else of its execution. It holds no colon, which names of executions may not. */
export const toRunId = ({ execution, input }: Pick<ExecutionStart, 'execution' | 'input'>): string =>
  'scheduledTime' in input ? input.scheduledTime.replaceAll(':', '') : execution;

type Targets = Pick<AccountsToList, 'accounts' | 'regions'>;

interface Deployment extends Targets {
  configuration: ConfigPlace | undefined;
  readParameter: (name: string) => Promise<string>;
  checkIds: readonly string[];
  /** How far back Athena is asked who used a key that has no history; 0: it is not asked. */
  keyUseDays: number;
  /** A glob of the names of the clusters that are read from within; empty: none is. */
  kubernetesClusters: string;
}

/** Begins the run that an execution was started for. Gives nothing where the run is another execution's already. */
export const startRun = async (
  store: Store,
  aws: Aws,
  event: ExecutionStart,
  deployed: Deployment,
  signal: AbortSignal,
): Promise<RunStart | undefined> => {
  const { configuration: place, readParameter, checkIds, keyUseDays, kubernetesClusters } = deployed;
  const settings = await loadSettings(store, readParameter, place, checkIds);
  const targets = await toTargets(store, aws.caller.partition, event.input, deployed);
  const { startedAt, execution } = event;
  const retentionDays = settings.thresholds.eventRetentionDays;
  // A run for each change between the nights asks for no look over a whole trail, nor into clusters.
  const isChange = 'change' in event.input;
  const asksUse = keyUseDays > 0 && !isChange;
  const use = { source: 'athena' as const, from: toDayBefore(startedAt, keyUseDays) };
  const asked = {
    run: toRunId(event),
    startedAt,
    execution,
    ...targets,
    configuration: place?.name,
    settings,
    events: { changesFrom: toDayBefore(startedAt, retentionDays), ...(asksUse ? { use } : {}) },
    kubernetes:
      kubernetesClusters && !isChange ? { clusters: kubernetesClusters, metadata: true } : undefined,
  };
  try {
    const start = await listAccounts(store, aws, asked, signal);
    await collectControlPolicies(store, aws, start, signal);
    return start;
  } catch (error) {
    if (error instanceof PreconditionError) return undefined;
    throw error;
  }
};

/** The UTC midnight so many days before: histories are kept by day. */
const toDayBefore = (moment: string, days: number): string => {
  const day = new Date(Date.parse(moment) - days * 86_400_000).toISOString().slice(0, 10);
  return `${day}T00:00:00.000Z`;
};

/** The targets that an execution was started for; those of the deployment where it names none. */
const toTargets = async (
  store: Pick<Store, 'list'>,
  partition: string,
  input: ExecutionStart['input'],
  { accounts, regions }: Targets,
): Promise<Targets> => {
  if ('scheduledTime' in input) return { accounts, regions };
  if ('change' in input) return listChangedTargets(store, partition, input.change);
  return { accounts: input.accounts ?? accounts, regions: input.regions ?? regions };
};
