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
/** Holders that nothing tells apart, and what they have in common. */
export type Part = { holders: Holder[]; mark: string };

/** What any of the statements could tell two holders of one account apart by. */
export function toDistinction(statements: readonly Statement[]): Distinction {
  const conditions = statements.flatMap((statement) => statement.conditions);
  const variables = toVariables(statements);
  const keys = toContextKeys(statements);
  const onArn = conditions.filter(({ key }) => key === 'aws:principalarn');
  const isPersonal =
    variables.some((key) => personalKeys.has(key)) ||
    keys.has('aws:userid') ||
    keys.has('aws:username') ||
    onArn.some(({ values }) => values.some((value) => value.includes('${')));
  return {
    arnConditions: isPersonal ? [] : onArn,
    tagKeys: isPersonal ? [] : [...keys].filter((key) => key.startsWith(tagPrefix)).sort(),
    isPersonal,
  };
}

/** Every condition key that the statements look at. */
export function toContextKeys(statements: readonly Statement[]): Set<string> {
  const keys = statements.flatMap(({ conditions }) => conditions.map(({ key }) => key));
  return new Set([...toVariables(statements), ...keys]);
}

function toVariables(statements: readonly Statement[]): string[] {
  const texts = statements.flatMap(({ resources, notResources, conditions }) => [
    ...(resources ?? notResources ?? []),
    ...conditions.flatMap(({ values }) => values),
  ]);
  return texts.flatMap((text) => (text.includes('$') ? toVariableKeys(text, version) : []));
}

/** What either of two distinctions tells apart. */
export function toBoth(one: Distinction, other: Distinction): Distinction {
  const isPersonal = one.isPersonal || other.isPersonal;
  return {
    arnConditions: isPersonal ? [] : [...one.arnConditions, ...other.arnConditions],
    tagKeys: isPersonal ? [] : [...new Set([...one.tagKeys, ...other.tagKeys])].sort(),
    isPersonal,
  };
}

/** Text that two distinctions share where they tell the same apart. */
export function toDistinctionMark({ arnConditions, tagKeys, isPersonal }: Distinction): string {
  return JSON.stringify([isPersonal, tagKeys, arnConditions.map((condition) => Object.values(condition))]);
}

/** Holders that the distinction leaves together. */
export function splitHolders(holders: readonly Holder[], distinction: Distinction): Part[] {
  const { arnConditions, tagKeys, isPersonal } = distinction;
  if (isPersonal) return holders.map((holder) => ({ holders: [holder], mark: holder.arn }));
  if (arnConditions.length === 0 && tagKeys.length === 0) return [{ holders: [...holders], mark: '' }];
  const parts = new Map<string, Part>();
  const told = toDistinctionMark(distinction);
  for (const holder of holders) {
    const mark = `${told}${toMark(holder, distinction)}`;
    const part = parts.get(mark);
    if (part) part.holders.push(holder);
    else parts.set(mark, { holders: [holder], mark });
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
