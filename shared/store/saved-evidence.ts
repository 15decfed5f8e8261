/** A run's objects as JSON lines: what `--save-evidence` writes and `keyward check` reads. */
import { z } from 'zod';
import { EvidenceError, KeywardError, UsageError } from '../runtime/errors.ts';
import { readInput } from '../runtime/read-input.ts';
import { createMemoryStore } from './memory-store.ts';
import { historyPrefix } from './names.ts';
import type { Store } from './store.ts';

const header = z.object({ schema: z.literal('keyward/evidence-v1'), run: z.string() });
const ofAnyVersion = z.object({ schema: z.templateLiteral(['keyward/evidence-', z.string()]) });
const line = z.object({ name: z.string(), body: z.json() });

/**
 * The lines of a run's saved evidence, and of the histories of keys that it judged by. What was judged of it is left
 * out: that follows from the evidence.
 */
export async function* toEvidenceLines(store: Store, run: string): AsyncIterable<string> {
  yield `${JSON.stringify({ schema: 'keyward/evidence-v1', run } satisfies z.infer<typeof header>)}\n`;
  for await (const name of store.list(`runs/${run}/`)) {
    if (/^(findings|counts|judged|judging)\//.test(name.slice(`runs/${run}/`.length))) continue;
    const stored = await store.get(name);
    if (stored) yield toLine(name, stored.body);
  }
  for await (const name of store.list(historyPrefix)) {
    const stored = await store.get(name);
    if (stored) yield toLine(name, stored.body);
  }
}

const toLine = (name: string, body: string): string => `{"name":${JSON.stringify(name)},"body":${body}}\n`;

/**
 * The store and the run that a file of saved evidence holds. Throws UsageError where it is no saved evidence at all or
 * can't be read, EvidenceError where it is damaged or of another version, and the signal's reason where that comes first.
 */
export const loadEvidence = (path: string, signal?: AbortSignal): Promise<{ store: Store; run: string }> =>
  parseEvidence(readLines(path, signal), path, signal);

/** Whether a file that begins with this line means to be saved evidence, of any version. */
export const isEvidenceStart = (text: string): boolean => {
  try {
    return ofAnyVersion.safeParse(JSON.parse(text.replace(/^\uFEFF/, ''))).success;
  } catch {
    return false;
  }
};

/** Takes the lines of a file of saved evidence and its path, for messages; gives and throws as loadEvidence does. */
export const parseEvidence = async (
  lines: AsyncIterable<string>,
  path: string,
  signal?: AbortSignal,
): Promise<{ store: Store; run: string }> => {
  const store = createMemoryStore();
  let run: string | undefined;
  let lineNumber = 0;
  let blankLine: number | undefined;
  try {
    for await (const text of lines) {
      lineNumber += 1;
      // What editors and transfers add: blank lines at the end, a mark at the start, and CR, which JSON takes for space.
      if (text.trim() === '') {
        blankLine ??= lineNumber;
        continue;
      }
      if (run === undefined && !isEvidenceStart(text)) throw notEvidence(path, 1, UsageError);
      if (blankLine !== undefined) throw notEvidence(path, blankLine);
      if (run === undefined) run = parseLine(header, text.replace(/^\uFEFF/, ''), path, lineNumber).run;
      else {
        const { name, body } = parseLine(line, text, path, lineNumber);
        await store.put(name, JSON.stringify(body));
      }
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof KeywardError) throw cause;
    throw new UsageError('EVIDENCE_UNREADABLE', `${path} can't be read`, { cause });
  }
  if (run === undefined) throw notEvidence(path, 1, UsageError);
  return { store, run };
};

/** The lines of a file, split at line feeds alone: readline splits at U+2028 too, which JSON may hold within a string. */
export async function* readLines(path: string, signal?: AbortSignal): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of readInput(path, signal).setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

const parseLine = <S extends z.ZodType>(
  shape: S,
  text: string,
  path: string,
  lineNumber: number,
): z.output<S> => {
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    throw notEvidence(path, lineNumber);
  }
};

const notEvidence = (
  path: string,
  lineNumber: number,
  Kind: typeof EvidenceError | typeof UsageError = EvidenceError,
) =>
  new Kind('EVIDENCE_CORRUPT', `${path}, line ${lineNumber}: this is not saved evidence of keyward`, {
    hint: 'Save it again with keyward scan --save-evidence FILE.',
  });
