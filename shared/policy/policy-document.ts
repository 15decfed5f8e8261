import { parseCondition } from './condition-block.ts';
import type { Policy, PolicyVersion, PrincipalEntry, Statement } from './policy.ts';
import { PolicyError } from './policy-error.ts';

// KMS takes key policies of at most 32 KB; whitespace may double that in a saved file, and more is no key policy.
// https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
const longestTextCharacters = 131_072;

const statementElements = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);
const principalTypes = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const;

/**
 * Reads the text of a key policy. Takes everything KMS takes and throws a PolicyError, which names the fault and
 * its statement and never the policy's text, for everything else: a policy half understood would be half judged.
 */
export function parsePolicy(text: string): Policy {
  const known = recent.get(text);
  if (known !== undefined) {
    return known;
  }
  const policy = parseDocument(text, parsePrincipalPair);
  recent.set(text, policy);
  const [oldest] = recent.keys();
  if (recent.size > mostRecent && oldest !== undefined) {
    recent.delete(oldest);
  }
  return policy;
}

/**
 * Every check of every cluster reads the policy of its key anew; whatever is worked out about one that was read before
 * is known. A policy is never changed.
 */
const recent = new Map<string, Policy>();
const mostRecent = 100;

/**
 * Reads the text of an IAM policy, a permissions boundary or a service control policy: the same language, in which
 * no statement names a principal. Throws like `parsePolicy`.
 */
export function parseIdentityPolicy(text: string): Policy {
  return parseDocument(text, refusePrincipal);
}

/** Reads a role's trust policy: it names principals like a key policy, and no resource, since that is the role. */
export function parseTrustPolicy(text: string): Policy {
  return parseDocument(text, parsePrincipalPair, { resources: ['*'], notResources: null });
}

type PrincipalPair = Pick<Statement, 'principals' | 'notPrincipals'>;
type ParsePrincipals = (raw: Record<string, unknown>, where: string) => PrincipalPair;

function parsePrincipalPair(raw: Record<string, unknown>, where: string): PrincipalPair {
  const [principals, notPrincipals] = parsePair(raw, 'Principal', where, parsePrincipals);
  return { principals, notPrincipals };
}

function refusePrincipal(raw: Record<string, unknown>, where: string): PrincipalPair {
  if (raw.Principal !== undefined || raw.NotPrincipal !== undefined) {
    throw new PolicyError(`${where} names a principal, which an IAM policy cannot.`);
  }
  return { principals: null, notPrincipals: null };
}

type ResourcePair = Pick<Statement, 'resources' | 'notResources'>;

function parseDocument(
  text: string,
  parseStatementPrincipals: ParsePrincipals,
  impliedResources?: ResourcePair,
): Policy {
  if (text.length > longestTextCharacters) {
    throw new PolicyError(`The policy is longer than ${longestTextCharacters} characters.`);
  }
  const document = parseObject(text);
  for (const name of Object.keys(document)) {
    if (!['Version', 'Id', 'Statement'].includes(name)) {
      throw new PolicyError('The policy has an element that is not Version, Id or Statement.');
    }
  }
  const { Statement: statement } = document;
  const statements = Array.isArray(statement) ? statement : [statement];
  if (statement === undefined || statements.length === 0) {
    throw new PolicyError('The policy has no Statement.');
  }
  return {
    version: parseVersion(document.Version),
    statements: statements.map((raw, index) =>
      parseStatement(raw, index, parseStatementPrincipals, impliedResources),
    ),
  };
}

function parseObject(text: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, so it is not passed on.
    throw new PolicyError('The policy is not JSON.');
  }
  if (!isRecord(document)) {
    throw new PolicyError('The policy is not a JSON object.');
  }
  return document;
}

function parseVersion(version: unknown): PolicyVersion {
  // Without a Version IAM takes the older language.
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
  if (version === undefined) {
    return '2008-10-17';
  }
  if (version !== '2008-10-17' && version !== '2012-10-17') {
    throw new PolicyError('The policy has an unknown Version.');
  }
  return version;
}

function parseStatement(
  raw: unknown,
  index: number,
  parseStatementPrincipals: ParsePrincipals,
  impliedResources?: ResourcePair,
): Statement {
  const where = `Statement ${index + 1}`;
  if (!isRecord(raw)) {
    throw new PolicyError(`${where} is not an object.`);
  }
  if (Object.keys(raw).some((name) => !statementElements.has(name))) {
    throw new PolicyError(`${where} has an unknown element.`);
  }
  const { Sid: sid, Effect: effect } = raw;
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new PolicyError(`${where} has an Effect that is neither Allow nor Deny.`);
  }
  if (sid !== undefined && typeof sid !== 'string') {
    throw new PolicyError(`${where} has a Sid that is not text.`);
  }
  const [actions, notActions] = parsePair(raw, 'Action', where, parseTexts);
  const { resources, notResources } = impliedResources ?? parseResourcePair(raw, where);
  for (const action of actions ?? notActions ?? []) {
    if (action !== '*' && !action.includes(':')) {
      throw new PolicyError(`${where} has an action without a service prefix.`);
    }
  }
  return {
    index,
    sid: sid === undefined || sid === '' ? null : sid,
    effect,
    ...parseStatementPrincipals(raw, where),
    actions,
    notActions,
    resources,
    notResources,
    conditions: parseConditions(raw.Condition, where),
  };
}

function parseResourcePair(raw: Record<string, unknown>, where: string): ResourcePair {
  const [resources, notResources] = parsePair(raw, 'Resource', where, parseTexts);
  return { resources, notResources };
}

/** One of Action and NotAction (and so on) must stand in a statement of a key policy, and only one. */
function parsePair<Value>(
  raw: Record<string, unknown>,
  name: string,
  where: string,
  parse: (value: unknown, where: string) => Value,
): [Value, null] | [null, Value] {
  const value = raw[name];
  const opposite = raw[`Not${name}`];
  if (value !== undefined && opposite !== undefined) {
    throw new PolicyError(`${where} has both ${name} and Not${name}.`);
  }
  if (value !== undefined) {
    return [parse(value, `${where}, ${name},`), null];
  }
  if (opposite !== undefined) {
    return [null, parse(opposite, `${where}, Not${name},`)];
  }
  throw new PolicyError(`${where} has neither ${name} nor Not${name}.`);
}

function parsePrincipals(value: unknown, where: string): PrincipalEntry[] {
  if (value === '*') {
    return [{ type: 'AWS', value: '*' }];
  }
  if (!isRecord(value) || Object.keys(value).length === 0) {
    throw new PolicyError(`${where} is neither "*" nor an object of principals.`);
  }
  return Object.entries(value).flatMap(([name, values]) => {
    const type = principalTypes.find((known) => known === name);
    if (type === undefined) {
      throw new PolicyError(`${where} has a principal type that is not ${principalTypes.join(', ')}.`);
    }
    return parseTexts(values, where).map((entry) => ({ type, value: entry }));
  });
}

function parseConditions(value: unknown, where: string): Statement['conditions'] {
  if (value === undefined) {
    return [];
  }
  if (!isRecord(value)) {
    throw new PolicyError(`${where} has a Condition that is not an object.`);
  }
  return Object.entries(value).flatMap(([operator, keys]) => {
    if (!isRecord(keys)) {
      throw new PolicyError(`${where} has a condition operator that holds no object of keys.`);
    }
    return Object.entries(keys).map(([key, values]) => parseCondition(operator, key, values, where));
  });
}

function parseTexts(value: unknown, where: string): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) {
    throw new PolicyError(`${where} is an empty list.`);
  }
  return values.map((entry) => {
    if (typeof entry !== 'string' || entry === '') {
      throw new PolicyError(`${where} holds something that is not text.`);
    }
    return entry;
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
