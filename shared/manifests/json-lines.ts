/** Where objects begin in JSON: JSON.parse is fast enough for any file, but tells no lines. */

/**
 * Takes JSON that parses; gives the lines, counted from one, of the outermost value and of the elements of its `items`
 * (of the last ones, where that name stands twice, as JSON.parse has it).
 */
export const findJsonLines = (text: string): { root: number; items: number[] } => {
  let line = 1;
  let root = 0;
  let items: number[] = [];
  let depth = 0;
  let key = '';
  /** Whether what comes next is an element of the items, or their end. */
  let isElement = false;
  let isInItems = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\n') line += 1;
    if (/\s/.test(character)) continue;
    root ||= line;
    if (isElement && character !== ']') items.push(line);
    isElement = false;
    switch (character) {
      case '"': {
        const end = findEnd(text, at);
        if (depth === 1) key = text.slice(at + 1, end);
        at = end;
        break;
      }
      case '{':
      case '[':
        depth += 1;
        if (character === '{' || depth !== 2 || key !== 'items') break;
        items = [];
        isInItems = true;
        isElement = true;
        break;
      case '}':
      case ']':
        depth -= 1;
        if (depth === 1) isInItems = false;
        break;
      case ',':
        isElement = isInItems && depth === 2;
        break;
      default:
    }
  }
  return { root, items };
};

/** The quotation mark that ends the text which begins at a place. */
const findEnd = (text: string, start: number): number => {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
};
