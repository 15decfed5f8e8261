/** `keyward explain CHECK`: all that is known of one check. */
import { exceptionsAreInDate } from '../../shared/findings/exceptions.ts';
import { toPaint } from '../../shared/report/block.ts';
import { wrap } from '../../shared/report/wrap.ts';
import { catalogue, checkIds } from '../check-ids.ts';
import type { Command } from '../command.ts';
import { requireCheck } from '../options.ts';
import { toTableOptions } from '../report.ts';

export const explain: Command = async ({ values, operands }, surroundings) => {
  const [id = ''] = operands;
  requireCheck(id, checkIds);
  const entry = catalogue.find((candidate) => candidate.id === id);
  const { width, colour } = toTableOptions(values, surroundings);
  return { text: entry ? toExplanation(entry, Math.min(width, 100), colour) : [], exitCode: 0 };
};

function* toExplanation(entry: (typeof catalogue)[number], width: number, colour: boolean): Iterable<string> {
  const bold = (text: string) => toPaint(colour)('bold', text);
  function* section(title: string, paragraphs: readonly string[]): Iterable<string> {
    if (paragraphs.length === 0) return;
    yield `\n${bold(title)}\n`;
    for (const paragraph of paragraphs) for (const line of wrap(paragraph, width - 2)) yield `  ${line}\n`;
  }
  const { id, title, pass, rationale, remediation, references, frameworks } = entry;
  const outcomes = Object.entries(entry.outcomes).map(([name, outcome]) => [toWords(name), outcome] as const);
  const longest = Math.max(...outcomes.map(([name]) => name.length));
  yield `${bold(id)}\n`;
  for (const line of wrap(title, width)) yield `${line}\n`;
  yield* section('A pass claims', [pass]);
  yield `\n${bold('Severity')}\n`;
  for (const [name, { severity }] of outcomes) yield `  ${name.padEnd(longest)}  ${severity}\n`;
  yield* section('Why', [rationale]);
  yield* section('How to fix', [
    remediation.text,
    ...('url' in remediation && remediation.url ? [remediation.url] : []),
  ]);
  yield* section('References', references);
  yield* section(
    'Known elsewhere as',
    Object.entries(frameworks).map(([name, ids]) => `${name}: ${ids.join(', ')}`),
  );
  // It judges the exceptions themselves: none is asked about it.
  if (id === exceptionsAreInDate.id) return;
  yield `\n${bold('To except it')}, in keyward.config.yaml\n`;
  for (const line of toExceptionYaml(id)) yield `  ${line}\n`;
}

/** `importedMaterialIsOld` as people write it. */
const toWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** What can be copied and then made narrower. */
const toExceptionYaml = (check: string): string[] => [
  'exceptions:',
  `  - check: ${check}`,
  '    resource: "*"          # a glob on the ARN that failed',
  '    cluster: "*"           # a glob on the name of the cluster',
  '    reason: why this is as it should be',
  '    owner: the team that stands behind it',
  '    expires: YYYY-MM-DD    # from the next day on it excuses nothing',
];
