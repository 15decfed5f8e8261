/** Text of data as Markdown that shows and does nothing: no markup, no link, no picture, no mention of a person. */
import { toPrintable } from './printable.ts';

/** What has a meaning within a word, in CommonMark or to whoever shows it (`@name`, `#12`, `www.…`). */
const meaning = /^-+$|(?!^\/$)[\\`*_{}[\]()<>#|~@/=&$^:.!+]/;

/** Around a word: brackets and quotation marks of prose, and what ends a sentence. */
const around = /^(?<before>[("']*)(?<core>.*?)(?<after>[)"'.,;:!?]*)$/su;

/** Times and numbers mean nothing to anybody's Markdown. */
const plain = /^\d+[.:]\d+$/;

/** Within prose: a command with its options, to be copied whole, and a line of YAML. */
const whole = new RegExp(
  [
    // Prose is between any two spans of code, or they would run into each other.
    String.raw`(?<=(?:^| )[("']*)(?:(?:aws|kubectl)(?: [\w./:-]+){1,4}?`,
    String.raw`(?: --(?:(?:server-side|(?:is|no|enable)-[\w-]+)(?![\w-])|[\w-]+(?:[ =](?!--)(?:'[^']*'|"[^"]*"|\S*[^\s.,:;!?)]))?))+`,
    String.raw`(?: [\w.-]+\/[\w./-]*[\w/-])*|(?<=: )- "[^"]*")(?=[)"'.,;:!?]*(?: |$))`,
  ].join(''),
  'g',
);

/** Takes text of any kind; gives one line in which commands, and each word that is not plain prose, are code. */
export const toInline = (text: string): string => {
  const printable = toPrintable(text);
  const pieces: string[] = [];
  let end = 0;
  for (const { 0: found, index } of printable.matchAll(whole)) {
    pieces.push(toWords(printable.slice(end, index)), toCode(found));
    end = index + found.length;
  }
  return [...pieces, toWords(printable.slice(end))].join('');
};

const toWords = (text: string): string =>
  text
    .split(' ')
    .map((word) => {
      const { before = '', core = '', after = '' } = around.exec(word)?.groups ?? {};
      return meaning.test(core) && !plain.test(core) ? `${before}${toCode(core)}${after}` : word;
    })
    .join(' ');

/** Takes text; gives a code span that holds all of it, backticks too: https://spec.commonmark.org/0.31.2/#code-spans */
export const toCode = (text: string): string => {
  const printable = toPrintable(text);
  const longest = Math.max(0, ...[...printable.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const isPadded = /^[ `]|[ `]$/.test(printable);
  return isPadded ? `${fence} ${printable} ${fence}` : `${fence}${printable}${fence}`;
};

/** Takes lines of text; gives them as a block of code within a list's item whose text is indented so far. */
export const toFence = (text: string, indent: string): string => {
  const lines = text.split('\n').map(toPrintable);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [fence, ...lines, fence].map((line) => (line === '' ? '\n' : `${indent}${line}\n`)).join('');
};
