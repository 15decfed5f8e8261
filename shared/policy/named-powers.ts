import { toPrincipalName } from '../evidence/principal-arn.ts';
import type { Request } from './decide.ts';
import { toUnsaidKeys } from './operation-keys.ts';
import type { Policy, Statement } from './policy.ts';
import { toAccountId } from './principal.ts';
import { hasAction } from './statement.ts';
import { toStatementId } from './statement-id.ts';
import { findWitness, type WitnessResult } from './witness.ts';

type NamedPower = { action: string; statementId: string; request: Request };
export type NamedPowers = {
  powers: Map<string, NamedPower[]>;
  /** Why of some it could not be told. */
  undecided: string[];
};

/**
 * What the key policy gives to each user or role that an Allow statement names: which of the actions, by which
 * statement, shown by a request that the whole policy allows. A role and its sessions are one. Named is who stands
 * in the Principal element, or alone in a condition on aws:PrincipalArn beside `*`. Roots of accounts, `*`, services
 * and providers are nobody, nor are the unique ids of deleted principals.
 */
export function toNamedPowers(policy: Policy, keyArn: string, actions: string[]): NamedPowers {
  const powers = new Map<string, NamedPower[]>();
  const undecided: string[] = [];
  const denies = policy.statements.filter(({ effect }) => effect === 'Deny');
  for (const statement of policy.statements.filter(({ effect }) => effect === 'Allow')) {
    const own = actions.filter((action) => hasAction(statement, action));
    const statementId = toStatementId(policy, statement);
    for (const arn of toNamedArns(statement)) {
      const answers = new Map<string, WitnessResult>();
      for (const action of own) {
        // Actions that meet the same Denies have the same answer, but for the keys that only some operations say.
        const standing = denies.filter((deny) => hasAction(deny, action));
        const met = `${standing.map(({ index }) => index).join()} ${toUnsaidKeys(action, [statement, ...standing])}`;
        const known = answers.get(met);
        const result =
          known ??
          findWitness(
            { actions: [action], zone: { kind: 'principal', arn }, statement: statement.index, keyArn },
            { keyPolicy: policy },
          );
        answers.set(met, result);
        if ('undecided' in result && known === undefined) {
          undecided.push(`statement ${statementId}: ${result.undecided}`);
        }
        if ('found' in result) {
          const name = toPrincipalName(arn);
          const power = { action, statementId, request: { ...result.found, action } };
          powers.set(name, [...(powers.get(name) ?? []), power]);
        }
      }
    }
  }
  return { powers, undecided };
}

function toNamedArns({ principals, conditions }: Statement): string[] {
  const entries = (principals ?? []).flatMap(({ type, value }) => (type === 'AWS' ? value : []));
  // Beside the root of an account such a condition still leaves the word to that account's IAM policies.
  const conditioned = entries.includes('*')
    ? conditions.flatMap(({ key, values }) => (key === 'aws:principalarn' ? values : []))
    : [];
  const arns = [...entries, ...conditioned].filter(
    (value) => value.startsWith('arn:') && !/[*?$]/.test(value) && toAccountId(value) === null,
  );
  return [...new Set(arns)].sort();
}
