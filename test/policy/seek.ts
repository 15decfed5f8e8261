/** Looks for a request that policies let in by trying one value after the other, whatever findWitness would try. */
import { evaluateCondition } from '../../shared/policy/condition.ts';
import { getConditionKeys } from '../../shared/policy/condition-keys.ts';
import { decide, type Request, toCircumstances } from '../../shared/policy/decide.ts';
import { toIdentityContext } from '../../shared/policy/identity-context.ts';
import type { Policies, Policy } from '../../shared/policy/policy.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import { hasAction, matchResource } from '../../shared/policy/statement.ts';
import { keyAccountId, keyArn, outsideAccountId } from './policies.ts';

type Pick = <Item>(items: readonly Item[]) => Item;
type Asker = { principal: Principal; context: Record<string, string[]> };
export type Sought = {
  policies: Policies;
  /** All of them, however they are attached. */
  documents: Policy[];
  actions: string[];
  /** Somebody, with what such a caller says of itself; names come from the texts. */
  toAsker: (pick: Pick, texts: string[]) => Asker;
  /** The values of keys that the caller cannot choose. An empty list is: absent. */
  fixed: Record<string, string[][]>;
};

const words = ['a', 'b', 'ab', 'abc', 'xa', 'q', 'A', 'true', 'false', keyAccountId, outsideAccountId];
const numbers = ['4', '5', '5.5', '6', '6.5', '8'];
const moments = [
  '2025-01-01T00:00:00Z',
  '2026-01-01T00:00:00Z',
  '2026-03-01T00:00:00Z',
  '2027-01-01T00:00:00Z',
];
const addresses = ['203.0.113.9', '8.8.8.8', '200.1.1.1', '2001:db9::1'];
const lists = /^(aws:tagkeys|aws:principalorgpaths|kms:encryptioncontextkeys)$|^corp:/;

/** Texts as the policies' values could be meant: variables and wildcards filled at random, and parts of them. */
function toTexts(documents: Policy[], pick: Pick): string[] {
  const texts = new Set([...words, keyArn.replace(/.*\//, '')]);
  const values = documents.flatMap(({ statements }) =>
    statements.flatMap(({ conditions }) => conditions.flatMap((condition) => condition.values)),
  );
  for (const value of [...values, ...values, ...values]) {
    const filled = value
      .replace(/\$\{([^},]*)(?:, '(.*?)')?\}/g, (_, key, text) =>
        key.length === 1 ? key : pick([text ?? 'a', ...words]),
      )
      .replaceAll('*', () => pick(['', '', 'a', 'q']))
      .replaceAll('?', () => pick(['a', 'b', 'q']));
    for (let end = 1; end < Math.min(filled.length, 8); end += 1)
      texts.add(filled.slice(0, end)).add(filled.slice(end));
    texts.add(filled);
  }
  texts.delete('');
  return [...texts];
}

export function seekRequest(
  { policies, documents, actions, toAsker, fixed }: Sought,
  seed: number,
): Request | null {
  const random = toRandom(seed);
  const pick: Pick = (items) => items[Math.floor(random() * items.length)] ?? items[0] ?? raise();
  const keys = [...new Set(documents.flatMap(getConditionKeys))];
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const texts = toTexts(documents, pick);
    const free = [...texts, ...texts, ...numbers, ...moments, ...addresses];
    const draw = (key: string): string[] => {
      const options = fixed[key];
      if (options) return pick(options);
      if (random() < 0.2) return [];
      return [...new Set(lists.test(key) && random() < 0.4 ? [pick(free), pick(free)] : [pick(free)])];
    };
    const action = pick(actions);
    let asker = toAsker(pick, texts);
    const chosen = new Map(keys.map((key) => [key, draw(key)]));
    const toRequest = (): Request => {
      const context = { ...toIdentityContext(asker.principal), ...asker.context };
      const told = new Set(Object.keys(context).map((key) => key.toLowerCase()));
      const rest = [...chosen].filter(([key, values]) => !told.has(key) && values.length > 0);
      const { principal } = asker;
      return {
        principal,
        action,
        resource: keyArn,
        isClosed: true,
        context: { ...context, ...Object.fromEntries(rest) },
      };
    };
    let best = toDistance(toRequest(), documents);
    const keepIfBetter = (undo: () => void) => {
      const distance = toDistance(toRequest(), documents);
      if (distance > best) undo();
      else best = distance;
    };
    for (let round = 0; round < 3; round += 1) {
      for (const key of keys)
        for (let time = 0; time < 12 && best > 0; time += 1) {
          const before = chosen.get(key) ?? [];
          chosen.set(key, draw(key));
          keepIfBetter(() => chosen.set(key, before));
        }
      if (decide(toRequest(), policies).effect === 'allowed') return toRequest();
      const before = asker;
      asker = toAsker(pick, texts);
      keepIfBetter(() => {
        asker = before;
      });
    }
  }
  return null;
}

/** How many conditions keep the nearest Allow of each document from holding, and how many Denies hold. */
function toDistance(request: Request, documents: Policy[]): number {
  const { lookup } = toCircumstances(request);
  let distance = 0;
  for (const { statements, version } of documents) {
    const missing = statements
      .filter((statement) => hasAction(statement, request.action))
      .map((statement) => {
        const isAbout = matchResource(statement, version, keyArn, lookup) === true;
        const open = statement.conditions.filter((one) => evaluateCondition(one, version, lookup) !== true);
        return { effect: statement.effect, count: open.length + (isAbout ? 0 : 1) };
      });
    const allows = missing.filter(({ effect }) => effect === 'Allow').map(({ count }) => count);
    distance += allows.length === 0 ? 0 : Math.min(...allows);
    distance += missing.filter(({ effect, count }) => effect === 'Deny' && count === 0).length;
  }
  return distance;
}

/** Mulberry32. */
function toRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function raise(): never {
  throw new Error('there is nothing to pick from');
}
