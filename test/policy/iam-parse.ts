import type { NamedPolicy, Policies } from '../../shared/policy/policy.ts';
import { parseIdentityPolicy, parsePolicy } from '../../shared/policy/policy-document.ts';
import type { RawPolicies, RawStatement } from './iam-generators.ts';

/** The policy document that holds the statements. */
export function toDocument(statements: RawStatement[]): { Version: string; Statement: RawStatement[] } {
  return { Version: '2012-10-17', Statement: statements };
}

/** Random documents as the program parses them. */
export function parseRaw(raw: RawPolicies): Policies {
  const toIdentity = (ref: string, statements: RawStatement[]): NamedPolicy => ({
    ref,
    policy: parseIdentityPolicy(JSON.stringify(toDocument(statements))),
  });
  return {
    keyPolicy: parsePolicy(JSON.stringify(toDocument(raw.keyPolicy))),
    identity: {
      policies: raw.identity.map((statements, index) => toIdentity(`identity-${index}`, statements)),
      boundary: raw.boundary && toIdentity('boundary', raw.boundary),
    },
    grants: raw.grants,
    serviceControl: raw.serviceControl.map((statements, index) => [toIdentity(`level-${index}`, statements)]),
    resourceControl:
      raw.resourceControl.length === 0
        ? []
        : [[{ ref: 'perimeter', policy: parsePolicy(JSON.stringify(toDocument(raw.resourceControl))) }]],
  };
}
