/**
 * One line on standard error that says what is being waited for: on a terminal only, never in anybody's output. With
 * --verbose also, wherever standard error leads, what was asked and how long it took.
 */
import type { UnknownReason } from '../shared/evidence/fact.ts';
import { toPrintable } from '../shared/report/printable.ts';
import type { Attempt } from '../shared/runtime/attempt.ts';
import type { Progress } from '../shared/use-cases/progress.ts';
import { createRequestLog } from '../shared/use-cases/request-log.ts';
import type { Values } from './arguments.ts';
import type { Surroundings } from './command.ts';
import { createEstimate, type Estimate } from './estimate.ts';

const words = {
  accounts: 'Reading accounts',
  clusters: 'Reading clusters',
  kubernetes: 'Reading inside clusters',
  keys: 'Reading keys',
  iam: 'Reading IAM',
  logs: 'Reading log files',
  events: 'Reading events of accounts',
  audit: 'Reading audit logs',
  evaluate: 'Judging accounts',
  verify: 'Hashing objects',
} satisfies Record<Progress['step'], string>;

const eraseLine = '\r\u001b[2K';
const redrawMilliseconds = 1_000;
const retellMilliseconds = 10_000;
/** A request that waited longer than this for its turn is what the run waits for. */
const longWaitMilliseconds = 2_000;
/** How long such a thing is told after it was last seen. */
const toldMilliseconds = 5_000;

interface Step {
  done: number;
  total: number;
  begunAt: number;
  endedAt: number;
  estimate: Estimate;
}

/**
 * Takes the terminal and --quiet or --verbose; gives what shows a step, what hears of each request, what takes the line
 * away again, what tells a sentence to stay, and what ends it all. Gives also the log of the requests.
 */
export const createProgress = (
  { stderr, env }: Pick<Surroundings, 'stderr' | 'env'>,
  { quiet, verbose }: Values,
) => {
  // A dumb one can't take a line away again.
  const isShown = stderr.isTTY === true && env.TERM !== 'dumb' && !quiet;
  const requests = createRequestLog();
  const steps = new Map<Progress['step'], Step>();
  const startedAt = performance.now();
  let waiting: { text: string; at: number } | undefined;
  let shown = '';

  const toLine = (): string => {
    const now = performance.now();
    const open = [...steps].filter(([, { done, total }]) => total === 0 || done < total);
    const told = open.map(([name, { done, total, estimate }]) =>
      [`${words[name]}${total > 0 ? ` ${done}/${total}` : ''}`, estimate.tell(now) ?? []].flat().join(', '),
    );
    const why = waiting && now - waiting.at < toldMilliseconds ? [waiting.text] : [];
    const [first, ...others] = told;
    if (first === undefined) return '';
    return toPrintable([first, ...others.map((one) => one.replace('Reading ', '')), ...why].join(' · '));
  };
  const draw = () => {
    // A line that wrapped could not be erased again.
    const line = isShown ? toLine().slice(0, (stderr.columns ?? 80) - 1) : '';
    if (line === shown || line === '') return;
    shown = line;
    stderr.write(`${eraseLine}${line}`);
  };
  // Time passes also where nothing is done.
  const redraw = isShown ? setInterval(draw, redrawMilliseconds).unref() : undefined;
  const retell =
    verbose && !isShown
      ? setInterval(() => write(toLine() || 'waiting'), retellMilliseconds).unref()
      : undefined;

  const clear = () => {
    if (shown !== '') stderr.write(eraseLine);
    shown = '';
  };
  const write = (text: string) => {
    clear();
    stderr.write(`keyward: ${toPrintable(text)}\n`);
  };
  const note = (text: string) => {
    if (!quiet) write(text);
  };
  const show = ({ step, done, total }: Progress) => {
    const now = performance.now();
    const known = steps.get(step) ?? { done, total, begunAt: now, endedAt: now, estimate: createEstimate() };
    Object.assign(known, { done, total, endedAt: now });
    known.estimate.add(done, total, now);
    steps.set(step, known);
    draw();
  };
  const throttled = new Set<string>();
  const attempt = (one: Attempt) => {
    const text = toWaiting(one, requests.add(one));
    if (!text) return;
    waiting = { text, at: performance.now() };
    if (verbose && !throttled.has(text)) write(text);
    throttled.add(text);
    draw();
  };
  const finish = () => {
    clearInterval(redraw);
    clear();
    clearInterval(retell);
    if (!verbose) return;
    for (const [name, { done, total, begunAt, endedAt }] of steps)
      if (total > 0) write(`${words[name]}: ${done} of ${total} in ${toSeconds(endedAt - begunAt)}`);
    const counts = requests.listCounts();
    for (const { permission, requests: count, refused, throttled: slowed, milliseconds } of counts)
      write(
        [
          `${permission}: ${count} ${count === 1 ? 'request' : 'requests'}, ${Math.round(milliseconds / count)} ms each`,
          refused > 0 ? `${refused} refused` : [],
          slowed > 0 ? `${slowed} throttled` : [],
        ]
          .flat()
          .join(', '),
      );
    const total = counts.reduce((sum, { requests: count }) => sum + count, 0);
    write(`${total} requests in ${toSeconds(performance.now() - startedAt)}`);
  };
  return { show, attempt, clear, note, finish, requests };
};

const toSeconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

const toWaiting = (
  { permission, place, waitedMilliseconds }: Attempt,
  reason: UnknownReason | undefined,
): string | undefined => {
  const where = 'cluster' in place ? place.cluster : `${place.account} ${place.region}`;
  if (reason === 'throttled') return `${permission} is throttled in ${where}`;
  return waitedMilliseconds > longWaitMilliseconds
    ? `${permission} is held to its rate in ${where}`
    : undefined;
};
