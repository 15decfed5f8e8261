// Patterns of policies as small automata: the same steps match one value and, in value-classes.ts, walk all values.

/** `char` is one literal; `one` and `many` are `?` and `*`; the `segment` forms stop at a colon. */
export type Token = { char: string } | { any: 'one' | 'many'; segment: boolean };
export type Pattern = { tokens: Token[]; ignoresCase: boolean };
/**
 * Where a pattern can be after some text: positions in its tokens, sorted; none means no match any more. Each set of
 * positions is one state, and what it reads leads to a state worked out once, so states can be told by their number.
 */
export type State = {
  number: number;
  pattern: Pattern;
  positions: number[];
  isAccepting: boolean;
  /** It matches whatever follows. */
  isSettled: boolean;
  next: Map<string, State>;
};

/** Every wildcard of a list of parts becomes a token. Text of parts that are literal (values of variables) does not. */
export function toPattern(parts: { text: string; isLiteral: boolean }[], ignoresCase = false): Pattern {
  const tokens = parts.flatMap(({ text, isLiteral }) => [...text].map((char) => toToken(char, isLiteral)));
  return { tokens: tokens.map((token) => toCase(token, ignoresCase)), ignoresCase };
}

/**
 * A pattern as the ARN operators read it: each of the six parts on its own, so a wildcard stops at a colon, except
 * in the last part, which may hold colons. The lone `*` is every ARN.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export function toArnPattern(parts: { text: string; isLiteral: boolean }[]): Pattern {
  const { tokens } = toPattern(parts);
  const [first] = tokens;
  const isLoneStar = tokens.length === 1 && isFreeStar(first);
  let colons = 0;
  return {
    ignoresCase: false,
    tokens: (isLoneStar ? toPattern([{ text: '*:*:*:*:*:*', isLiteral: false }]).tokens : tokens).map(
      (token) => {
        if ('char' in token) {
          colons += token.char === ':' ? 1 : 0;
          return token;
        }
        return { any: token.any, segment: colons < 5 };
      },
    ),
  };
}

/** Whether the whole value matches. */
export function hasMatch(pattern: Pattern, value: string): boolean {
  let state = toStart(pattern);
  for (const char of value) {
    state = step(state, char);
    if (state.positions.length === 0) {
      return false;
    }
  }
  return state.isAccepting;
}

/**
 * Whether a value matches a pattern with `*` and `?`, the way of actions and resources. Each `*` is tried as short as
 * it can be, and only the last one again: no text makes that slow, and nearly every text is decided at once.
 */
export function hasGlobMatch(glob: string, value: string, ignoresCase = false): boolean {
  const pattern = ignoresCase ? glob.toLowerCase() : glob;
  const text = ignoresCase ? value.toLowerCase() : value;
  let position = 0;
  let read = 0;
  let star = -1;
  let resume = 0;
  while (read < text.length) {
    if (pattern[position] === '*') {
      star = position;
      resume = read;
      position += 1;
    } else if (pattern[position] === '?' || pattern[position] === text[read]) {
      position += 1;
      read += 1;
    } else if (star >= 0) {
      resume += 1;
      read = resume;
      position = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[position] === '*') {
    position += 1;
  }
  return position === pattern.length;
}

const automata = new WeakMap<Pattern, Map<string, State>>();
let stateCount = 0;

export function toStart(pattern: Pattern): State {
  return toState(pattern, close(pattern, [0]));
}

/** Reads one more character. */
export function step(state: State, char: string): State {
  const known = state.next.get(char);
  if (known !== undefined) {
    return known;
  }
  const { pattern, positions } = state;
  const read = pattern.ignoresCase ? char.toLowerCase() : char;
  const next: number[] = [];
  for (const position of positions) {
    const token = pattern.tokens[position];
    if (token === undefined) {
      continue;
    }
    if ('char' in token) {
      if (token.char === read) {
        next.push(position + 1);
      }
    } else if (!(token.segment && read === ':')) {
      next.push(token.any === 'one' ? position + 1 : position);
    }
  }
  const reached = toState(pattern, close(pattern, next));
  state.next.set(char, reached);
  return reached;
}

function toState(pattern: Pattern, positions: number[]): State {
  const states = automata.get(pattern) ?? new Map<string, State>();
  automata.set(pattern, states);
  const name = positions.join();
  const known = states.get(name);
  if (known !== undefined) {
    return known;
  }
  stateCount += 1;
  const end = pattern.tokens.length;
  const state: State = {
    number: stateCount,
    pattern,
    positions,
    isAccepting: positions.at(-1) === end,
    isSettled: isFreeStar(pattern.tokens[end - 1]) && positions.includes(end - 1),
    next: new Map(),
  };
  states.set(name, state);
  return state;
}

/** Adds to sorted positions what a `*` reaches by matching nothing; behind a `*` that can read anything, all earlier positions are moot. */
function close(pattern: Pattern, positions: number[]): number[] {
  const reached = new Set<number>();
  for (const start of positions) {
    let position = start;
    reached.add(position);
    for (let token = pattern.tokens[position]; isMany(token); token = pattern.tokens[position]) {
      position += 1;
      reached.add(position);
    }
  }
  // Sorted as the given ones are: a position whose `*`s lead past the next one reaches that too.
  const sorted = [...reached];
  // Greedy: whatever an earlier position could still match, the last unrestricted `*` can match too.
  const lastStar = sorted.findLastIndex((position) => isFreeStar(pattern.tokens[position]));
  return sorted.slice(Math.max(0, lastStar));
}

function isMany(token: Token | undefined): boolean {
  return token !== undefined && 'any' in token && token.any === 'many';
}

function isFreeStar(token: Token | undefined): boolean {
  return token !== undefined && 'any' in token && token.any === 'many' && !token.segment;
}

function toToken(char: string, isLiteral: boolean): Token {
  if (isLiteral || (char !== '*' && char !== '?')) {
    return { char };
  }
  return { any: char === '*' ? 'many' : 'one', segment: false };
}

function toCase(token: Token, ignoresCase: boolean): Token {
  return ignoresCase && 'char' in token ? { char: token.char.toLowerCase() } : token;
}
