/** One line of JSON a finding and nothing else: for tools that read streams. */
import { toPrintableJson } from './printable.ts';
import type { Result } from './result.ts';

/** Takes a result; gives a line for each finding, in the result's order. */
export async function* toJsonLines({ findings }: Pick<Result, 'findings'>): AsyncIterable<string> {
  for await (const finding of findings) yield `${toPrintableJson(finding)}\n`;
}
