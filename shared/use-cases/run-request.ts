/** What starts an execution of the state machine, and the run that it asks for. */
import { z } from 'zod';
import type { AccountsToList } from './list-accounts.ts';

const accounts = z.array(z.string().regex(/^\d{12}$/, 'an account is 12 digits')).min(1);

const input = z.union([
  /** By the schedule: the night, the same for each delivery of it. */
  z.strictObject({ scheduledTime: z.iso.datetime() }),
  /** By hand: the targets of the deployment, or some of them. */
  z.strictObject({ accounts: accounts.optional(), regions: z.array(z.string()).min(1).optional() }),
]);

/** What the state machine passes to its first step. */
export const executionStart = z.object({
  execution: z.string(),
  startedAt: z.iso.datetime({ offset: true }),
  input,
});
export type ExecutionStart = z.infer<typeof executionStart>;

type Targets = Pick<AccountsToList, 'accounts' | 'regions'>;

/** Takes what started the execution and the targets of the deployment; gives the run. Its name may hold no colon. */
export const toRunRequest = (
  { execution, startedAt, input: asked }: ExecutionStart,
  targets: Targets,
): Targets & Pick<AccountsToList, 'run' | 'startedAt' | 'execution'> => {
  const base = { startedAt: new Date(startedAt).toISOString(), execution };
  if ('scheduledTime' in asked) return { ...base, ...targets, run: toRunId(asked.scheduledTime) };
  const { accounts: some = targets.accounts, regions = targets.regions } = asked;
  return { ...base, accounts: some, regions, run: toRunId(base.startedAt) };
};

const toRunId = (moment: string) => moment.replaceAll(':', '');
