import { hasGlobMatch } from './pattern.ts';
import type { IdentityPolicies, NamedPolicy, Policies, Statement } from './policy.ts';

// Text that only a pattern for all of KMS's actions matches: no action is called that.
const everyKmsAction = ['kms:*', 'kms:**'];

/**
 * Whether a user or role administers the account, by effect and not by name: IAM policies let it do kms:* on *
 * without conditions, and neither its boundary nor a service control policy holds it to less than that by leaving
 * kms:* out. Single Denies (an SCP against ScheduleKeyDeletion, say) make a lesser administrator, not none; a Deny
 * of all of kms:* does.
 */
export function isAdministratorByEffect(
  { policies, boundary }: IdentityPolicies,
  serviceControl: Policies['serviceControl'] = [],
): boolean {
  const layers = [policies, ...(boundary === null ? [] : [[boundary]]), ...serviceControl];
  return (
    layers.every((layer) => hasWhole(layer, 'Allow')) && !layers.some((layer) => hasWhole(layer, 'Deny'))
  );
}

function hasWhole(layer: NamedPolicy[], effect: Statement['effect']): boolean {
  return layer.some(({ policy }) =>
    policy?.statements.some(
      (statement) => statement.effect === effect && statement.conditions.length === 0 && isWhole(statement),
    ),
  );
}

function isWhole({ actions, notActions, resources }: Statement): boolean {
  const isEveryAction =
    actions === null
      ? !(notActions ?? []).some((pattern) => hasGlobMatch(pattern.split(':')[0] ?? '', 'kms', true))
      : actions.some((pattern) => everyKmsAction.every((text) => hasGlobMatch(pattern, text, true)));
  return isEveryAction && (resources ?? []).some((pattern) => /^\*+$/.test(pattern));
}
