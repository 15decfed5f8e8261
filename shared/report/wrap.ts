/** Text in columns: breaks lines to a width, never drops a character of a name. */
import stringWidth from 'string-width';

/** Where a word that is too long, mostly an ARN, may break without looking torn. */
const seam = /(?<=[:/#,])/;

/** Takes one line of printable text; gives the lines that fit a width. Only the spaces between lines are lost. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (stringWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const parts = breakWord(word, width);
    line = parts.pop() ?? '';
    lines.push(...parts);
  }
  if (line !== '') lines.push(line);
  return lines;
};

const breakWord = (word: string, width: number): string[] => {
  if (stringWidth(word) <= width) return [word];
  const lines: string[] = [];
  let line = '';
  for (const part of word
    .split(seam)
    .flatMap((piece) => (stringWidth(piece) <= width ? piece : [...piece]))) {
    if (line !== '' && stringWidth(line + part) > width) {
      lines.push(line);
      line = '';
    }
    line += part;
  }
  return [...lines, line];
};
