/** A stream of YAML cut into its documents, and a long `kind: List` into its items, before any of it is parsed. */

export interface Chunk {
  text: string;
  /** The line of the file that it begins with, counted from one. */
  line: number;
}

/**
 * Cuts a stream at its `---` lines. That is sound without parsing: no scalar may hold one at the beginning of a line.
 * https://yaml.org/spec/1.2.2/#912-document-markers
 */
export const splitDocuments = (text: string): Chunk[] => {
  const marker = /^---(?=[ \t\r\n]|$)/gm;
  const chunks: Chunk[] = [];
  let start = 0;
  let line = 1;
  for (const { index } of text.matchAll(marker)) {
    const chunk = text.slice(start, index);
    // Directives belong to the document after them.
    if (index === 0 || /^(?:[ \t]*(?:[#%].*)?\r?\n)*$/.test(chunk)) continue;
    chunks.push({ text: chunk, line });
    line += countLines(chunk);
    start = index;
  }
  return [...chunks, { text: text.slice(start), line }];
};

const countLines = (text: string): number => {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
};

/**
 * Cuts the items out of a document that is a list in block style (`kubectl get --output yaml`), so that a long one is
 * parsed piece by piece. Gives the document without its items first; the document alone where it looks otherwise.
 */
export const splitItems = ({ text, line }: Chunk): Chunk[] => {
  const lines = text.split('\n');
  const head = lines.findIndex((one) => /^items:[ \t]*\r?$/.test(one));
  const first = lines.findIndex((one, index) => index > head && !isBlank(one));
  const dash = /^( *)-(?:[ \t\r]|$)/.exec(lines[first] ?? '');
  if (head < 0 || !dash) return [{ text, line }];
  const indent = dash[1]?.length ?? 0;
  const starts: number[] = [];
  let end = lines.length;
  for (let at = first; at < lines.length; at += 1) {
    const one = lines[at] ?? '';
    if (isBlank(one) || one.search(/[^ ]/) > indent) continue;
    if (one.search(/[^ ]/) < indent || !/^ *-(?:[ \t\r]|$)/.test(one)) {
      end = at;
      break;
    }
    starts.push(at);
  }
  const items = starts.map((start, index) => ({
    text: lines.slice(start, starts[index + 1] ?? end).join('\n'),
    line: line + start,
  }));
  return [{ text: [...lines.slice(0, head), ...lines.slice(end)].join('\n'), line }, ...items];
};

const isBlank = (line: string): boolean => /^[ \t]*(?:#.*)?\r?$/.test(line);
