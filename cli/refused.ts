/** Ends an answer with who asked and what was refused: below a table, else on standard error. */
import { toPaint } from '../shared/report/block.ts';
import { type Asked, toRefusedLines } from '../shared/report/refused.ts';
import type { Result } from '../shared/report/result.ts';
import type { Values } from './arguments.ts';
import { checks } from './check-ids.ts';
import type { Answer, Surroundings } from './command.ts';
import { toTableOptions } from './report.ts';

interface Ending {
  asked: Asked;
  /** Whether standard output holds a table. */
  isTable: boolean;
  /** What may be unknown for it; none where no check ran. */
  findings?: Result['findings'];
}

/** Adds nothing where nothing was refused, and nothing to standard error with --quiet. */
export const withRefused = async <A extends Pick<Answer, 'text' | 'notice'>>(
  answer: A,
  { asked, isTable, findings = [] }: Ending,
  values: Values,
  surroundings: Surroundings,
): Promise<A> => {
  const { width, colour } = toTableOptions(values, surroundings);
  const toLines = (paint: boolean) =>
    toRefusedLines(asked, { findings, rules: checks }, width, toPaint(paint));
  if (isTable) return { ...answer, text: chain(answer.text, toLines(colour)) };
  if (values.quiet) return answer;
  const told = (await Array.fromAsync(toLines(false))).join('').trimEnd();
  const notice = [answer.notice, told].filter((text) => text).join('\n');
  return { ...answer, ...(notice === '' ? {} : { notice }) };
};

async function* chain(...parts: Answer['text'][]): AsyncIterable<string> {
  for (const part of parts) yield* part;
}
