import type { Policy, Statement } from './policy.ts';
import { matchPrincipal, type Principal, toAccountId } from './principal.ts';
import { hasAction, matchResource } from './statement.ts';
import { toStatementId } from './statement-id.ts';

export type NamedPower = { action: string; statementIds: string[] };

/**
 * What the key policy gives to each user, role or session that an Allow statement names by its ARN: which of the
 * actions, by which statements. Conditions of an Allow are taken as met, since whoever is named may meet them; a
 * Deny takes away only when it has none. Roots of accounts, `*`, services and providers are not persons or roles.
 */
export function toNamedPowers(policy: Policy, keyArn: string, actions: string[]): Map<string, NamedPower[]> {
  const allows = policy.statements.filter(({ effect }) => effect === 'Allow');
  const denies = policy.statements.filter(
    ({ effect, conditions }) => effect === 'Deny' && conditions.length === 0,
  );
  const isAbout = (statement: Statement, action: string) =>
    hasAction(statement, action) &&
    matchResource(statement, policy.version, keyArn, () => 'unknown') !== false;
  const isDenied = (principal: Principal, action: string) =>
    denies.some((deny) => {
      const isCertain = matchResource(deny, policy.version, keyArn, () => 'unknown') === true;
      return isCertain && hasAction(deny, action) && matchPrincipal(deny, principal) !== null;
    });
  const powers = new Map<string, NamedPower[]>();
  for (const arn of toNamedArns(allows)) {
    const principal = toPrincipal(arn);
    const held = actions.flatMap((action) => {
      const statements = allows.filter(
        (allow) =>
          allow.principals?.some(({ type, value }) => type === 'AWS' && value === arn) &&
          isAbout(allow, action),
      );
      if (statements.length === 0 || isDenied(principal, action)) {
        return [];
      }
      return [{ action, statementIds: statements.map((statement) => toStatementId(policy, statement)) }];
    });
    if (held.length > 0) {
      powers.set(arn, held);
    }
  }
  return powers;
}

function toNamedArns(statements: Statement[]): string[] {
  const entries = statements.flatMap(({ principals }) => principals ?? []);
  const arns = entries.flatMap(({ type, value }) =>
    type === 'AWS' && value.startsWith('arn:') && toAccountId(value) === null ? value : [],
  );
  return [...new Set(arns)].sort();
}

function toPrincipal(arn: string): Principal {
  const accountId = arn.split(':')[4] ?? '';
  const session = /^arn:([^:]+):sts::\d+:assumed-role\/([^/]+)\//.exec(arn);
  if (session !== null) {
    const roleArn = `arn:${session[1]}:iam::${accountId}:role/${session[2]}`;
    return { kind: 'role-session', arn, roleArn, accountId };
  }
  return arn.includes(':role/') ? { kind: 'role', arn, accountId } : { kind: 'user', arn, accountId };
}
