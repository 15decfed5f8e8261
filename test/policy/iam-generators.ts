import fc from 'fast-check';
import type { Grant } from '../../shared/evidence/key.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import { callers } from './case-file.ts';
import { delegation, keyAccountId, keyArn, outsideAccountId } from './policies.ts';

/** Documents as they stand before parsing, so that another simulator can be given the same. */
export type RawStatement = Record<string, unknown>;
export type RawPolicies = {
  keyPolicy: RawStatement[];
  identity: RawStatement[][];
  boundary: RawStatement[] | null;
  serviceControl: RawStatement[][];
  resourceControl: RawStatement[];
  grants: Grant[];
};

const session: Principal = callers.session;
const { roleArn } = callers.session;

const condition = fc.oneof(
  fc.record({
    operator: fc.constantFrom('StringEquals', 'StringNotEquals', 'StringLike', 'StringEqualsIfExists'),
    key: fc.constantFrom('aws:PrincipalTag/team', 'kms:EncryptionContext:app', 'aws:PrincipalAccount'),
    values: fc.constantFrom(['a'], ['a', 'b'], ['a*'], [keyAccountId], [outsideAccountId]),
  }),
  fc.record({
    operator: fc.constantFrom('Bool', 'BoolIfExists'),
    key: fc.constant('aws:MultiFactorAuthPresent'),
    values: fc.constantFrom(['true'], ['false']),
  }),
  fc.record({
    operator: fc.constantFrom('ArnLike', 'ArnNotLike', 'ArnEquals'),
    key: fc.constant('aws:PrincipalArn'),
    values: fc.constantFrom([roleArn], ['arn:aws:iam::*:role/*'], [callers.user.arn]),
  }),
  fc.record({
    operator: fc.constantFrom('IpAddress', 'NotIpAddress'),
    key: fc.constant('aws:SourceIp'),
    values: fc.constantFrom(['203.0.113.0/24'], ['10.0.0.0/8']),
  }),
  fc.record({
    operator: fc.constant('Null'),
    key: fc.constantFrom('aws:PrincipalTag/team', 'aws:MultiFactorAuthPresent'),
    values: fc.constantFrom(['true'], ['false']),
  }),
);

const conditions = fc.array(condition, { maxLength: 2 }).map((list) => {
  const block: Record<string, Record<string, string[]>> = {};
  for (const { operator, key, values } of list) {
    block[operator] = { ...block[operator], [key]: [...values] };
  }
  return list.length === 0 ? {} : { Condition: block };
});
const effect = fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny');
const action = fc.constantFrom(
  { Action: 'kms:Decrypt' },
  { Action: ['kms:*'] },
  { Action: '*' },
  { Action: 'kms:Enc*' },
  { NotAction: 'iam:*' },
  { NotAction: ['kms:Decrypt'] },
);
const resource = fc.constantFrom(
  { Resource: '*' },
  { Resource: '*' },
  { Resource: keyArn },
  { Resource: 'arn:aws:kms:*:*:key/*' },
  { Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/team}' },
  { Resource: `arn:aws:kms:*:${outsideAccountId}:key/*` },
  { NotResource: keyArn },
);
const named = fc.constantFrom<object>(
  { Principal: '*' },
  { Principal: { AWS: roleArn } },
  { Principal: { AWS: callers.session.arn } },
  { Principal: { AWS: [callers.user.arn, callers['outside-role'].arn] } },
  { Principal: { AWS: keyAccountId } },
  { Principal: { AWS: outsideAccountId } },
);

const identityStatement: fc.Arbitrary<RawStatement> = fc
  .tuple(effect, action, resource, conditions)
  .map(([Effect, actions, resources, block]) => ({ Effect, ...actions, ...resources, ...block }));
const keyStatement: fc.Arbitrary<RawStatement> = fc.oneof(
  { arbitrary: fc.constant<RawStatement>(delegation), weight: 5 },
  {
    arbitrary: fc
      .constantFrom([roleArn, session.arn], [callers.user.arn])
      .map(
        (AWS): RawStatement => ({ Effect: 'Deny', NotPrincipal: { AWS }, Action: 'kms:*', Resource: '*' }),
      ),
    weight: 1,
  },
  {
    arbitrary: fc
      .tuple(effect, named, action, conditions)
      .map(([Effect, who, actions, block]) => ({ Effect, ...who, ...actions, Resource: '*', ...block })),
    weight: 5,
  },
);
const controlStatement: fc.Arbitrary<RawStatement> = fc
  .tuple(fc.constantFrom('kms:*', 'kms:Decrypt'), conditions)
  .map(([Action, block]) => ({ Effect: 'Deny', Principal: '*', Action, Resource: '*', ...block }));

const list = (statement: fc.Arbitrary<RawStatement>) => fc.array(statement, { minLength: 1, maxLength: 3 });
const grant: fc.Arbitrary<Grant> = fc.record({
  GrantId: fc.constantFrom('g1', 'g2'),
  GranteePrincipal: fc.constantFrom<string>(roleArn, callers.session.arn, callers.user.arn),
  Operations: fc.constantFrom(['Decrypt'], ['Encrypt']),
  Constraints: fc.constantFrom(
    {},
    { EncryptionContextEquals: { app: 'a' } },
    { EncryptionContextSubset: { app: 'b' } },
  ),
});

export const rawPolicies: fc.Arbitrary<RawPolicies> = fc.record({
  keyPolicy: list(keyStatement),
  identity: fc.array(list(identityStatement), { maxLength: 2 }),
  boundary: fc.option(list(identityStatement), { freq: 1 }),
  serviceControl: fc.oneof(
    fc.constant<RawStatement[][]>([]),
    fc.constant<RawStatement[][]>([[{ Effect: 'Allow', Action: '*', Resource: '*' }]]),
    fc.array(list(identityStatement), { minLength: 1, maxLength: 2 }),
  ),
  resourceControl: fc.oneof(
    fc.constant<RawStatement[]>([]),
    fc.constant<RawStatement[]>([]),
    controlStatement.map((one) => [one]),
  ),
  grants: fc.array(grant, { maxLength: 2 }),
});

export const principals: fc.Arbitrary<Principal> = fc.constantFrom<Principal>(
  session,
  session,
  callers.user,
  callers.outsider,
);

const oneOf = (...values: string[]): fc.Arbitrary<string[]> =>
  fc.constantFrom(...values).map((value) => [value]);

export const contexts: fc.Arbitrary<Record<string, string[]>> = fc
  .record(
    {
      'aws:PrincipalTag/team': oneOf('a', 'b', 'ab', keyArn.replace(/.*\//, '')),
      'kms:EncryptionContext:app': oneOf('a', 'b'),
      'aws:MultiFactorAuthPresent': oneOf('true', 'false'),
      'aws:SourceIp': oneOf('203.0.113.7', '10.1.2.3'),
    },
    { requiredKeys: [] },
  )
  .map((context): Record<string, string[]> => ({ ...context }));
