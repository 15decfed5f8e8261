import type { Request } from './decide.ts';
import type { Principal } from './principal.ts';

export type WitnessJson = {
  principal: string;
  action: string;
  resource: string;
  context: Record<string, string | string[]>;
};

/** A request as a finding's evidence tells it, ready for any IAM simulator. */
export function toWitnessJson({ principal, action, resource, context }: Request): WitnessJson {
  const sorted = Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    principal: toPrincipalText(principal),
    action,
    resource,
    context: Object.fromEntries(
      sorted.map(([key, values]) => [
        key,
        values.length === 1 && values[0] !== undefined ? values[0] : values,
      ]),
    ),
  };
}

function toPrincipalText(principal: Principal): string {
  switch (principal.kind) {
    case 'role-session':
    case 'role':
    case 'user':
    case 'account-root':
      return principal.arn;
    case 'federated':
      return principal.provider;
    case 'service':
      return principal.service;
    case 'anonymous':
      return 'anonymous';
  }
}
