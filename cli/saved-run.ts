/** What `keyward report` draws: a run's saved evidence, or the findings that `--format json` wrote. */
import { z } from 'zod';
import { runDocument } from '../shared/findings/finding.ts';
import type { HtmlOptions } from '../shared/report/html/html.ts';
import type { Result } from '../shared/report/result.ts';
import { EvidenceError, UsageError } from '../shared/runtime/errors.ts';
import { isEvidenceStart, parseEvidence, readLines } from '../shared/store/saved-evidence.ts';
import { readAccessOfRun } from '../shared/use-cases/access-of-run.ts';
import { checkEvidence } from '../shared/use-cases/check-evidence.ts';
import { checks } from './check-ids.ts';

/** Takes a file's path; gives its run, and who may use the keys where evidence tells it. Reads a pipe as well. */
export const loadRun = async (
  path: string,
  signal: AbortSignal,
): Promise<{ result: Result; access?: HtmlOptions['access'] }> => {
  const lines = readLines(path, signal);
  const first = await readFirst(lines, path, signal);
  const all = prepend(first, lines);
  if (!isEvidenceStart(first)) return { result: parseDocument(await join(all, path, signal), path) };
  const { store, run } = await parseEvidence(all, path, signal);
  return { result: await checkEvidence(store, run, checks), access: readAccessOfRun(store, run) };
};

const readFirst = async (
  lines: AsyncGenerator<string>,
  path: string,
  signal: AbortSignal,
): Promise<string> => {
  try {
    const { value, done } = await lines.next();
    return done ? '' : value;
  } catch (cause) {
    signal.throwIfAborted();
    throw new UsageError('REPORT_INPUT_UNREADABLE', `${path} can't be read`, { cause });
  }
};

async function* prepend(first: string, lines: AsyncIterable<string>): AsyncIterable<string> {
  yield first;
  yield* lines;
}

const join = async (lines: AsyncIterable<string>, path: string, signal: AbortSignal): Promise<string> => {
  try {
    return (await Array.fromAsync(lines)).join('\n');
  } catch (cause) {
    signal.throwIfAborted();
    throw new UsageError('REPORT_INPUT_UNREADABLE', `${path} can't be read`, { cause });
  }
};

/** What means to be a run's JSON, of any version. */
const ofRun = z.object({ schema: z.templateLiteral(['keyward/v', z.number()]) });

const parseDocument = (text: string, path: string): Result => {
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw notRun(path, UsageError);
  }
  const parsed = runDocument.safeParse(content);
  if (!parsed.success) throw notRun(path, ofRun.safeParse(content).success ? EvidenceError : UsageError);
  const { run, findings, summary, baseline } = parsed.data;
  const places = findings.flatMap(({ account, region, cluster }) =>
    cluster === null ? [] : JSON.stringify([account, region, cluster]),
  );
  return { run, findings, summary, clusters: new Set(places).size, ...(baseline ? { baseline } : {}) };
};

const notRun = (path: string, Kind: typeof EvidenceError | typeof UsageError) =>
  new Kind(
    'REPORT_INPUT_UNKNOWN',
    `${path} is neither saved evidence of keyward nor JSON of schema keyward/v1`,
    { hint: 'Write it with keyward scan --save-evidence FILE, or --format json=FILE.' },
  );
