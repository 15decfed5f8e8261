import type { Request } from './decide.ts';
import type { Statement } from './policy.ts';
import { toPrincipalAccountId } from './principal.ts';
import { toWitnessJson } from './witness-json.ts';

/**
 * Takes a request and the statement that admits it; gives whom the statement names: the principal, else its account,
 * else its organisation. Other names in a request found by search are made up.
 */
export const toAdmitted = (request: Request, { principals, conditions }: Statement): string => {
  const { principal, context } = request;
  const own = toWitnessJson(request).principal;
  const named = [
    ...(principals ?? []).map(({ value }) => value),
    ...conditions.flatMap(({ values }) => values),
  ];
  const account = toPrincipalAccountId(principal);
  const names = principal.kind === 'role-session' ? [own, principal.roleArn] : [own];
  const name = names.find((name) => named.includes(name));
  if (name !== undefined || account === null) return name ?? own;
  if (named.some((value) => value.includes(account))) return `account ${account}`;
  const [organization] = context['aws:PrincipalOrgID'] ?? [];
  return organization ? `any account of organisation ${organization}` : own;
};
