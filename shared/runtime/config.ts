/**
 * The configuration file: YAML, checked whole, every mistake told with its line. What it gives is the resolved
 * settings, so nothing downstream reads a file.
 */
import { basename, dirname, resolve } from 'node:path';
import { type Document, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { isGlobMatch } from '../evidence/glob.ts';
import { type Settings, settings } from '../evidence/settings.ts';
import { type Locate, type Mistake, toLocate, toMistakes } from './config-mistakes.ts';
import { ConfigError } from './errors.ts';
import { toNearestName } from './nearest-name.ts';
import { readInput } from './read-input.ts';

/** The name of the file that is read from the current folder when no other is named. */
const defaultConfigName = 'keyward.config.yaml';

/** What a configuration file may say: the settings, or the organisation's accounts as a file beside it. */
export const configuration = settings.extend({
  organizationAccounts: z.union([z.string(), settings.shape.organizationAccounts]).meta({
    description:
      'the organisation’s accounts, or the name of a file beside the configuration with one a line (`#` begins a comment); not given: asked of Organizations, where the caller may. It counts as whole: every account not in it is outside. With `--organization` it does not choose what is scanned',
    examples: ['accounts.txt'],
  }),
});

/** Far above any real configuration, far below what would exhaust memory. */
const maximumBytes = 1_000_000;
/** Anchors may repeat a list of principals; a file that unfolds without end is refused. */
const maximumAliases = 100;

export interface LoadedConfig {
  settings: Settings;
  /** The file's name for findings about the configuration; undefined where there is none. */
  name: string | undefined;
}

interface ConfigSurroundings {
  /** The current folder. */
  folder: string;
  /** The ids of all checks. */
  checkIds: readonly string[];
  /** Ends the wait for a pipe that nobody writes to. */
  signal?: AbortSignal;
  /** Fills what the file does not say; not given, the defaults that are documented. */
  schema?: typeof settings;
}

/**
 * Takes a path (or undefined: the default file of the folder, where there is one); gives the resolved settings.
 * Throws ConfigError with every mistake, or the signal's reason.
 */
export const loadConfig = async (
  path: string | undefined,
  { folder, checkIds, signal, schema }: ConfigSurroundings,
): Promise<LoadedConfig> => {
  const file = resolve(folder, path ?? defaultConfigName);
  const shown = path ?? defaultConfigName;
  const text = await readText(file, shown, signal, path === undefined);
  if (text === undefined) return { settings: settings.parse({}), name: undefined };
  const readBeside = async (name: string) =>
    (await readText(resolve(dirname(file), name), name, signal)) ?? '';
  return { settings: await parseConfig(text, shown, checkIds, readBeside, schema), name: basename(file) };
};

/**
 * Takes a configuration's text, what it is called, the ids of all checks, and the way to a file that it names; gives
 * the resolved settings. Throws ConfigError with every mistake.
 */
export const parseConfig = async (
  text: string,
  shown: string,
  checkIds: readonly string[],
  readBeside: (name: string) => Promise<string>,
  schema = settings,
): Promise<Settings> => {
  const { raw, locate } = parseYaml(text, shown);
  const accounts = await readAccounts(raw, readBeside).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error;
    const path = ['organizationAccounts'];
    throw toError(shown, [toLine(locate(path, false), path, error.message)], error);
  });
  const parsed = schema.safeParse(
    accounts ? { ...raw, organizationAccounts: accounts.map(({ id }) => id) } : raw,
    { reportInput: true },
  );
  const mistakes = [
    ...(parsed.success ? [] : toMistakes(parsed.error.issues, configuration)),
    ...toCheckMistakes(raw, checkIds),
  ];
  if (parsed.success && mistakes.length === 0) return parsed.data;
  const lines = mistakes
    .map((mistake) => ({ ...mistake, position: locate(mistake.path, mistake.isKey) }))
    .sort((a, b) => a.position.line - b.position.line || a.position.col - b.position.col)
    .map(({ path, message, position }) => {
      const account = accounts && path[0] === 'organizationAccounts' && accounts[Number(path[1])];
      if (account) return `${String(raw.organizationAccounts)}, line ${account.line}: ${message}`;
      return toLine(position, path, message);
    });
  throw toError(shown, lines);
};

const toLine = (position: ReturnType<Locate>, path: readonly PropertyKey[], message: string): string => {
  const name = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${toShown(part)}`)).join('');
  return `line ${position.line}, column ${position.col}: ${name.replace(/^\./, '')}${name ? ': ' : ''}${message}`;
};

const toShown = (part: PropertyKey) =>
  /^[\w-]+$/.test(String(part)) ? String(part) : JSON.stringify(String(part));

const toError = (shown: string, lines: string[], { cause, hint }: { cause?: unknown; hint?: string } = {}) =>
  new ConfigError(
    'CONFIG_INVALID',
    lines.length === 1
      ? `${shown}, ${lines[0]}`
      : `${shown} has ${lines.length} mistakes\n${lines.map((line) => `  ${line}`).join('\n')}`,
    { cause, hint },
  );

/** The text of a file; undefined where there is none and it was nobody's wish. Bounded, and works on pipes. */
const readText = async (
  file: string,
  shown: string,
  signal?: AbortSignal,
  isOptional = false,
): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of readInput(file, signal)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maximumBytes) break;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (isOptional && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new ConfigError('CONFIG_UNREADABLE', `${shown} can't be read`, { cause });
  }
  if (size > maximumBytes)
    throw new ConfigError('CONFIG_TOO_LARGE', `${shown} is larger than ${maximumBytes / 1_000_000} MB`, {
      hint: 'Is this the configuration? See docs for what it holds.',
    });
  return Buffer.concat(chunks).toString('utf8');
};

const parseYaml = (text: string, shown: string): { raw: Record<string, unknown>; locate: Locate } => {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true });
  const errors = [...document.errors, ...document.warnings, ...findStrayAliases(document)];
  if (errors.length > 0)
    throw toError(
      shown,
      errors.map(({ pos, message }) => toLine(lineCounter.linePos(pos[0]), [], message)),
    );
  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: maximumAliases });
  } catch (cause) {
    throw new ConfigError('CONFIG_INVALID', `${shown} repeats its anchors too often`, { cause });
  }
  if (raw === null)
    throw new ConfigError('CONFIG_EMPTY', `${shown} is empty`, {
      hint: 'Delete it, or say something in it.',
    });
  const mapping = z.record(z.string(), z.unknown()).safeParse(raw);
  if (!mapping.success) throw toError(shown, ['line 1, column 1: a list of `name: value` is expected']);
  return { raw: mapping.data, locate: toLocate(document, lineCounter) };
};

/** Aliases without an anchor before them, which the parser leaves to who reads their values. */
const findStrayAliases = (document: Document): { pos: readonly [number]; message: string }[] => {
  const strays: ReturnType<typeof findStrayAliases> = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document)) return;
      const message = `*${alias.source} stands for nothing: no anchor &${alias.source} comes before it`;
      strays.push({ pos: [alias.range?.[0] ?? 0], message });
    },
  });
  return strays;
};

/** The accounts of the file that `organizationAccounts` names, one a line, `#` for comments. */
const readAccounts = async (
  { organizationAccounts: name }: Record<string, unknown>,
  readBeside: (name: string) => Promise<string>,
): Promise<{ id: string; line: number }[] | undefined> => {
  if (typeof name !== 'string') return undefined;
  return (await readBeside(name))
    .split('\n')
    .map((line, index) => ({ id: line.replace(/#.*/, '').trim(), line: index + 1 }))
    .filter(({ id }) => id !== '');
};

const namedChecks = z.object({
  checks: z.record(z.string(), z.unknown()).catch({}),
  exceptions: z.array(z.object({ check: z.string() }).catch({ check: '*' })).catch([]),
});

/** Checks that are switched or excepted but do not exist: a typing error would otherwise excuse nothing, quietly. */
const toCheckMistakes = (raw: Record<string, unknown>, checkIds: readonly string[]): Mistake[] => {
  const { checks, exceptions } = namedChecks.parse(raw);
  const toMessage = (id: string) => {
    const nearest = toNearestName(id, checkIds);
    return `there is no check ${JSON.stringify(id)}${nearest ? `; did you mean ${nearest}?` : ''}`;
  };
  return [
    ...Object.keys(checks)
      .filter((id) => !checkIds.includes(id))
      .map((id) => ({ path: ['checks', id], message: toMessage(id), isKey: true })),
    ...exceptions.flatMap(({ check }, index) =>
      checkIds.some((id) => isGlobMatch(check, id))
        ? []
        : { path: ['exceptions', index, 'check'], message: toMessage(check), isKey: false },
    ),
  ];
};
