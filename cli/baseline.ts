/** --baseline: what an earlier run found, so that only what is new since then counts. */
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import {
  compareRuns,
  type EarlierFinding,
  type EarlierRun,
  earlierFinding,
} from '../shared/findings/baseline.ts';
import type { Result } from '../shared/report/result.ts';
import { UsageError } from '../shared/runtime/errors.ts';
import { readInput } from '../shared/runtime/read-input.ts';
import type { Values } from './arguments.ts';

const earlierDocument = z.object({
  schema: z.literal('keyward/v1'),
  run: z.object({ id: z.string(), startedAt: z.iso.datetime() }),
  findings: z.array(earlierFinding),
});

const ofSomeSchema = z.object({ schema: z.string() });

/**
 * Takes --baseline; gives the run that the file tells of, undefined where none is named. Throws UsageError, naming the
 * file, where it can't be read or is not wholly what `--format json` or `jsonl` writes.
 */
export const loadBaseline = async (
  { baseline: path }: Pick<Values, 'baseline'>,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<EarlierRun | undefined> => {
  if (path === undefined) return undefined;
  const content = await readText(path, folder, signal);
  const whole = parseJson(content);
  if (whole === undefined) return { run: null, findings: parseLines(content, path) };
  const { schema } = ofSomeSchema.safeParse(whole).data ?? {};
  if (schema === undefined) return { run: null, findings: parseLines(content, path) };
  requireFindings(schema, path);
  const { data, error } = earlierDocument.safeParse(whole);
  if (!data) throw toBroken(path, toMistake(error));
  return { run: data.run, findings: data.findings };
};

const readText = async (path: string, folder: string, signal: AbortSignal): Promise<string> => {
  try {
    return await text(readInput(resolve(folder, path), signal));
  } catch (cause) {
    signal.throwIfAborted();
    throw new UsageError('BASELINE_UNREADABLE', `--baseline: ${path} can't be read`, { cause });
  }
};

const parseJson = (content: string): unknown => {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
};

const parseLines = (content: string, path: string): EarlierFinding[] => {
  const findings = content.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const value = parseJson(line);
    if (value === undefined) throw toBroken(path, `line ${index + 1} is not JSON`);
    const { schema } = ofSomeSchema.safeParse(value).data ?? {};
    if (schema !== undefined) requireFindings(schema, path);
    const { data, error } = earlierFinding.safeParse(value);
    if (!data) throw toBroken(path, `line ${index + 1}, ${toMistake(error)}`);
    return data;
  });
  // What broke off before its first line must not pass for a run that found nothing.
  if (findings.length === 0) throw toBroken(path, 'it is empty');
  return findings;
};

const requireFindings = (schema: string, path: string): void => {
  if (schema === 'keyward/v1') return;
  const isEvidence = schema.startsWith('keyward/evidence-');
  throw new UsageError(
    'BASELINE_UNKNOWN',
    `--baseline: ${path} is of schema ${JSON.stringify(schema)}, not keyward/v1`,
    {
      hint: isEvidence ? 'Judge it first: keyward check FILE --format json=BASELINE.' : undefined,
    },
  );
};

const toMistake = ({ issues: [issue] }: z.ZodError): string =>
  issue ? `${issue.path.join('.') || 'its root'}: ${issue.message}` : 'it is of another shape';

const toBroken = (path: string, what: string): UsageError =>
  new UsageError('BASELINE_BROKEN', `--baseline: ${path} is not what --format json or jsonl writes: ${what}`);

/**
 * Takes a result and an earlier run; gives the result compared with it, or as it is where there is none. `isLookedAt`
 * tells of an earlier failure whether this run looked where it stood.
 */
export const withBaseline = async <R extends Result>(
  result: R,
  earlier: EarlierRun | undefined,
  isLookedAt: (failure: EarlierFinding) => boolean = () => true,
): Promise<Result & Omit<R, 'findings'>> =>
  earlier ? { ...result, ...(await compareRuns(result.findings, earlier, isLookedAt)) } : result;

/**
 * Takes the namespace that a run looked into (none: all of them); gives what tells of a failure whether it stands there.
 * What is of the whole cluster may hang on other namespaces: of that nothing is known.
 */
export const toIsLookedAt =
  (namespace: string | undefined) =>
  ({ resource }: Pick<EarlierFinding, 'resource'>): boolean => {
    if (namespace === undefined) return true;
    const [, ofObject, name] = resource.split('#', 2)[1]?.split('/') ?? [];
    return name !== undefined && ofObject === namespace;
  };
