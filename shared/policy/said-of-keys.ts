/** What policies say of keys, as text: where two say the same of a key, they answer the same questions alike. */
import type { IdentityPolicies, NamedPolicy, Policy, PolicyVersion, Statement } from './policy.ts';
import type { Lookup } from './policy-variables.ts';
import { everyPowerAction } from './powers.ts';
import { hasAction, matchResource } from './statement.ts';
import { toCanonicalText } from './statement-id.ts';

/** One statement, and all that it says but whom and which resources it is about. */
type Line = { text: string; statement: Statement; version: PolicyVersion };

/** What the policies of one principal say, by the keys that they say it of. */
export type SaidOfKeys = {
  everyKey: string[];
  byKey: ReadonlyMap<string, string[]>;
  /** Of keys by patterns, or of all but some. */
  others: Line[];
};

const selected = new WeakMap<Policy, Statement[]>();

/** The statements of a policy that say something of any power over a key. */
export function selectPowers(policy: Policy): Statement[] {
  const known =
    selected.get(policy) ??
    policy.statements.filter((statement) => everyPowerAction.some((action) => hasAction(statement, action)));
  selected.set(policy, known);
  return known;
}

/** Sorts what a user's or role's own policies and boundary say. */
export function toSaidOfKeys({ policies, boundary }: IdentityPolicies): SaidOfKeys {
  const limits = boundary === null ? [] : [boundary];
  const unread = [...policies, ...limits].flatMap(({ ref, policy }) =>
    policy === null ? `unread ${ref}` : [],
  );
  const everyKey = [`bounded ${limits.length}`, ...unread];
  const byKey = new Map<string, string[]>();
  const others: Line[] = [];
  for (const line of [...policies.flatMap(toNamedLines), ...limits.flatMap(toNamedLines).map(toLimit)]) {
    const { resources } = line.statement;
    if (resources?.includes('*')) everyKey.push(line.text);
    else if (resources === null || resources.some((text) => /[*?$]/.test(text))) others.push(line);
    else for (const key of new Set(resources)) add(byKey, key, line.text);
  }
  return { everyKey: [...new Set(everyKey)].sort(), byKey, others };
}

/** Adds to one list of many: an account can say thousands of things of one key. */
export function add<Item>(lists: Map<string, Item[]>, name: string, item: Item): void {
  const list = lists.get(name);
  if (list) list.push(item);
  else lists.set(name, [item]);
}

/** All that is said of one key. */
export function toSaidOfKey({ everyKey, byKey, others }: SaidOfKeys, keyArn: string): string {
  const named = byKey.get(keyArn) ?? [];
  const more = others.flatMap((line) => toLineAbout(line, keyArn));
  return [...everyKey, ...new Set([...named, ...more].sort())].join('\n');
}

/** What one document says of a key. */
export function toLinesAbout(policy: Policy, keyArn: string): string[] {
  return toLines(policy)
    .flatMap((line) => toLineAbout(line, keyArn))
    .sort();
}

/** What a request says of which nothing is known yet. */
const anything: Lookup = () => 'unknown';

/** The line where it is about the key, with its resources where these hang on who asks. */
export function toLineAbout({ text, statement, version }: Line, keyArn: string): string[] {
  const isAbout = matchResource(statement, version, keyArn, anything);
  if (isAbout !== 'unknown') return isAbout ? [text] : [];
  return [`${keyArn} ${toWholeText({ text, statement, version })}`];
}

/** The line with the resources that it is about. */
export function toWholeText({ text, statement: { resources, notResources }, version }: Line): string {
  const about = toCanonicalText([resources, notResources]);
  return `${about.includes('${') ? version : ''} ${about} ${text}`;
}

function toNamedLines({ policy }: NamedPolicy): Line[] {
  return policy === null ? [] : toLines(policy);
}

function toLimit(line: Line): Line {
  return { ...line, text: `boundary ${line.text}` };
}

const lines = new WeakMap<Policy, Line[]>();

export function toLines(policy: Policy): Line[] {
  const known = lines.get(policy) ?? selectPowers(policy).map((statement) => toLine(policy, statement));
  lines.set(policy, known);
  return known;
}

function toLine({ version }: Policy, statement: Statement): Line {
  const { effect, conditions } = statement;
  const text = toCanonicalText({
    effect,
    actions: everyPowerAction.filter((action) => hasAction(statement, action)),
    conditions: conditions.map(({ originalKey: _, ...condition }) => condition),
  });
  // Only there the language matters.
  return { text: text.includes('${') ? `${version} ${text}` : text, statement, version };
}
