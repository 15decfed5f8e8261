/** Which formats go where: opened before a run, rendered after it. */
import { resolve } from 'node:path';
import { toAsffList } from '../shared/report/asff-list.ts';
import { toCsv } from '../shared/report/csv.ts';
import { toGithub } from '../shared/report/github.ts';
import type { HtmlOptions } from '../shared/report/html/html.ts';
import { toJson } from '../shared/report/json.ts';
import { toJsonLines } from '../shared/report/jsonl.ts';
import { toJunit } from '../shared/report/junit.ts';
import { toMarkdown } from '../shared/report/markdown.ts';
import { toOcsf } from '../shared/report/ocsf.ts';
import { type Result, toCountsLine } from '../shared/report/result.ts';
import { toSarif } from '../shared/report/sarif.ts';
import { type TableOptions, toTable } from '../shared/report/table.ts';
import { UsageError } from '../shared/runtime/errors.ts';
import { toNearestName } from '../shared/runtime/nearest-name.ts';
import type { Values } from './arguments.ts';
import { catalogue } from './check-ids.ts';
import type { Answer, Surroundings } from './command.ts';
import { type OutputFile, openOutput, toRealPath } from './output.ts';

type Format = (result: Result, options: TableOptions & HtmlOptions) => AsyncIterable<string>;

const formatsOfAny = new Map<string, Format>([
  ['table', toTable],
  ['json', toJson],
  ['jsonl', toJsonLines],
  ['csv', toCsv],
  ['asff', toAsffList],
  ['ocsf', toOcsf],
  ['sarif', toSarif],
  ['junit', toJunit],
  ['markdown', toMarkdown],
]);

/** Loaded when asked for: its page is larger than all other formats together. */
async function* toHtmlPage(result: Result, options: HtmlOptions): AsyncIterable<string> {
  const { toHtml } = await import('../shared/report/html/html.ts');
  yield* toHtml(result, options);
}

export const formats: ReadonlyMap<string, Format> = new Map([...formatsOfAny, ['html', toHtmlPage]]);

/** Security Hub takes findings of an account and Region: a kubeconfig and manifests tell of neither. */
export const formatsWithoutAccount: ReadonlyMap<string, Format> = new Map(
  [...formats].filter(([name]) => name !== 'asff'),
);

/** Annotations need lines of files: manifests alone have them. The page draws clusters: manifests have none. */
export const formatsOfManifests: ReadonlyMap<string, Format> = new Map([
  ...[...formatsWithoutAccount].filter(([name]) => name !== 'html'),
  ['github', toGithub],
]);

/** Where nobody knows how wide a line may be. */
const unknownWidth = 100;

export interface Report {
  /** The file of --save-evidence, already open. */
  evidence?: OutputFile;
  /** Whether standard output is given a table. */
  isTable: boolean;
  /** Writes the files; gives what goes to standard output and standard error. `access` is gone through by html alone. */
  render: (result: Result, access?: HtmlOptions['access']) => Promise<Omit<Answer, 'exitCode'>>;
  /** Leaves no trace of files that will not be written. */
  discard: () => Promise<void>;
}

/** Takes --format, --save-evidence and the terminal; gives the report, its files open. Throws UsageError. */
export const openReport = async (
  values: Values,
  surroundings: Surroundings,
  inputs: readonly string[] = [],
  known: ReadonlyMap<string, Format> = formats,
): Promise<Report> => {
  const { folder } = surroundings;
  const wanted = (values.format ?? ['table']).map((value) => parseFormat(value, known));
  const toStdout = wanted.filter(({ file }) => file === undefined);
  if (toStdout.length > 1)
    throw new UsageError(
      'CONTRADICTION',
      'only one --format may go to standard output; give the others =FILE',
    );
  const evidencePath = values['save-evidence'];
  const paths = [...wanted.map(({ file }) => file), evidencePath, values.baseline, ...inputs].filter(
    (path) => path !== undefined,
  );
  const real = await Promise.all(paths.map((path) => toRealPath(resolve(folder, path))));
  if (new Set(real).size < paths.length)
    throw new UsageError(
      'CONTRADICTION',
      'one file can only be written once, and not while it is read; two names are the same',
    );

  const files: { format: Format; output: OutputFile }[] = [];
  let evidence: OutputFile | undefined;
  const discard = async () => {
    await Promise.all([...files.map(({ output }) => output.discard()), evidence?.discard()]);
  };
  try {
    for (const { format, file } of wanted)
      if (file !== undefined) files.push({ format, output: await openOutput(file, surroundings) });
    // Saved evidence holds inventories of who may do what: for its owner only.
    if (evidencePath !== undefined) evidence = await openOutput(evidencePath, surroundings, 0o600);
  } catch (error) {
    await discard();
    throw error;
  }

  const render: Report['render'] = async (result, access) => {
    for (const { format, output } of files)
      await output.write(format(result, { width: unknownWidth, colour: false, rules: catalogue, access }));
    const [onStdout] = toStdout;
    if (onStdout) {
      const options = { ...toTableOptions(values, surroundings), rules: catalogue, access };
      return { text: onStdout.format(result, options) };
    }
    return { text: [], notice: values.quiet ? undefined : toCountsLine(result) };
  };
  return { evidence, isTable: toStdout[0]?.format === toTable, render, discard };
};

const parseFormat = (
  value: string,
  known: ReadonlyMap<string, Format>,
): { format: Format; file?: string } => {
  const [name = '', ...rest] = value.split('=');
  const format = known.get(name);
  const file = rest.length > 0 ? rest.join('=') : undefined;
  if (!format) {
    const nearest = toNearestName(name, [...known.keys()]);
    throw new UsageError('UNKNOWN_FORMAT', `--format: there is no format ${JSON.stringify(name)}`, {
      hint: nearest ? `Did you mean ${nearest}?` : `Formats are ${[...known.keys()].join(', ')}.`,
    });
  }
  if (file === '') throw new UsageError('EMPTY_VALUE', `--format ${name}= names no file`);
  return { format, file };
};

/** Colour and width of standard output: https://no-color.org, https://force-color.org */
export const toTableOptions = (
  values: Values,
  { env, stdout }: Pick<Surroundings, 'env' | 'stdout'>,
): TableOptions => {
  const isForced = !!env.FORCE_COLOR && env.FORCE_COLOR !== '0';
  const isForbidden = !!values['no-color'] || !!env.NO_COLOR || env.FORCE_COLOR === '0';
  const isCapable = stdout.isTTY === true && env.TERM !== 'dumb';
  return {
    width: stdout.isTTY ? (stdout.columns ?? unknownWidth) : unknownWidth,
    colour: !isForbidden && (isForced || isCapable),
  };
};
