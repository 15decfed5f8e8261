/** Findings for a spreadsheet: RFC 4180, every cell quoted, none that a spreadsheet would run. */
import { stringify } from 'csv-stringify/sync';
import type { Finding } from '../findings/finding.ts';
import { toPrintable } from './printable.ts';
import { type Result, toExceptionText } from './result.ts';

/** Other programs rely on the columns and their order. */
const columns = {
  id: ({ id }) => id,
  check: ({ check }) => check,
  kind: ({ kind }) => kind,
  status: ({ status }) => status,
  severity: ({ severity }) => severity,
  account: ({ account }) => account ?? '',
  region: ({ region }) => region ?? '',
  cluster: ({ cluster }) => cluster ?? '',
  resource: ({ resource }) => resource,
  subject: ({ subject }) => subject ?? '',
  title: ({ title }) => title,
  message: ({ message }) => message,
  reason: ({ reason }) => reason ?? '',
  remediation: ({ remediation }) => remediation.text,
  exception: ({ exception }) => (exception ? toExceptionText(exception) : ''),
} satisfies Record<string, (finding: Finding) => string>;

/** Takes a result; gives a line of column names, and one for each finding in the result's order. */
export async function* toCsv({ findings }: Pick<Result, 'findings'>): AsyncIterable<string> {
  yield toLine(Object.keys(columns));
  for await (const finding of findings)
    yield toLine(Object.values(columns).map((toCell) => toPrintable(toCell(finding))));
}

const toLine = (cells: string[]): string =>
  stringify([cells.map(neutralise)], { quoted: true, quoted_empty: true, record_delimiter: 'windows' });

// `escape_formulas` of csv-stringify knows these but for the blanks that a spreadsheet trims off before them:
// https://owasp.org/www-community/attacks/CSV_Injection
const formula = /^\s*[=+\-@＝＋－＠]/u;

/** A leading apostrophe makes it text in every spreadsheet. */
const neutralise = (cell: string): string => (formula.test(cell) ? `'${cell}` : cell);
