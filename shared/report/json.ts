/** The run's document of schema keyward/v1, one finding a line, so that two runs can be compared by diff. */
import type { RunDocument } from '../findings/finding.ts';
import { toPrintableJson } from './printable.ts';
import type { Result } from './result.ts';

/** Takes a result; gives its JSON in pieces, one finding at a time, so that no run is too large for a string. */
export function* toJson({ run, findings, summary }: Result): Iterable<string> {
  const schema: RunDocument['schema'] = 'keyward/v1';
  yield `{\n  "schema": ${JSON.stringify(schema)},\n  "run": ${toPrintableJson(run)},\n  "findings": [`;
  let separator = '\n';
  for (const finding of findings) {
    yield `${separator}    ${toPrintableJson(finding)}`;
    separator = ',\n';
  }
  yield `${findings.length > 0 ? '\n  ' : ''}],\n  "summary": ${toPrintableJson(summary)}\n}\n`;
}
