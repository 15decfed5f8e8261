/**
 * Failures as annotations of GitHub Actions, at the line of the manifest they are about.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
import type { Severity } from '../evidence/settings.ts';
import type { Finding } from '../findings/finding.ts';
import { toPrintable } from './printable.ts';
import { isOpenFailure, type Result } from './result.ts';

const commands: Record<Severity, 'error' | 'warning' | 'notice'> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'notice',
  info: 'notice',
};

/** Takes a result; gives one workflow command a line for each failure that nobody excused, in the result's order. */
export async function* toGithub({ findings }: Pick<Result, 'findings'>): AsyncIterable<string> {
  for await (const finding of findings) if (isOpenFailure(finding)) yield toCommand(finding);
}

const toCommand = ({ check, severity, resource, message, remediation, origin }: Finding): string => {
  // Standard input is no file of the repository.
  const isInFile = origin !== undefined && origin.file !== '-';
  const place = isInFile ? [`file=${toProperty(origin.file)}`, `line=${origin.line}`] : [];
  const properties = [...place, `title=${toProperty(`${check} (${severity})`)}`].join(',');
  const text = isInFile ? message : `${message} (${resource}${origin ? `, line ${origin.line}` : ''})`;
  return `::${commands[severity]} ${properties}::${toData(`${text}\n${remediation.text}`)}\n`;
};

/** As @actions/core escapes what stands behind the second pair of colons. A line that came from data stays in it. */
const toData = (text: string): string =>
  text
    .split('\n')
    .map((line) => toPrintable(line).replaceAll('%', '%25'))
    .join('%0A');

const toProperty = (text: string): string =>
  toPrintable(text).replaceAll('%', '%25').replaceAll(':', '%3A').replaceAll(',', '%2C');
