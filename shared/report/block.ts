/** A label and text beside it: what the table is made of. */
import { stripVTControlCharacters, styleText } from 'node:util';
import { toPrintable } from './printable.ts';
import { wrap } from './wrap.ts';

export type Style = Parameters<typeof styleText>[0];
export type Paint = (style: Style, text: string) => string;

/** Whether it is a terminal that shows colours its caller knows. */
export const toPaint =
  (colour: boolean): Paint =>
  (style, text) =>
    colour ? styleText(style, text, { validateStream: false }) : text;

/** Columns of the label (`critical`, `unknown`, …) in front of what is said. */
export const labelWidth = 12;

/** A label and text beside it, wrapped, each line below the first one's text. Text is made printable here. */
export function* toBlock(
  label: string,
  text: string,
  width: number,
  indent: number,
  style: (line: string) => string = (line) => line,
): Iterable<string> {
  let head = label === '' ? ' '.repeat(indent) : `  ${padLabel(label, indent - 2)}`;
  for (const line of wrap(toPrintable(text), width - indent)) {
    yield `${head}${style(line)}\n`;
    head = ' '.repeat(indent);
  }
}

const padLabel = (label: string, width: number): string =>
  label + ' '.repeat(Math.max(0, width - stripVTControlCharacters(label).length));
