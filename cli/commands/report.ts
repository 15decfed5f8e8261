/** `keyward report FILE`: one HTML page of a run that was saved. Asks nothing of AWS. */
import { resolve } from 'node:path';
import { toCountsLine } from '../../shared/report/result.ts';
import { UsageError } from '../../shared/runtime/errors.ts';
import { catalogue } from '../check-ids.ts';
import type { Command } from '../command.ts';
import { openOutput, toRealPath } from '../output.ts';
import { loadRun } from '../saved-run.ts';

export const report: Command = async ({ values, operands }, surroundings) => {
  const { folder, signal } = surroundings;
  const [file = ''] = operands;
  const input = resolve(folder, file);
  const { output: path } = values;
  if (path === '') throw new UsageError('EMPTY_VALUE', '--output names no file');
  if (path !== undefined && (await toRealPath(input)) === (await toRealPath(resolve(folder, path))))
    throw new UsageError('CONTRADICTION', 'the page would be written over what it is made of');
  const output = path === undefined ? undefined : await openOutput(path, surroundings);
  try {
    const { result, access } = await loadRun(input, signal);
    const { toHtml } = await import('../../shared/report/html/html.ts');
    const page = toHtml(result, { rules: catalogue, access });
    if (!output) return { text: page, exitCode: 0 };
    await output.write(page);
    return { text: [], notice: values.quiet ? undefined : toCountsLine(result), exitCode: 0 };
  } finally {
    await output?.discard();
  }
};
