/** Values of the command line, validated before anything is asked. */
import { type Severity, severities } from '../shared/evidence/settings.ts';
import { UsageError } from '../shared/runtime/errors.ts';
import { toNearestName } from '../shared/runtime/nearest-name.ts';
import type { CommandName, Values } from './arguments.ts';

export const toHint = (value: string, known: readonly string[]) => {
  const nearest = toNearestName(value, known);
  return nearest ? `Did you mean ${nearest}?` : undefined;
};

/** `a,b` as a list without repetitions. Throws UsageError where it names nothing. */
export const parseList = (option: string, value: string): string[] => {
  const names = value.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new UsageError('EMPTY_VALUE', `${option} has an empty entry`);
  return [...new Set(names)];
};

/** Takes --fail-on; gives the least severity that counts, high unless it says otherwise. */
export const parseFailOn = ({ 'fail-on': value = 'high' }: Values): Severity => {
  const severity = severities.find((known) => known === value);
  if (severity) return severity;
  throw new UsageError('UNKNOWN_SEVERITY', `--fail-on: there is no severity ${JSON.stringify(value)}`, {
    hint: toHint(value, severities) ?? `Severities are ${severities.join(', ')}.`,
  });
};

/** Takes --checks and the ids there are; gives the chosen ids, undefined for all. */
export const parseChecks = ({ checks }: Values, known: readonly string[]): string[] | undefined => {
  if (checks === undefined) return undefined;
  const ids = parseList('--checks', checks);
  for (const id of ids) requireCheck(id, known);
  return ids;
};

/** Throws UsageError with the nearest id where there is no such check. */
export const requireCheck = (id: string, known: readonly string[]): void => {
  if (known.includes(id)) return;
  throw new UsageError('UNKNOWN_CHECK', `there is no check ${JSON.stringify(id)}`, {
    hint: toHint(id, known) ?? 'keyward checks lists them all.',
  });
};

/** Takes --clusters; gives the glob. */
export const parseClusters = ({ clusters }: Values): string | undefined => {
  if (clusters?.trim() === '') throw new UsageError('EMPTY_VALUE', '--clusters is empty');
  return clusters;
};

/** Of EKS's names none is a glob: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html */
export const parseCluster = ([cluster = '']: string[]): string => {
  if (/^(arn:[^:]+:eks:[^:]+:\d{12}:cluster\/)?[0-9A-Za-z][\w-]{0,99}$/.test(cluster)) return cluster;
  throw new UsageError('WRONG_CLUSTER', `${JSON.stringify(cluster)} is no name and no ARN of a cluster`);
};

/** The formats of a command that gives one document, on standard output. */
export const documentFormats = ['table', 'json'] as const;

/** Takes --format of such a command; gives the format's name. */
export const parseTableOrJson = (
  command: CommandName,
  { format = ['table'] }: Values,
): (typeof documentFormats)[number] => {
  const name = documentFormats.find((known) => known === format[0]);
  if (format.length === 1 && name) return name;
  const message = `--format: keyward ${command} gives one of table and json, on standard output`;
  throw new UsageError('UNKNOWN_FORMAT', message, { hint: toHint(format[0] ?? '', documentFormats) });
};
