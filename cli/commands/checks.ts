/** `keyward checks`: the catalogue. */
import { severities } from '../../shared/evidence/settings.ts';
import { wrap } from '../../shared/report/wrap.ts';
import { catalogue } from '../check-ids.ts';
import type { Command } from '../command.ts';
import { parseTableOrJson } from '../options.ts';
import { toTableOptions } from '../report.ts';

type Entry = (typeof catalogue)[number];

/** The severities that a check can give, worst first. */
export const toSeverities = (outcomes: Entry['outcomes']): string => {
  const possible: string[] = Object.values(outcomes).map(({ severity }) => severity);
  return severities.filter((severity) => possible.includes(severity)).join(', ');
};

export const checks: Command = async ({ values }, surroundings) => {
  if (parseTableOrJson('checks', values) === 'json') return { text: toCatalogueJson(), exitCode: 0 };
  return { text: toCatalogueTable(toTableOptions(values, surroundings).width), exitCode: 0 };
};

function* toCatalogueJson(): Iterable<string> {
  const entries = catalogue.map(
    ({ id, kind, title, rationale, remediation, references, frameworks, outcomes }) => ({
      id,
      kind,
      title,
      severities: Object.fromEntries(
        Object.entries(outcomes).map(([name, { severity }]) => [name, severity]),
      ),
      rationale,
      remediation,
      references,
      frameworks,
    }),
  );
  yield `${JSON.stringify(entries, null, 2)}\n`;
}

function* toCatalogueTable(width: number): Iterable<string> {
  const longest = Math.max(...catalogue.map(({ id }) => id.length));
  const indent = width >= longest + 40 ? longest + 2 : 4;
  for (const { id, title, outcomes } of catalogue) {
    const lines = wrap(`${title} (${toSeverities(outcomes)})`, width - indent);
    const isBeside = indent > longest;
    if (!isBeside) yield `${id}\n`;
    for (const [index, line] of lines.entries())
      yield `${(isBeside && index === 0 ? id : '').padEnd(indent)}${line}\n`;
  }
}
