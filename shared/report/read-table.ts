/** Who did read Secrets, for people: whom nobody expects first, then the rest, then the time that nobody could see. */
import { toTimes } from '../checks/activity/words.ts';
import { toNameWords } from '../checks/reads/words.ts';
import type { ReadBy, WhoDocument } from '../who/document.ts';
import { type Paint, toBlock } from './block.ts';
import { labelWidth, toGapLines, toMinute, toWhen } from './used-table.ts';

/** Takes the part of the answer about reads; gives its lines. */
export function* toReadLines(read: WhoDocument['read'], width: number, paint: Paint): Iterable<string> {
  if ('unknown' in read) {
    yield* toBlock('', `Who did read Secrets: ${read.detail}`, width, 0, (line) => paint('dim', line));
    return;
  }
  const { coverage, identities, secret } = read;
  const { from, to, source, gaps } = coverage;
  const what = secret === undefined ? 'Secrets' : `the Secret ${secret}`;
  yield* toBlock(
    '',
    `Who did read ${what}, ${toMinute(from)} to ${toMinute(to)} UTC by ${source}`,
    width,
    0,
    (line) => paint('bold', line),
  );
  for (const identity of identities) yield* toReadByLines(identity, width, paint);
  if (identities.length === 0) yield* toBlock('', 'Nobody, by what was seen.', width, labelWidth);
  yield* toGapLines(gaps, width, paint);
}

function* toReadByLines(read: ReadBy, width: number, paint: Paint): Iterable<string> {
  const dim = (line: string) => paint('dim', line);
  const label = toLabel(read, paint);
  const as = read.impersonator === undefined ? '' : `, impersonated by ${read.impersonator}`;
  const who = `${toNameWords(read.identity)}${as}${read.isKeyward ? ' (Keyward itself)' : ''}`;
  yield* toBlock(label, who, width, labelWidth, (line) => paint('bold', line));
  const counts = Object.entries(read.verbs).map(([verb, count]) => `${verb} ${toTimes(count)}`);
  if (read.denied > 0) counts.push(`${read.denied} refused`);
  yield* toBlock('', `${counts.join(', ')}, ${toWhen(read)}`, width, labelWidth);
  yield* toBlock('', read.secrets.join(', '), width, labelWidth, dim);
  if (read.sessions.length > 0) yield* toBlock('', `as ${read.sessions.join(', ')}`, width, labelWidth, dim);
  const from = [...read.sources, ...read.agents].join(', ');
  if (from !== '') yield* toBlock('', `from ${from}`, width, labelWidth, dim);
}

/** Of those who are not told apart it is known at most who impersonated them. */
const toLabel = ({ identity, expected }: ReadBy, paint: Paint): string => {
  if (identity === '*') return paint('yellow', 'not known');
  return expected ? paint('green', 'expected') : paint('yellow', 'unexpected');
};
