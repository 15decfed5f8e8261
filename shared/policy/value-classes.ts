import { hasMatch, isAccepting, type Pattern, type Positions, step, type Token, toStart } from './pattern.ts';

/** One question about a value: does it, with `before` and `after` around it, match any of the patterns? */
export type Atom = { patterns: Pattern[]; before: string; after: string };

/** The texts a key may hold: any of the `within` patterns (all texts if there are none) and none of `without`. */
export type TextSpace = { within: Pattern[]; without: Pattern[] };

type Live = { pattern: Pattern; positions: Positions }[];

// Patterns followed, summed over the states of a walk: about a second. Real key policies need a few thousand.
const maximumWork = 400_000;
const freshCharacters = [...'xqzjvwkyXQZJ0~_'];

/**
 * One text for each way the atoms can answer together, within the space: two texts of one class are the same to
 * every condition, so these few stand for all. Suggestions come first where they fit, because they read well.
 * Not complete when the walk was too long to finish.
 */
export function toRepresentatives(
  atoms: Atom[],
  { within, without }: TextSpace,
  suggestions: string[],
  alphabet: string[] | null = null,
): { values: string[]; isComplete: boolean } {
  const bounds = [
    { patterns: without, before: '', after: '' },
    ...(within.length === 0 ? [] : [{ patterns: within, before: '', after: '' }]),
  ];
  const machines = [...bounds, ...atoms];
  const bySignature = new Map<string, string>();
  const keep = (answers: boolean[], text: string) => {
    const [isExcluded, ...rest] = answers;
    const isInside = within.length === 0 || rest[0] === true;
    const signature = answers.map(Number).join('');
    if (isExcluded === false && isInside && text !== '' && !bySignature.has(signature)) {
      bySignature.set(signature, text);
    }
  };
  for (const text of suggestions) {
    keep(
      machines.map((atom) => hasAtom(atom, text)),
      text,
    );
  }
  const fresh = toFreshCharacter(machines);
  const start = machines.map(({ patterns, before }) => read(patterns.map(toLive), before));
  const seen = new Set([toStateKey(start)]);
  let frontier: { state: Live[]; text: string }[] = [{ state: start, text: '' }];
  let work = 0;
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const { state, text } of frontier) {
      keep(
        machines.map(({ after }, index) => isAccepted(read(state[index] ?? [], after))),
        text,
      );
      for (const char of alphabet ?? toTellingCharacters(state, fresh)) {
        const reached = state.map((live) => read(live, char));
        work += reached.length;
        const key = toStateKey(reached);
        // Outside `within` for good: nothing that follows belongs to the space.
        const isLost = within.length > 0 && reached[1]?.length === 0;
        if (!isLost && !seen.has(key)) {
          seen.add(key);
          next.push({ state: reached, text: text + char });
        }
      }
      if (work > maximumWork) {
        return { values: [...bySignature.values()], isComplete: false };
      }
    }
    frontier = next;
  }
  return { values: [...bySignature.values()], isComplete: true };
}

/** A text that a pattern matches, its wildcards filled as shortly as they can be. */
export function toInstance({ tokens }: Pattern): string {
  return tokens.map((token) => ('char' in token ? token.char : token.any === 'one' ? 'x' : '')).join('');
}

function hasAtom({ patterns, before, after }: Atom, text: string): boolean {
  return patterns.some((pattern) => hasMatch(pattern, before + text + after));
}

function toLive(pattern: Pattern): Live[number] {
  return { pattern, positions: toStart(pattern) };
}

function read(live: Live, text: string): Live {
  let reached = live;
  for (const char of text) {
    reached = reached.flatMap(({ pattern, positions }) => {
      const after = step(pattern, positions, char);
      return after.length === 0 ? [] : [{ pattern, positions: after }];
    });
  }
  // Once a pattern matches whatever follows, the others of its list add nothing.
  const settled = reached.find(({ pattern, positions }) => isSettled(pattern, positions));
  return settled === undefined ? reached : [settled];
}

function isSettled(pattern: Pattern, positions: Positions): boolean {
  const last = pattern.tokens.at(-1);
  return (
    last !== undefined &&
    'any' in last &&
    last.any === 'many' &&
    !last.segment &&
    positions.includes(pattern.tokens.length - 1)
  );
}

function isAccepted(live: Live): boolean {
  return live.some(({ pattern, positions }) => isAccepting(pattern, positions));
}

const patternNumbers = new WeakMap<Pattern, number>();
let patternCount = 0;

function toStateKey(state: Live[]): string {
  return state
    .map((live) => live.map(({ pattern, positions }) => `${toPatternNumber(pattern)}:${positions}`).join('|'))
    .join('&');
}

function toPatternNumber(pattern: Pattern): number {
  const known = patternNumbers.get(pattern);
  if (known !== undefined) {
    return known;
  }
  patternCount += 1;
  patternNumbers.set(pattern, patternCount);
  return patternCount;
}

/** The characters that some pattern asks for next, and one that none does: all others behave like that one. */
function toTellingCharacters(state: Live[], fresh: string): string[] {
  const telling = new Set<string>();
  for (const { pattern, positions } of state.flat()) {
    for (const position of positions) {
      addTelling(telling, pattern.tokens[position], pattern.ignoresCase);
    }
  }
  return [...telling, fresh];
}

function addTelling(telling: Set<string>, token: Token | undefined, ignoresCase: boolean): void {
  if (token === undefined) {
    return;
  }
  if ('any' in token) {
    if (token.segment) {
      telling.add(':');
    }
    return;
  }
  telling.add(token.char);
  if (ignoresCase) {
    telling.add(token.char.toUpperCase());
  }
}

function toFreshCharacter(machines: Atom[]): string {
  const used = new Set(
    machines.flatMap(({ patterns, after }) => [
      ...after,
      ...patterns.flatMap(({ tokens }) =>
        tokens.flatMap((token) => ('char' in token ? [token.char, token.char.toUpperCase()] : [])),
      ),
    ]),
  );
  const readable = freshCharacters.find((char) => !used.has(char));
  if (readable !== undefined) {
    return readable;
  }
  let code = 0xa1;
  while (used.has(String.fromCodePoint(code))) {
    code += 1;
  }
  return String.fromCodePoint(code);
}
