import type { Effort } from './effort.ts';
import { type Pattern, type State, step, type Token, toStart } from './pattern.ts';

/** One question about a value: does it, with `before` and `after` around it, match any of the patterns? */
export type Atom = { patterns: Pattern[]; before: string; after: string };

/** The texts a key may hold: any of the `within` patterns (all texts if there are none) and none of `without`. */
export type TextSpace = { within: Pattern[]; without: Pattern[] };

// A walk may take this part of what the question has left, so that one key too many does not end the search.
const partOfEffort = 1 / 4;
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
  effort: Effort,
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
  const limit = effort.left * (1 - partOfEffort);
  const start = machines.map(({ patterns, before }) => read(patterns.map(toStart), before, effort));
  const toAnswers = (states: State[][], text: string) =>
    machines.map(({ after }, index) =>
      read(states[index] ?? [], text + after, effort).some(({ isAccepting }) => isAccepting),
    );
  for (const text of new Set(suggestions)) {
    keep(toAnswers(start, text), text);
    if (effort.left < limit) break;
  }
  const fresh = toFreshCharacter(machines);
  // The start is none of them: it was reached by the empty text, which no key holds, and others may lead back to it.
  const seen = new Set<string>();
  let frontier: { states: State[][]; text: string }[] = [{ states: start, text: '' }];
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const { states, text } of frontier) {
      keep(toAnswers(states, ''), text);
      for (const char of alphabet ?? toTellingCharacters(states, fresh)) {
        const reached = states.map((live) => read(live, char, effort));
        const key = toStateKey(reached);
        // Outside `within` for good: nothing that follows belongs to the space.
        const isLost = within.length > 0 && reached[1]?.length === 0;
        if (!isLost && !seen.has(key)) {
          seen.add(key);
          next.push({ states: reached, text: text + char });
        }
      }
      if (effort.left < limit) {
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

/** The states of patterns that can still match after some text more. */
function read(live: State[], text: string, effort: Effort): State[] {
  let reached = live;
  for (const char of text) {
    effort.left -= reached.length + 1;
    reached = reached.map((state) => step(state, char)).filter(({ positions }) => positions.length > 0);
  }
  // Once a pattern matches whatever follows, the others of its list add nothing.
  const settled = reached.find(({ isSettled }) => isSettled);
  return settled === undefined ? reached : [settled];
}

function toStateKey(states: State[][]): string {
  return states.map((live) => live.map(({ number }) => number).join('|')).join('&');
}

/** The characters that some pattern asks for next, and one that none does: all others behave like that one. */
function toTellingCharacters(states: State[][], fresh: string): string[] {
  const telling = new Set<string>();
  for (const { pattern, positions } of states.flat()) {
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
  const used = new Set<string>();
  for (const { patterns } of machines) {
    for (const { tokens } of patterns) {
      for (const token of tokens) {
        if ('char' in token) used.add(token.char).add(token.char.toUpperCase());
      }
    }
  }
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
