/** Conditions of Logs Insights' `filter`. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Filter.html */

/** What is known of a line, by field: a JSON line's members, their names joined by dots. */
export type Fields = Map<string, string>;
type Condition = (fields: Fields) => boolean;

const token =
  /\s*(?:(?<string>"(?:[^"\\]|\\.)*")|\/(?<pattern>(?:[^/\\]|\\.)*)\/|(?<word>[@\w][@\w.]*)|(?<sign>!=|[=()[\],]))/y;

type Token = { string?: string; pattern?: string; word?: string; sign?: string };

export class MalformedQueryError extends Error {
  override readonly name = 'MalformedQueryError';
}

const toTokens = (text: string): Token[] => {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const from = token.lastIndex;
    const found = token.exec(text);
    if (!found?.groups) throw new MalformedQueryError(`unexpected ${text.slice(from, from + 20)}`);
    tokens.push(found.groups);
  }
  return tokens;
};

/** Takes the text behind `filter`; gives what says whether a line is kept. */
export const parseCondition = (text: string): Condition => {
  const tokens = toTokens(text);
  let at = 0;
  const isNext = (word: string): boolean => tokens[at]?.word === word || tokens[at]?.sign === word;
  const skip = (word: string): void => {
    if (!isNext(word)) throw new MalformedQueryError(`expected ${word}`);
    at += 1;
  };
  const take = (kind: keyof Token): string => {
    const taken = tokens[at]?.[kind];
    if (taken === undefined) throw new MalformedQueryError(`expected a ${kind}`);
    at += 1;
    return taken;
  };
  const takeString = (): string => JSON.parse(take('string'));

  const parseAny = (): Condition => {
    const parts = [parseAll()];
    while (isNext('or')) {
      skip('or');
      parts.push(parseAll());
    }
    return (fields) => parts.some((part) => part(fields));
  };
  const parseAll = (): Condition => {
    const parts = [parseOne()];
    while (isNext('and')) {
      skip('and');
      parts.push(parseOne());
    }
    return (fields) => parts.every((part) => part(fields));
  };
  const parseOne = (): Condition => {
    if (isNext('not')) {
      skip('not');
      const denied = parseOne();
      return (fields) => !denied(fields);
    }
    if (isNext('(')) {
      skip('(');
      const inner = parseAny();
      skip(')');
      return inner;
    }
    const name = take('word');
    if (name === 'ispresent') {
      skip('(');
      const field = take('word');
      skip(')');
      return (fields) => fields.has(field);
    }
    if (isNext('like')) return parseLike(name);
    if (isNext('in')) return parseIn(name);
    const isEqual = isNext('=');
    skip(isEqual ? '=' : '!=');
    const value = takeString();
    return (fields) => (fields.get(name) === value) === isEqual;
  };
  const parseLike = (name: string): Condition => {
    skip('like');
    if (tokens[at]?.string !== undefined) {
      const part = takeString();
      return (fields) => fields.get(name)?.includes(part) === true;
    }
    const pattern = new RegExp(take('pattern'));
    return (fields) => pattern.test(fields.get(name) ?? '');
  };
  const parseIn = (name: string): Condition => {
    skip('in');
    skip('[');
    const values = new Set([takeString()]);
    while (isNext(',')) {
      skip(',');
      values.add(takeString());
    }
    skip(']');
    return (fields) => values.has(fields.get(name) ?? '');
  };

  const condition = parseAny();
  if (at < tokens.length) throw new MalformedQueryError('unexpected words after a condition');
  return condition;
};
