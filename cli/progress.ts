/** One line on standard error that says where a scan is: on a terminal only, never in anybody's output. */
import type { Progress } from '../shared/use-cases/collect-run.ts';
import type { Surroundings } from './command.ts';

const words = {
  accounts: 'Listing accounts',
  clusters: 'Reading clusters',
  keys: 'Reading keys',
  iam: 'Reading IAM',
  logs: 'Reading log files',
  events: 'Reading events',
  evaluate: 'Judging',
} satisfies Record<Progress['step'], string>;

const eraseLine = '\r\u001b[2K';

/** Takes standard error; gives what shows a step and what takes the line away again. Silent where no terminal is. */
export const createProgress = (stderr: Surroundings['stderr'], isQuiet: boolean) => {
  if (!stderr.isTTY || isQuiet) return { show: () => {}, clear: () => {} };
  let shown = '';
  const show = ({ step, done, total }: Progress) => {
    // A line that wrapped could not be erased again.
    const line = `${words[step]} ${done}/${total}`.slice(0, (stderr.columns ?? 80) - 1);
    if (line === shown) return;
    shown = line;
    stderr.write(`${eraseLine}${line}`);
  };
  const clear = () => {
    if (shown !== '') stderr.write(eraseLine);
    shown = '';
  };
  return { show, clear };
};
