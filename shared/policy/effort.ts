import type { Statement } from './policy.ts';

/**
 * What a question may still cost: states followed, values compared, callers and requests tried. Counted and not
 * timed, so that the same policy has the same answer on every machine.
 */
export type Effort = { left: number };

/** For all questions of one kind about a policy. Ordinary questions need some hundreds each. */
export const effortOfPolicy = 1_500_000;

/** What it costs to hold a request against these statements. */
export function toCost(statements: Statement[]): number {
  return statements.reduce(
    (sum, { conditions, resources, notResources }) =>
      conditions.reduce(
        (part, { operator, values }) =>
          part + values.length * (/^(Numeric|Date|IpAddress|NotIpAddress)/.test(operator) ? 8 : 1),
        sum + 1 + toResourceCost(resources ?? notResources ?? []),
      ),
    0,
  );
}

/** A resource with a variable is another pattern for each request; all others are held against the key as text. */
function toResourceCost(texts: string[]): number {
  return texts.filter((text) => text.includes('$')).length * 64;
}
