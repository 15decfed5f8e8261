/**
 * Queries of Logs Insights over lines, as far as these commands go: filter, parse by a regular expression, fields with
 * substr, stats, limit, each on a line of its own. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */
import { type Fields, MalformedQueryError, parseCondition } from './expression.ts';

export type LogLine = { timestamp: number; logStreamName: string; message: string };

type Step = (lines: Fields[]) => Fields[];

/** Of a JSON line no more are found. */
const mostFields = 200;

/** A JSON line's fields are found by themselves: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html */
const toFields = ({ timestamp, logStreamName, message }: LogLine): Fields => {
  const fields: Fields = new Map([
    ['@timestamp', String(timestamp)],
    ['@logStream', logStreamName],
    ['@message', message],
  ]);
  const add = (name: string, value: unknown): void => {
    if (value === null || value === undefined) return;
    if (typeof value !== 'object') {
      if (fields.size < mostFields) fields.set(name, String(value));
    } else
      for (const [member, inner] of Object.entries(value))
        add(name === '' ? member : `${name}.${member}`, inner);
  };
  if (message.startsWith('{')) add('', JSON.parse(message));
  return fields;
};

/** Takes lines and a query; gives its rows. Throws MalformedQueryError. */
export const runQuery = (lines: readonly LogLine[], query: string): Fields[] =>
  query
    .split(/\s*\n\s*\|\s*/)
    .map(toStep)
    .reduce((rows, step) => step(rows), lines.map(toFields));

const toStep = (command: string): Step => {
  const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/s.exec(command.trim()) ?? [];
  const step = commands[name];
  if (!step) throw new MalformedQueryError(`no command ${name}`);
  return step(rest);
};

const commands: Record<string, (rest: string) => Step> = {
  filter: (rest) => {
    const condition = parseCondition(rest);
    return (rows) => rows.filter(condition);
  },
  parse: (rest) => {
    const [, field, pattern] = /^([@\w.]+)\s+\/(.*)\/$/s.exec(rest) ?? [];
    if (field === undefined || pattern === undefined) throw new MalformedQueryError(`parse ${rest}`);
    const expression = new RegExp(pattern);
    return (rows) =>
      rows.map((row) => {
        const found = expression.exec(row.get(field) ?? '')?.groups ?? {};
        for (const [name, value] of Object.entries(found)) if (value !== undefined) row.set(name, value);
        return row;
      });
  },
  fields: (rest) => {
    const [, field = '', start, length, name] =
      /^substr\(([@\w.]+), (\d+), (\d+)\) as (\w+)$/.exec(rest) ?? [];
    if (name === undefined) throw new MalformedQueryError(`fields ${rest}`);
    return (rows) =>
      rows.map((row) => row.set(name, (row.get(field) ?? '').substr(Number(start), Number(length))));
  },
  stats: (rest) => {
    const [, asked = '', by = ''] = /^(.*) by (.*)$/s.exec(rest) ?? [];
    const names = by.split(/\s*,\s*/);
    const aggregates = asked.split(/,\s+/).map(toAggregate);
    return (rows) =>
      [...Map.groupBy(rows, (row) => JSON.stringify(names.map((name) => row.get(name) ?? null)))].map(
        ([, alike]) => {
          const counted: Fields = new Map();
          for (const name of names) {
            const value = alike[0]?.get(name);
            if (value !== undefined) counted.set(name, value);
          }
          for (const { name, of } of aggregates) counted.set(name, of(alike));
          return counted;
        },
      );
  },
  limit: (rest) => (rows) => rows.slice(0, Number(rest)),
};

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html */
const toAggregate = (text: string): { name: string; of: (rows: Fields[]) => string } => {
  const [, how = '', field = '', name = ''] = /^(\w+)\(([@\w.*]+)\) as (\w+)$/.exec(text) ?? [];
  const toValues = (rows: Fields[]) => rows.flatMap((row) => row.get(field) ?? []).sort();
  const toTime = (row: Fields) => Number(row.get('@timestamp'));
  switch (how) {
    case 'count':
      return { name, of: (rows) => String(rows.length) };
    case 'sortsFirst':
      return { name, of: (rows) => toValues(rows)[0] ?? '' };
    case 'sortsLast':
      return { name, of: (rows) => toValues(rows).at(-1) ?? '' };
    case 'earliest':
      return { name, of: (rows) => [...rows].sort((a, b) => toTime(a) - toTime(b))[0]?.get(field) ?? '' };
    default:
      throw new MalformedQueryError(`no function ${text}`);
  }
};
