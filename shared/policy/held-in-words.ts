/** Why somebody has a power, and under which conditions, in words. */
import { decide } from './decide.ts';
import { toDistinction } from './distinction.ts';
import type { Reason } from './evaluate.ts';
import type { Held } from './holding.ts';
import { toIdentityContext } from './identity-context.ts';
import { isForAll } from './key-holders.ts';
import type { Condition, Policy } from './policy.ts';

/** The statements and grants that give it, `source ref` each; none where it only might be given by what was not seen. */
export function toGiving({ witness, policies }: Held): string[] {
  const because = witness === null ? [] : decide(witness, policies).because;
  return [
    ...new Set(because.flatMap(({ effect, source, ref }) => (effect === 'allow' ? `${source} ${ref}` : []))),
  ];
}

/** Whether it is given by nothing but statements of the key policy that let in whoever there is. */
export function isForEverybody({ witness, policies }: Held): boolean {
  const because = witness === null ? [] : decide(witness, policies).because;
  return because.length > 0 && because.every((reason) => isOpenStatement(reason, policies.keyPolicy));
}

function isOpenStatement({ source, statement: index }: Reason, { statements }: Policy): boolean {
  const statement = source === 'key-policy' && index !== null ? statements[index] : undefined;
  if (statement === undefined || !isForAll(statement)) return false;
  const { arnConditions, tagKeys, isPersonal } = toDistinction([statement]);
  return arnConditions.length === 0 && tagKeys.length === 0 && !isPersonal;
}

/** What its request must meet, beside coming from this principal. */
export function toConditionWords({ witness, policies }: Held): string[] {
  if (witness === null) return [];
  const sure = Object.entries(witness.context).filter(([key]) => isSaidByEveryCall(key));
  const context = { ...Object.fromEntries(sure), ...toIdentityContext(witness.principal) };
  const { because } = decide({ ...witness, context, isClosed: false }, policies);
  const words = because.flatMap(({ effect, conditions }) =>
    conditions.map((condition) => `${effect === 'deny' ? 'unless ' : ''}${toConditionText(condition)}`),
  );
  return [...new Set(words)].sort();
}

/** What the key is, and how and when it is asked for, leaves the caller no choice. */
function isSaidByEveryCall(key: string): boolean {
  return /^(aws:(requestedregion|securetransport|resourceaccount|principalorgid|currenttime|epochtime)|kms:(key.*|multiregion.*|resourcealiases))$/i.test(
    key,
  );
}

/** A condition as a policy spells it, on one line. */
export function toConditionText({ qualifier, originalKey, operator, ifExists, values }: Condition): string {
  const asked = `${qualifier === null ? '' : `${qualifier}:`}${operator}${ifExists ? 'IfExists' : ''}`;
  return `${originalKey} ${asked} ${values.join(', ')}`;
}
