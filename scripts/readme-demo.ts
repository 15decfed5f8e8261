/** The picture of real output in the README: what the demo prints for a few of its clusters. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));

/** Clusters of which the same is said every day but for its times: no Region of theirs throttles now and then. */
const shownClusters = '*-l*e*';
const begin = '<!-- demo -->\n';
const end = '<!-- /demo -->\n';

/** What is another at another moment: when and how often something happened, by which event, and how long the run took. */
const withoutTimes = (text: string) =>
  text
    .replace(/\s+/g, ' ')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, 'TIME')
    .replace(/\d+ times/g, 'N times')
    .replace(/(?<=AttributeKey=EventId,AttributeValue=)[0-9a-f-]{36}/g, 'EVENT')
    .replace(/ · \d+\.\d s /, ' ');

/** Takes the README; gives it with today's output between its two marks, unchanged where only its times differ. */
export const withDemoOutput = (readme: string): string => {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md lacks ${begin.trim()} … ${end.trim()}`);
  const printed = execFileSync(process.execPath, [main, 'demo', '--clusters', shownClusters, '--no-color'], {
    encoding: 'utf8',
  });
  const picture = `\n\`\`\`text\n$ npm run -s demo -- --clusters '${shownClusters}'\n${printed}\`\`\`\n\n`;
  const current = readme.slice(from + begin.length, to);
  if (withoutTimes(current) === withoutTimes(picture)) return readme;
  return readme.slice(0, from + begin.length) + picture + readme.slice(to);
};
