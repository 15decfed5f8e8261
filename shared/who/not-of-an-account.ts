/** Whom a key policy lets in without naming an account's principal: whoever there is, an organisation; and the deleted. */
import { isDeletedPrincipal } from '../evidence/principal-arn.ts';
import type { KeyQuestion } from '../policy/holding.ts';
import { powerActions } from '../policy/powers.ts';
import { hasAction } from '../policy/statement.ts';
import { findWitness, type WitnessResult } from '../policy/witness.ts';
import type { Zone } from '../policy/zones.ts';
import type { Gap } from './document.ts';
import type { Hold, Holder } from './who-may.ts';

const actions = [...new Set(Object.values(powerActions).flat())];

const anyone: Zone = { kind: 'anyone' };
/** Members of the organisations that the policy names, in accounts that nobody knows. */
const members: Zone = { kind: 'unknown', classifyAccount: () => 'inside' };

/** Strangers, as `*`; and where there are none, any member of an organisation, as `*` too. */
export const findEverybody = (question: KeyQuestion): { holders: Holder[]; missing: Gap[] } => {
  const missing: Gap[] = [];
  const ask = (zone: Zone, action: string): Hold[] => {
    const { keyArn, keyPolicy, knownContext } = question;
    const found: WitnessResult = findWitness(
      { actions: [action], zone, keyArn, knownContext },
      { keyPolicy },
    );
    if ('undecided' in found)
      missing.push({ what: `whether strangers may ${action}`, reason: `unsupported: ${found.undecided}` });
    // Services that act for a stranger are told by key-policy-trusts-only-the-organization.
    if (!('found' in found) || found.found.principal.kind === 'service') return [];
    const power = isPlain(found.found.context, knownContext) ? 'yes' : 'conditional';
    return [{ action, held: { power, witness: found.found, policies: { keyPolicy } } }];
  };
  const toHolder = (kind: 'public' | 'organization', holds: Hold[]): Holder[] =>
    holds.length === 0 ? [] : [{ principal: '*', kind, group: null, entry: null, holds }];
  const open = actions.flatMap((action) => ask(anyone, action));
  const opened = new Set(open.map(({ action }) => action));
  const bound = actions.filter((action) => !opened.has(action)).flatMap((action) => ask(members, action));
  return { holders: [...toHolder('public', open), ...toHolder('organization', bound)], missing };
};

/** Whether a request says nothing but who sends it, and what is known of every request. */
const isPlain = (context: Record<string, string[]>, known: Record<string, string[]> = {}): boolean => {
  const told = new Set(Object.keys(known).map((key) => key.toLowerCase()));
  return Object.keys(context)
    .map((key) => key.toLowerCase())
    .every((key) => told.has(key) || /^(aws:(principal.*|userid|username)|kms:calleraccount)$/.test(key));
};

/** Unique ids of principals that were deleted: nobody is they any more, so they may nothing. */
export const findDeleted = ({ keyPolicy }: KeyQuestion): Holder[] =>
  [
    ...new Set(
      keyPolicy.statements
        .filter(
          (statement) =>
            statement.effect === 'Allow' && actions.some((action) => hasAction(statement, action)),
        )
        .flatMap(({ principals }) => (principals ?? []).map(({ value }) => value)),
    ),
  ]
    .filter(isDeletedPrincipal)
    .map((principal): Holder => ({ principal, kind: 'deleted', group: null, entry: null, holds: [] }));
