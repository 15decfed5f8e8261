/** Changes of policies after which nobody may more than before. */
import type { RawPolicies, RawStatement } from './iam-generators.ts';

export const denial: RawStatement = { Effect: 'Deny', Action: 'kms:*', Resource: '*' };
export const conditioned = { ...denial, Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } };
/** Each place a Deny can come to. */
export const additions: ((raw: RawPolicies, deny: RawStatement) => RawPolicies)[] = [
  (raw, deny) => ({ ...raw, keyPolicy: [...raw.keyPolicy, { ...deny, Principal: '*' }] }),
  (raw, deny) => ({ ...raw, identity: [...raw.identity, [deny]] }),
  (raw, deny) => ({ ...raw, boundary: raw.boundary && [...raw.boundary, deny] }),
  (raw, deny) => ({ ...raw, serviceControl: raw.serviceControl.map((level) => [...level, deny]) }),
  (raw, deny) => ({ ...raw, resourceControl: [...raw.resourceControl, { ...deny, Principal: '*' }] }),
];

const nothing: RawStatement = { Effect: 'Allow', Action: 'sns:Publish', Resource: '*' };
const dropAllow = (statements: RawStatement[]): RawStatement[] => {
  const place = statements.findIndex(({ Effect }) => Effect === 'Allow');
  return [...statements.filter((_, index) => index !== place), nothing];
};
/** Each place an Allow can go from; a document keeps one that is about something else. */
export const removals: ((raw: RawPolicies) => RawPolicies)[] = [
  (raw) => ({
    ...raw,
    keyPolicy: dropAllow(raw.keyPolicy).map((statement) =>
      statement === nothing ? { ...statement, Principal: '*' } : statement,
    ),
  }),
  (raw) => ({ ...raw, identity: raw.identity.map(dropAllow) }),
  (raw) => ({ ...raw, boundary: raw.boundary && dropAllow(raw.boundary) }),
  (raw) => ({ ...raw, serviceControl: raw.serviceControl.map(dropAllow) }),
  (raw) => ({ ...raw, grants: raw.grants.slice(1) }),
];

/** The same in another order. */
export const toTurned = (raw: RawPolicies): RawPolicies => ({
  ...raw,
  keyPolicy: raw.keyPolicy.toReversed(),
  identity: raw.identity.map((statements) => statements.toReversed()).toReversed(),
  boundary: raw.boundary?.toReversed() ?? null,
  serviceControl: raw.serviceControl.map((statements) => statements.toReversed()).toReversed(),
  grants: raw.grants.toReversed(),
});
