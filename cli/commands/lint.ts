/** `keyward lint PATH…`: judges manifests before they reach a cluster. */
import { relative, resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { toPrintable } from '../../shared/report/printable.ts';
import { loadConfig } from '../../shared/runtime/config.ts';
import { type LintResult, lint as lintManifests } from '../../shared/use-cases/lint.ts';
import { loadBaseline, withBaseline } from '../baseline.ts';
import { checks as allChecks, checkIds } from '../check-ids.ts';
import type { Command } from '../command.ts';
import { toExitCode } from '../exit-code.ts';
import { parseChecks, parseFailOn } from '../options.ts';
import { formatsOfManifests, openReport } from '../report.ts';

export const lint: Command = async ({ values, operands }, surroundings) => {
  const { folder, signal, stderr } = surroundings;
  const failOn = parseFailOn(values);
  const checks = parseChecks(values, checkIds);
  const { settings, name: configuration } = await loadConfig(values.config, { folder, checkIds, signal });
  const inputs = operands.filter((path) => path !== '-');
  const baseline = await loadBaseline(values, surroundings);
  const report = await openReport(values, surroundings, [...new Set(inputs)], formatsOfManifests);
  try {
    const result = await lintManifests([...new Set(operands)], allChecks, {
      folder,
      stdin: () => addAbortSignal(signal, process.stdin),
      settings,
      configuration,
      checks,
      signal,
    });
    for (const line of [...toProblemLines(result), ...(values.quiet ? [] : toSkippedLines(result))])
      stderr.write(`keyward: ${toPrintable(line)}\n`);
    const { objects, files } = result;
    const isInterrupted = signal.aborted;
    const compared = await withBaseline(
      { ...result, isInterrupted, manifests: { objects, files } },
      baseline,
      ({ origin }) => isWithin(origin?.file, operands, folder),
    );
    const rendered = await report.render(compared);
    // What could not be read may hold anything: that weighs more than what was found beside it.
    const isUnread = result.problems.length > 0;
    const isStrict = values.strict === true;
    const exitCode = isUnread ? 2 : toExitCode(compared, { failOn, isStrict, isInterrupted });
    return { ...rendered, exitCode };
  } finally {
    await report.discard();
  }
};

const toProblemLines = ({ problems }: LintResult): string[] => [
  ...problems.map(({ file, line, what }) => `${file}${line === undefined ? '' : `, line ${line}`}: ${what}`),
  ...(problems.some(({ isTemplate }) => isTemplate)
    ? ['templates of Helm are rendered first: helm template CHART | keyward lint -']
    : []),
];

const mostNames = 3;

/** What was left out as nothing of Kubernetes is said, so that nobody takes it for judged. */
const toSkippedLines = ({ skipped: { documents, files, links } }: LintResult): string[] => [
  ...(documents > 0
    ? [
        `${documents === 1 ? '1 document is' : `${documents} documents are`} nothing of Kubernetes, and left out`,
      ]
    : []),
  ...(files.length > 0 ? [`nothing of Kubernetes in ${toNames(files)}`] : []),
  ...(links.length > 0 ? [`links that lead out of the folder were not followed: ${toNames(links)}`] : []),
];

const toNames = (names: readonly string[]): string =>
  names.length > mostNames
    ? `${names.slice(0, mostNames).join(', ')} and ${names.length - mostNames} more`
    : names.join(', ');

/** Whether a file, or where it was, is among what is judged: a path that was given, or in a folder that was. */
const isWithin = (file: string | undefined, operands: readonly string[], folder: string): boolean =>
  file === undefined ||
  operands.some((operand) =>
    file === '-' || operand === '-'
      ? file === operand
      : !/^\.\.(?:[/\\]|$)/.test(relative(resolve(folder, operand), resolve(folder, file))),
  );
