import { evaluateCondition } from './condition.ts';
import { hasGlobMatch, hasMatch, toPattern } from './pattern.ts';
import type { PolicyVersion, Statement } from './policy.ts';
import { fillVariables, type Lookup, toTextParts } from './policy-variables.ts';
import { and, not, or, type Truth } from './truth.ts';

const actionsOfStatements = new WeakMap<Statement, Map<string, boolean>>();

/** Whether a statement is about an action: `kms:D*crypt`, `*` and NotAction understood, case ignored. */
export function hasAction(statement: Statement, action: string): boolean {
  // Every question about a policy asks each of its statements about the same few actions.
  const answers = actionsOfStatements.get(statement) ?? new Map<string, boolean>();
  actionsOfStatements.set(statement, answers);
  const known = answers.get(action);
  if (known !== undefined) {
    return known;
  }
  const { actions, notActions } = statement;
  const isListed = (actions ?? notActions ?? []).some((pattern) => hasGlobMatch(pattern, action, true));
  const isAbout = actions === null ? !isListed : isListed;
  answers.set(action, isAbout);
  return isAbout;
}

/** Whether a statement is about a resource. In a key policy `*` is the key the policy hangs on. */
export function matchResource(
  { resources, notResources }: Statement,
  version: PolicyVersion,
  resource: string,
  lookup: Lookup,
): Truth {
  const isListed = or(
    (resources ?? notResources ?? []).map((text): Truth => {
      // By far the commonest, and free of variables.
      if (!text.includes('$')) return text === resource || hasGlobMatch(text, resource);
      const parts = fillVariables(toTextParts(text, version), lookup);
      if (parts === 'unknown') {
        return 'unknown';
      }
      return parts !== 'unresolved' && hasMatch(toPattern(parts), resource);
    }),
  );
  return resources === null ? not(isListed) : isListed;
}

/** Whether a statement's resource and conditions take a request in; its principal and action are asked apart. */
export function matchCircumstances(
  statement: Statement,
  version: PolicyVersion,
  resource: string,
  lookup: Lookup,
): Truth {
  return and([
    matchResource(statement, version, resource, lookup),
    ...statement.conditions.map((condition) => evaluateCondition(condition, version, lookup)),
  ]);
}
