/** The objects of a run and their hashes, in the format that `sha256sum --check` reads. */

export interface Listed {
  name: string;
  sha256: string;
}

/** A name that would break the line is escaped as coreutils does it: https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html */
export const toListLine = ({ name, sha256 }: Listed): string => {
  const escaped = name.replace(/[\\\n\r]/g, (character) => escapes[character] ?? '');
  return `${escaped === name ? '' : '\\'}${sha256}  ${escaped}\n`;
};

const escapes: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
const characters: Record<string, string> = { '\\\\': '\\', '\\n': '\n', '\\r': '\r' };

/** Takes a list's text; gives its objects, or undefined where it is no such list. */
export const parseList = (text: string): Listed[] | undefined => {
  const lines = text.split('\n');
  if (lines.pop() !== '') return undefined;
  const listed: Listed[] = [];
  for (const line of lines) {
    const { escaped, sha256, name } =
      /^(?<escaped>\\?)(?<sha256>[0-9a-f]{64}) {2}(?<name>.+)$/s.exec(line)?.groups ?? {};
    if (sha256 === undefined || name === undefined) return undefined;
    listed.push({
      sha256,
      name: escaped ? name.replace(/\\[\\nr]/g, (pair) => characters[pair] ?? pair) : name,
    });
  }
  return listed;
};
