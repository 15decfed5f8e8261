/** Findings in ASFF as `aws securityhub batch-import-findings` takes them, for those who publish by a way of their own. */
import { parseArn } from '../evidence/arn.ts';
import { toTold } from '../findings/tracked.ts';
import { toAsff } from './asff.ts';
import { toPrintableJson } from './printable.ts';
import type { Result } from './result.ts';
import { type RuleOptions, toRulesById } from './rule.ts';

/**
 * Takes a result; gives a JSON array in pieces, a finding a line. Findings of no account and such as do not apply are
 * left out. A run by itself does not know when a finding was first seen: its dates are the run's.
 */
export async function* toAsffList(
  { run, findings }: Pick<Result, 'run' | 'findings'>,
  { rules }: RuleOptions,
): AsyncIterable<string> {
  const byId = toRulesById(rules);
  yield '[';
  let separator = '\n';
  for await (const finding of findings) {
    const partition = parseArn(finding.resource)?.partition;
    if (partition === undefined) continue;
    const asff = toAsff(toTold(finding), {
      partition,
      firstSeenAt: run.startedAt,
      updatedAt: run.startedAt,
      recordState: 'ACTIVE',
      frameworks: byId.get(finding.check)?.frameworks ?? {},
    });
    if (!asff) continue;
    yield separator + toPrintableJson(asff);
    separator = ',\n';
  }
  yield '\n]\n';
}
