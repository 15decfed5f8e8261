/** Random statements of every kind that the language knows, with values that are taken from the request. */
import fc from 'fast-check';
import { keyAccountId, keyArn, organizationId, outsideAccountId, root } from './policies.ts';

const toVariable = (inside: string) => ['$', `{${inside}}`].join('');
const tag = fc.constantFrom('aws:PrincipalTag/x', 'aws:PrincipalTag/y', 'aws:PrincipalTag/z');
const word = fc.constantFrom('a', 'ab', 'b', 'abc', 'xa');
const tagVariable = tag.map(toVariable);
const variable = fc.oneof(
  { arbitrary: tagVariable, weight: 6 },
  { arbitrary: fc.tuple(tag, word).map(([key, text]) => toVariable(`${key}, '${text}'`)), weight: 2 },
  {
    arbitrary: fc
      .constantFrom(
        'aws:username',
        'aws:userid',
        'aws:PrincipalAccount',
        'aws:PrincipalArn',
        'aws:PrincipalOrgID',
        'aws:RequestTag/x',
        'aws:TagKeys',
        'aws:SourceIp',
        'aws:CurrentTime',
        'aws:MultiFactorAuthAge',
        'kms:EncryptionContext:app',
        '*',
        '$',
      )
      .map(toVariable),
    weight: 2,
  },
);
const piece = fc.oneof(
  { arbitrary: word, weight: 4 },
  { arbitrary: fc.constantFrom('*', '?'), weight: 2 },
  { arbitrary: variable, weight: 3 },
);
const text = fc.oneof(
  { arbitrary: fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join('')), weight: 6 },
  { arbitrary: fc.constantFrom('*', '?*', 'a*', '*b', 'a?c', '*a*'), weight: 2 },
  { arbitrary: variable, weight: 3 },
);

type RawCondition = { operator: string; key: string; values: string[] };
/** Any of the operators, with any of the endings, on any of the keys. */
const ask = (operators: string[], keys: string[], value: fc.Arbitrary<string>, qualifiers = ['']) =>
  fc
    .record({
      qualifier: fc.constantFrom(...qualifiers),
      operator: fc.constantFrom(...operators),
      ending: fc.constantFrom('', '', 'IfExists'),
      key: fc.constantFrom(...keys),
      values: fc.array(value, { minLength: 1, maxLength: 2 }),
    })
    .map(({ qualifier, operator, ending, ...rest }) => ({
      ...rest,
      operator: `${qualifier}${operator}${ending}`,
    }));
const [equal, like] = [
  ['StringEquals', 'StringNotEquals'],
  ['StringLike', 'StringNotLike'],
] as const;
const tags = ['aws:PrincipalTag/x', 'aws:PrincipalTag/y', 'aws:PrincipalTag/z'];
const onText = ask(
  [...equal, ...equal, ...like, ...like, 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
  [
    ...[...tags, ...tags, ...tags, 'aws:TagKeys', 'aws:RequestTag/x', 'kms:EncryptionContext:app'],
    ...['kms:EncryptionContextKeys', 'kms:ViaService', 'corp:custom'],
  ],
  text,
  ['', '', '', '', 'ForAnyValue:', 'ForAllValues:'],
);
const onPresence: fc.Arbitrary<RawCondition> = fc.record({
  operator: fc.constant('Null'),
  key: fc.constantFrom(
    ...[...tags, 'aws:TagKeys', 'kms:EncryptionContext:app', 'kms:ViaService', 'aws:PrincipalOrgID'],
    ...['aws:SourceVpc', 'aws:username', 'aws:userid', 'aws:MultiFactorAuthPresent'],
  ),
  values: fc.constantFrom(['true'], ['false'], ['true', 'false']),
});
const oneOf = (...options: string[]) => fc.constantFrom(...options);
const organizations = oneOf(organizationId, 'o-zzzzzzzzzz', 'o-*', '*');
const onCaller = fc.oneof(
  ask(
    [...equal, ...like],
    ['aws:PrincipalAccount', 'kms:CallerAccount', 'aws:SourceAccount', 'aws:VpceAccount'],
    fc.oneof(oneOf(keyAccountId, outsideAccountId, '9*', '*', '?'.repeat(12)), variable),
  ),
  ask([...equal, ...like], ['aws:PrincipalOrgID', 'aws:SourceOrgID'], fc.oneof(organizations, variable)),
  ask(
    [...equal, ...like],
    ['aws:PrincipalOrgPaths', 'aws:SourceOrgPaths'],
    oneOf(`${organizationId}/*`, 'o-zzzzzzzzzz/r-ab12/*', '*', '*/ou-a/*', 'o-zzzzzzzzzz/*'),
    ['', 'ForAnyValue:', 'ForAllValues:'],
  ),
  ask(
    ['ArnLike', 'ArnNotLike', 'ArnEquals', 'ArnNotEquals', ...equal, ...like],
    ['aws:PrincipalArn', 'aws:PrincipalArn', 'aws:SourceArn', 'aws:PrincipalTag/x'],
    fc.oneof(
      oneOf('arn:aws:iam::*:role/a*', '*b', 'arn:aws:iam::*:user/a*', '*', '*7*:role/a'),
      oneOf(`arn:aws:iam::${outsideAccountId}:user/*`, `arn:aws:iam::${keyAccountId}:role/*`),
      variable.map((part) => `arn:aws:iam::*:role/${part}`),
      variable.map((part) => `arn:aws:iam::${part}:*`),
    ),
  ),
  ask(
    [...equal, ...like],
    ['aws:userid', 'aws:username'],
    fc.oneof(
      text,
      text.map((end) => `*:${end}`),
    ),
  ),
);
const onNetwork = fc.oneof(
  ask(
    ['IpAddress', 'NotIpAddress'],
    ['aws:SourceIp', 'aws:VpcSourceIp', 'aws:PrincipalTag/x'],
    fc.oneof(oneOf('203.0.113.0/24', '0.0.0.0/0', '::/0', '0.0.0.0/1', '128.0.0.0/1'), tagVariable),
  ),
  ask(
    [...equal, ...like],
    ['aws:SourceVpc', 'aws:SourceVpce'],
    fc.oneof(oneOf('vpc-0f*', '*', 'vpce-0f1'), variable),
  ),
);
const ordered = (family: string) =>
  ['LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals', 'Equals', 'NotEquals'].map(
    (order) => `${family}${order}`,
  );
const onOrder = fc.oneof(
  ask(
    ordered('Numeric'),
    ['aws:MultiFactorAuthAge', 'aws:PrincipalTag/x'],
    fc.oneof(oneOf('5', '6', '7', '5.0'), tagVariable),
  ),
  ask(
    ordered('Date'),
    ['aws:CurrentTime', 'aws:TokenIssueTime', 'aws:PrincipalTag/x'],
    fc.oneof(oneOf('2026-01-01T00:00:00Z', '2026-06-01', '1767225600'), tagVariable),
  ),
  ask(
    ['Bool'],
    ['aws:PrincipalIsAWSService', 'aws:MultiFactorAuthPresent', 'aws:PrincipalTag/x'],
    fc.oneof(oneOf('true', 'false'), tagVariable),
  ),
);
const wideCondition: fc.Arbitrary<RawCondition> = fc.oneof(
  { arbitrary: onText, weight: 8 },
  { arbitrary: onPresence, weight: 2 },
  { arbitrary: onCaller, weight: 3 },
  { arbitrary: onNetwork, weight: 1 },
  { arbitrary: onOrder, weight: 2 },
);

const toBlock = (conditions: RawCondition[]) => {
  const block: Record<string, Record<string, string[]>> = {};
  for (const { operator, key, values } of conditions) block[operator] = { ...block[operator], [key]: values };
  return { Condition: block };
};
export const wideBlock = (maxLength: number) => fc.array(wideCondition, { maxLength }).map(toBlock);
const around = fc.tuple(
  oneOf('arn:aws:kms:*:*:key/', 'arn:aws:kms:*:', '*'),
  variable,
  oneOf('', '*', ':key/*', '-*'),
  fc.oneof(variable, fc.constant('')),
);
export const wideResource = fc.oneof(
  { arbitrary: fc.constant<object>({ Resource: '*' }), weight: 8 },
  { arbitrary: fc.constantFrom<object>({ Resource: keyArn }, { NotResource: keyArn }), weight: 1 },
  {
    arbitrary: fc
      .tuple(oneOf('Resource', 'NotResource'), around)
      .map(([name, parts]): object => ({ [name]: parts.join('') })),
    weight: 1,
  },
);
export const wideAction = fc.constantFrom<object>(
  { Action: 'kms:*' },
  { Action: 'kms:Decrypt' },
  { Action: ['kms:Decrypt', 'kms:C*'] },
  { NotAction: 'kms:Decrypt' },
  { NotAction: 'iam:*' },
);
const outsideUser = `arn:aws:iam::${outsideAccountId}:user/a`;
const everybody = fc.constant<object>({ Principal: '*' });
const somebody = fc.constantFrom<object>(
  { Principal: { AWS: root } },
  { Principal: { AWS: [outsideAccountId, outsideUser] } },
  { Principal: { AWS: `arn:aws:iam::${outsideAccountId}:role/ab` } },
  { Principal: { Service: 's3.amazonaws.com' } },
  { NotPrincipal: { AWS: root } },
  { NotPrincipal: { AWS: [outsideAccountId, outsideUser] } },
);
export type RawStatement = Record<string, unknown>;
export const wideStatement = (Effect: 'Allow' | 'Deny', maxConditions: number): fc.Arbitrary<RawStatement> =>
  fc
    .tuple(fc.oneof(everybody, everybody, somebody), wideAction, wideResource, wideBlock(maxConditions))
    .map((elements) => Object.assign({ Effect }, ...elements));
const anyDocument = fc.tuple(
  fc.array(wideStatement('Allow', 3), { minLength: 1, maxLength: 2 }),
  fc.array(wideStatement('Deny', 2), { maxLength: 4 }),
);
/** Tags that must be what other tags are: of these most say no to everybody, some wrongly. */
const onTags = fc.oneof(
  ask(
    [
      'StringEquals',
      'StringEquals',
      'StringLike',
      'StringNotEquals',
      'StringNotLike',
      'StringEqualsIgnoreCase',
    ],
    tags,
    fc.oneof(
      tagVariable,
      tagVariable,
      tagVariable.map((end) => `a${end}`),
      oneOf('b*', 'ab*', 'a', '*b'),
    ),
  ),
  ask(['Bool'], ['aws:MultiFactorAuthPresent', ...tags], fc.oneof(oneOf('true', 'false'), tagVariable)),
);
const toStatement = (Effect: 'Allow' | 'Deny', minLength: number, maxLength: number) =>
  fc
    .array(onTags, { minLength, maxLength })
    .map(toBlock)
    .map((block): RawStatement => ({ Effect, Principal: '*', Action: 'kms:*', Resource: '*', ...block }));
const tagDocument = fc.tuple(
  fc.array(toStatement('Allow', 2, 4), { minLength: 1, maxLength: 1 }),
  fc.array(toStatement('Deny', 1, 2), { maxLength: 2 }),
);
export const wideDocument: fc.Arbitrary<RawStatement[]> = fc
  .oneof(anyDocument, tagDocument)
  .map(([allows, denies]) => [...allows, ...denies]);
