import { type Fact, isKnown } from '../evidence/fact.ts';
import type { ControlPolicies } from '../evidence/iam.ts';
import type { Grant } from '../evidence/key.ts';
import { toResourceControl, toServiceControl } from './identity-policies.ts';
import type { IdentityPolicies, Policies } from './policy.ts';
import { parsePolicy } from './policy-document.ts';

type Seen = {
  keyPolicy: string;
  keyAccount: string;
  /** The caller's. */
  account: string;
  identity?: IdentityPolicies;
  grants: Fact<Grant[]>;
  /** Of the caller's account. */
  serviceControl: Fact<ControlPolicies>;
  /** Of the key's account. */
  resourceControl: Fact<ControlPolicies>;
};

/**
 * What was read as what decides: a part that is unknown, or of which something is missing that might allow, is not
 * seen. Of resource control policies, which only deny, a part is as good as it is. Throws a PolicyError where the
 * key policy is not understood.
 */
export function toSeenPolicies(seen: Seen): Policies {
  const { grants, serviceControl, resourceControl } = seen;
  return {
    keyPolicy: parsePolicy(seen.keyPolicy),
    identity: seen.identity,
    grants: isWhole(grants) ? grants.value : undefined,
    serviceControl: isWhole(serviceControl)
      ? toServiceControl(serviceControl.value, seen.account)
      : undefined,
    resourceControl: isKnown(resourceControl)
      ? toResourceControl(resourceControl.value, seen.keyAccount)
      : undefined,
  };
}

function isWhole<T>(fact: Fact<T>): fact is { value: T; missing: [] } {
  return isKnown(fact) && fact.missing.length === 0;
}
