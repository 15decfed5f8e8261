import type { NamedPolicy, Policies, Policy, Statement } from './policy.ts';

/** Every statement of every policy. */
export function toEveryStatement({ keyPolicy, ...others }: Policies): Statement[] {
  return [keyPolicy, ...toNamedPolicies(others).map(({ policy }) => policy)].flatMap(
    (policy) => policy?.statements ?? [],
  );
}

/** Documents that have a say and could not be read or understood. */
export function toUnreadRefs(policies: Policies): string[] {
  return toNamedPolicies(policies).flatMap(({ ref, policy }) => (policy === null ? ref : []));
}

function toNamedPolicies({ identity, serviceControl, resourceControl }: Omit<Policies, 'keyPolicy'>) {
  const { policies = [], boundary = null } = identity ?? {};
  return [
    ...policies,
    ...(boundary === null ? [] : [boundary]),
    ...(serviceControl ?? []).flat(),
    ...(resourceControl ?? []).flat(),
  ];
}

/**
 * The same policies in the language of 2012-10-17, so that all can be asked together: in the older one `${` is text,
 * which the newer one writes `${$}{`.
 */
export function toCurrentPolicies(policies: Policies): Policies {
  const { identity, serviceControl, resourceControl } = policies;
  const toNamed = ({ ref, policy }: NamedPolicy) => ({ ref, policy: policy && toCurrent(policy) });
  return {
    ...policies,
    keyPolicy: toCurrent(policies.keyPolicy),
    identity: identity && {
      policies: identity.policies.map(toNamed),
      boundary: identity.boundary && toNamed(identity.boundary),
    },
    serviceControl: serviceControl?.map((level) => level.map(toNamed)),
    resourceControl: resourceControl?.map((level) => level.map(toNamed)),
  };
}

const current = new WeakMap<Policy, Policy>();

function toCurrent(policy: Policy): Policy {
  if (policy.version === '2012-10-17') {
    return policy;
  }
  const known = current.get(policy) ?? toRewritten(policy);
  current.set(policy, known);
  return known;
}

function toRewritten(policy: Policy): Policy {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a policy's own variable for a dollar sign.
  const toText = (text: string) => text.replaceAll('${', () => '${$}{');
  return {
    version: '2012-10-17',
    statements: policy.statements.map((statement) => ({
      ...statement,
      resources: statement.resources?.map(toText) ?? null,
      notResources: statement.notResources?.map(toText) ?? null,
      conditions: statement.conditions.map((condition) => ({
        ...condition,
        values: condition.values.map(toText),
      })),
    })),
  };
}
