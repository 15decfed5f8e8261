/** The picture of real output in the README: what the demo prints for a few of its clusters. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

/** Clusters of which the same is said every day: no date, and no Region that throttles now and then. */
const shownClusters = '*-l*e*';
const begin = '<!-- demo -->\n';
const end = '<!-- /demo -->\n';

const withoutSeconds = (text: string) => text.replace(/ · \d+\.\d s$/m, '');

/** Takes the README; gives it with today's output between its two marks, unchanged where only the seconds differ. */
export const withDemoOutput = (readme: string): string => {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md lacks ${begin.trim()} … ${end.trim()}`);
  const printed = execFileSync(process.execPath, [main, 'demo', '--clusters', shownClusters, '--no-color'], {
    encoding: 'utf8',
  });
  const picture = `\n\`\`\`text\n$ npm run -s demo -- --clusters '${shownClusters}'\n${printed}\`\`\`\n\n`;
  const current = readme.slice(from + begin.length, to);
  if (withoutSeconds(current) === withoutSeconds(picture)) return readme;
  return readme.slice(0, from + begin.length) + picture + readme.slice(to);
};
