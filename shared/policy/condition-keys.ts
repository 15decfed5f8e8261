import type { Policy, Statement } from './policy.ts';
import { toVariableKeys } from './policy-variables.ts';

/** The condition keys a policy looks at, lower-cased and sorted, those its variables take in included. */
export function getConditionKeys({ version, statements }: Policy): string[] {
  const keys = statements.flatMap(({ conditions, resources, notResources }) => {
    const texts = [...(resources ?? notResources ?? []), ...conditions.flatMap(({ values }) => values)];
    return [...conditions.map(({ key }) => key), ...texts.flatMap((text) => toVariableKeys(text, version))];
  });
  return [...new Set(keys)].sort();
}

/** The condition keys on which it can hang what one statement lets in: its own, and those of every Deny. */
export function getDecidingKeys(policy: Policy, statement: Statement): string[] {
  const denies = policy.statements.filter(({ effect }) => effect === 'Deny');
  return getConditionKeys({ ...policy, statements: [statement, ...denies] });
}
