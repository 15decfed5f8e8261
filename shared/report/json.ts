/** The run's document of schema keyward/v1, one finding a line, so that two runs can be compared by diff. */
import type { RunDocument } from '../findings/finding.ts';
import { toPrintableJson } from './printable.ts';
import type { Result } from './result.ts';

/** Takes a result; gives its JSON in pieces, one finding at a time, so that no run is too large for a string. */
export async function* toJson({ run, findings, summary, baseline }: Result): AsyncIterable<string> {
  const schema: RunDocument['schema'] = 'keyward/v1';
  yield `{\n  "schema": ${JSON.stringify(schema)},\n  "run": ${toPrintableJson(run)},\n  "findings": [`;
  let isFirst = true;
  for await (const finding of findings) {
    yield `${isFirst ? '\n' : ',\n'}    ${toPrintableJson(finding)}`;
    isFirst = false;
  }
  yield `${isFirst ? '' : '\n  '}],\n  "summary": ${toPrintableJson(summary)}`;
  yield baseline ? `,\n  "baseline": ${toPrintableJson(baseline)}\n}\n` : '\n}\n';
}
