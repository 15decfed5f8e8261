/** Tells holders of the same policies apart where a condition asks who they are. */
import { evaluateCondition } from './condition.ts';
import type { Holder } from './holders.ts';
import type { Condition, Statement } from './policy.ts';
import { type Lookup, toVariableKeys } from './policy-variables.ts';

const version = '2012-10-17';
const tagPrefix = 'aws:principaltag/';
const personalKeys = new Set(['aws:username', 'aws:userid', 'aws:principalarn']);

/** What of a holder the statements look at: conditions on its ARN, tags, or all that it is. */
export type Distinction = { arnConditions: Condition[]; tagKeys: string[]; isPersonal: boolean };

/** What any of the statements could tell two holders of one account apart by. */
export function toDistinction(statements: readonly Statement[]): Distinction {
  const conditions = statements.flatMap((statement) => statement.conditions);
  const texts = [
    ...statements.flatMap(({ resources, notResources }) => resources ?? notResources ?? []),
    ...conditions.flatMap(({ values }) => values),
  ];
  const variables = texts.flatMap((text) => toVariableKeys(text, version));
  const keys = [...variables, ...conditions.map(({ key }) => key)];
  const onArn = conditions.filter(({ key }) => key === 'aws:principalarn');
  const isPersonal =
    variables.some((key) => personalKeys.has(key)) ||
    keys.includes('aws:userid') ||
    keys.includes('aws:username') ||
    onArn.some(({ values }) => values.some((value) => value.includes('${')));
  return {
    arnConditions: isPersonal ? [] : onArn,
    tagKeys: isPersonal ? [] : [...new Set(keys.filter((key) => key.startsWith(tagPrefix)))].sort(),
    isPersonal,
  };
}

/** Holders that the distinction leaves together. */
export function splitHolders(holders: readonly Holder[], distinction: Distinction): Holder[][] {
  const { arnConditions, tagKeys, isPersonal } = distinction;
  if (isPersonal) return holders.map((holder) => [holder]);
  if (arnConditions.length === 0 && tagKeys.length === 0) return [[...holders]];
  const parts = new Map<string, Holder[]>();
  for (const holder of holders) {
    const mark = toMark(holder, distinction);
    const part = parts.get(mark);
    if (part) part.push(holder);
    else parts.set(mark, [holder]);
  }
  return [...parts.values()];
}

function toMark({ arn, fixed: { tags = {} } }: Holder, { arnConditions, tagKeys }: Distinction): string {
  const lookup: Lookup = (key) => (key === 'aws:principalarn' ? [arn] : 'unknown');
  const answers = arnConditions.map((condition) => evaluateCondition(condition, version, lookup));
  const own = new Map(
    Object.entries(tags).map(([name, value]) => [`${tagPrefix}${name.toLowerCase()}`, value]),
  );
  return JSON.stringify([answers, tagKeys.map((key) => own.get(key) ?? null)]);
}
