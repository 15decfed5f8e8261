/** Text of data as Markdown that shows and does nothing: no markup, no link, no picture, no mention of a person. */
import { toPrintable } from './printable.ts';

/** What has a meaning within a word, in CommonMark or to whoever shows it (`@name`, `#12`, `www.…`). */
const meaning = /^-+$|(?!^\/$)[\\`*_{}[\]()<>#|~@/=&$^:.!+]/;

/** Around a word: brackets and quotation marks of prose, and what ends a sentence. */
const around = /^(?<before>[("']*)(?<core>.*?)(?<after>[)"'.,;:!?]*)$/su;

/** Takes text of any kind; gives one line in which each word that is not plain prose is code. */
export const toInline = (text: string): string =>
  toPrintable(text)
    .split(' ')
    .map((word) => {
      const { before = '', core = '', after = '' } = around.exec(word)?.groups ?? {};
      return meaning.test(core) ? `${before}${toCode(core)}${after}` : word;
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
