import type { FixedPrincipal } from './fixed-caller.ts';
import type { Policies } from './policy.ts';

/**
 * A role under any session name, and under each of the names by which the given ARNs let a session of it in. Any
 * other principal is itself alone.
 */
export function toSessions<Asked extends FixedPrincipal>(asked: Asked, arns: string[]): Asked[] {
  const { principal } = asked;
  if (principal.kind !== 'role') {
    return [asked];
  }
  const { arn: roleArn, accountId } = principal;
  const name = roleArn.split('/').at(-1);
  const sessions = arns.filter((arn) => {
    const [, , service, , account, resource] = arn.split(':');
    return service === 'sts' && account === accountId && resource?.startsWith(`assumed-role/${name}/`);
  });
  return [
    asked,
    ...[...new Set(sessions)].map((arn) => ({
      ...asked,
      principal: { kind: 'role-session' as const, arn, roleArn, accountId },
    })),
  ];
}

/** Principals that the key policy and the grants name. */
export function toNamedArns({ keyPolicy, grants = [] }: Policies): string[] {
  const entries = keyPolicy.statements.flatMap(({ principals }) => principals ?? []);
  const ofGrants = grants.flatMap(({ GranteePrincipal = '', RetiringPrincipal = '' }) => [
    GranteePrincipal,
    RetiringPrincipal,
  ]);
  return [...entries.map(({ value }) => value), ...ofGrants];
}
