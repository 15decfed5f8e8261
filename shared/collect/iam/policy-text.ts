/** Policy documents as IAM sends them, and whether they can matter to a key. */

/**
 * A document's plain text. IAM encodes it as RFC 3986 says, where a plus is a plus; what does not decode is kept as
 * it came, since some endpoints send plain JSON and a broken document is for its reader to name.
 */
export const decodeDocument = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/**
 * Whether a policy can say anything about KMS, allow or deny. It cannot if each of its statements lists its actions
 * and each action spells out another service before its colon: such a statement matches no action of KMS, so it
 * neither gives nor takes anything there. Whatever is not understood can.
 */
export const canConcernKms = (document: string): boolean => {
  const statements = getStatements(document);
  return statements === undefined || statements.some(isPossiblyAboutKms);
};

const otherService = /^(?!kms:)[a-z0-9-]+:/i;

const isPossiblyAboutKms = (statement: unknown): boolean => {
  if (!isObject(statement) || 'NotAction' in statement) return true;
  const actions = asList(statement.Action);
  return (
    actions.length === 0 ||
    !actions.every((action) => typeof action === 'string' && otherService.test(action))
  );
};

const getStatements = (document: string): unknown[] | undefined => {
  try {
    const policy: unknown = JSON.parse(document);
    return isObject(policy) && policy.Statement !== undefined ? asList(policy.Statement) : undefined;
  } catch {
    return undefined;
  }
};

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
