import { createHash } from 'node:crypto';
import type { Policy, Statement } from './policy.ts';

const hashPrefix = 'sha256:';

/**
 * The name of a statement that stays the same from night to night: its Sid where no other statement of the policy
 * has it, else a hash of what the statement says. Neither its place nor the order of its lists matters. A Sid that
 * poses as such a hash is none: it could take another statement's name. Statements that say the same share theirs.
 */
export function toStatementId(policy: Policy, statement: Statement): string {
  const { sid } = statement;
  if (
    sid !== null &&
    !sid.startsWith(hashPrefix) &&
    policy.statements.every((other) => other.index === statement.index || other.sid !== sid)
  ) {
    return sid;
  }
  const { index: _, conditions, ...elements } = statement;
  const said = {
    ...elements,
    conditions: conditions.map(({ originalKey: __, ...condition }) => condition),
  };
  return `${hashPrefix}${createHash('sha256').update(toCanonicalText(said)).digest('hex')}`;
}

/** The name of a statement for people, in this document: its Sid where it is the only one with it, else its place. */
export function toStatementRef({ statements }: Policy, { sid, index }: Statement): string {
  const isUnique = statements.every((other) => other.index === index || other.sid !== sid);
  return sid !== null && isUnique ? sid : `statement ${index + 1}`;
}

/** JSON in which neither the order of names nor of lists matters. */
export function toCanonicalText(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(toCanonicalText).sort().join()}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([name, item]) => `${JSON.stringify(name)}:${toCanonicalText(item)}`,
    );
    return `{${entries.sort().join()}}`;
  }
  return JSON.stringify(value);
}
