/**
 * Whether a value matches a glob: `*` stands for any characters, `/` and `:` included, `?` for exactly one, all
 * else for itself. Brackets and braces are literal because names of AWS hold them. Runs without backtracking into
 * earlier stars, so no glob is slow.
 */
export const isGlobMatch = (glob: string, value: string): boolean => {
  let position = 0;
  let globPosition = 0;
  let star = -1;
  let resume = 0;
  while (position < value.length) {
    const wanted = glob[globPosition];
    if (wanted === '*') {
      star = globPosition++;
      resume = position;
    } else if (wanted === '?' || wanted === value[position]) {
      globPosition++;
      position++;
    } else if (star >= 0) {
      // Only the last star needs another try: what an earlier one could take, this one can take too.
      globPosition = star + 1;
      position = ++resume;
    } else return false;
  }
  while (glob[globPosition] === '*') globPosition++;
  return globPosition === glob.length;
};
