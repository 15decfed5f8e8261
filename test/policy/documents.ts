/** Random key policies, small enough to be judged exactly and wild enough to be wrong about. */
import fc from 'fast-check';
import { keyAccountId, keyArn, organizationId, outsideAccountId, root } from './policies.ts';

export const words = (...options: string[]): fc.Arbitrary<string> => fc.constantFrom(...options);
const lists = (...options: string[][]): fc.Arbitrary<string[]> => fc.constantFrom(...options);

const text = words(
  'a',
  'ab',
  'b',
  'abc',
  'a*',
  '*b',
  'a?c',
  '*a*',
  '*',
  '?*',
  '${aws:PrincipalTag/y}',
  'x${aws:PrincipalTag/y}',
);
const texts = fc.array(text, { minLength: 1, maxLength: 2 });
const textOperator = fc.constantFrom(
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringNotLike',
  'StringEqualsIgnoreCase',
  'StringEqualsIfExists',
  'StringNotLikeIfExists',
  'ForAnyValue:StringLike',
  'ForAllValues:StringEquals',
  'ForAllValues:StringNotLike',
);
const freeCondition = fc.record({
  operator: textOperator,
  key: fc.constantFrom('aws:PrincipalTag/x', 'aws:TagKeys'),
  values: texts,
});
const otherCondition = fc.oneof(
  fc.record({
    operator: fc.constantFrom('StringEquals', 'StringLike', 'StringNotEquals', 'StringNotEqualsIfExists'),
    key: fc.constantFrom('aws:PrincipalOrgID', 'aws:SourceOrgID'),
    values: lists([organizationId], ['*'], ['o-zzzzzzzzzz']),
  }),
  fc.record({
    operator: fc.constantFrom('StringEquals', 'StringNotLike'),
    key: fc.constantFrom('kms:CallerAccount', 'aws:PrincipalAccount', 'aws:SourceAccount'),
    values: lists([keyAccountId], ['9*'], [outsideAccountId]),
  }),
  fc.record({
    operator: fc.constantFrom('ArnLike', 'ArnNotLike', 'StringLike'),
    key: fc.constantFrom('aws:PrincipalArn'),
    values: lists(['arn:aws:iam::*:role/a*'], [`arn:aws:iam::${outsideAccountId}:user/*`], ['*b']),
  }),
  fc.record({
    operator: fc.constantFrom('IpAddress', 'NotIpAddress'),
    key: fc.constant('aws:SourceIp'),
    values: lists(['203.0.113.0/24'], ['0.0.0.0/0'], ['::/0'], ['0.0.0.0/1']),
  }),
  fc.record({
    operator: fc.constantFrom('NumericLessThan', 'NumericGreaterThanEquals', 'NumericNotEquals'),
    key: fc.constant('aws:MultiFactorAuthAge'),
    values: lists(['5'], ['7']),
  }),
  fc.record({
    operator: fc.constantFrom('Bool', 'BoolIfExists'),
    key: fc.constantFrom('aws:PrincipalIsAWSService', 'aws:MultiFactorAuthPresent'),
    values: lists(['true'], ['false']),
  }),
  fc.record({
    operator: fc.constant('Null'),
    key: fc.constantFrom('aws:PrincipalOrgID', 'aws:PrincipalTag/x', 'aws:TagKeys'),
    values: lists(['true'], ['false']),
  }),
);
const principal = fc.constantFrom(
  { Principal: '*' },
  { Principal: '*' },
  { Principal: { AWS: root } },
  { Principal: { AWS: outsideAccountId } },
  { Principal: { AWS: `arn:aws:iam::${outsideAccountId}:role/ab` } },
  { Principal: { Service: 's3.amazonaws.com' } },
  { NotPrincipal: { AWS: root } },
);
const resource = words('*', '*', '*', keyArn, 'arn:aws:kms:*:*:key/${aws:PrincipalTag/y}');
export const statement = (effect: 'Allow' | 'Deny') =>
  fc
    .tuple(
      principal,
      fc.constantFrom('kms:*', 'kms:Decrypt', 'kms:C*'),
      resource,
      fc.array(fc.oneof(freeCondition, otherCondition), { maxLength: 3 }),
    )
    .map(([who, action, on, conditions]) => {
      const block: Record<string, Record<string, string[]>> = {};
      for (const { operator, key, values } of conditions) {
        block[operator] = { ...block[operator], [key]: values };
      }
      return { Effect: effect, ...who, Action: action, Resource: on, Condition: block };
    });
export const document = fc.record({
  allows: fc.array(statement('Allow'), { minLength: 1, maxLength: 2 }),
  denies: fc.array(statement('Deny'), { maxLength: 3 }),
});
