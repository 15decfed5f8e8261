/** One line on standard error that says where a scan is: on a terminal only, never in anybody's output. */
import { toPrintable } from '../shared/report/printable.ts';
import type { Progress } from '../shared/use-cases/collect-run.ts';
import type { Surroundings } from './command.ts';

const words = {
  accounts: 'Listing accounts',
  clusters: 'Reading clusters',
  kubernetes: 'Reading inside clusters',
  keys: 'Reading keys',
  iam: 'Reading IAM',
  logs: 'Reading log files',
  events: 'Reading events',
  audit: 'Reading audit logs',
  evaluate: 'Judging',
  verify: 'Hashing objects',
} satisfies Record<Progress['step'], string>;

const eraseLine = '\r\u001b[2K';

/**
 * Takes standard error; gives what shows a step, what takes the line away again, and what tells a sentence to stay.
 * Steps are shown where a terminal is.
 */
export const createProgress = (stderr: Surroundings['stderr'], isQuiet: boolean) => {
  let shown = '';
  const show = ({ step, done, total }: Progress) => {
    if (!stderr.isTTY || isQuiet) return;
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
  const note = (text: string) => {
    clear();
    if (!isQuiet) stderr.write(`keyward: ${toPrintable(text)}\n`);
  };
  return { show, clear, note };
};
