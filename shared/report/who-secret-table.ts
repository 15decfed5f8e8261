/** `keyward who --secret` for people: whoever nobody expects first, Kubernetes' own by their number, then the limits. */
import type { SecretReader, WhoSecretDocument } from '../who/secret-document.ts';
import { type Paint, toBlock, toPaint } from './block.ts';
import { toReadLines } from './read-table.ts';
import type { TableOptions } from './table.ts';

/** Columns of the label (`unexpected`, `not visible`, …) in front of what is said. */
const labelWidth = 14;

const kinds: Record<SecretReader['kind'], string> = {
  user: 'user',
  group: 'group',
  'service-account': 'service account',
  iam: 'IAM',
};

/** Takes the answer; gives the table, line by line. */
export function* toWhoSecretTable(
  { cluster, secret, exists, may, read, notVisible }: WhoSecretDocument,
  { width, colour }: TableOptions,
): Iterable<string> {
  const paint = toPaint(colour);
  const bold = (line: string) => paint('bold', line);
  yield* toBlock('', cluster, width, 0, bold);
  const presence = exists === false ? ' (there is none of that name now)' : '';
  yield* toBlock('', `Who may read Secret ${secret}${presence}`, width, 0, bold);
  if ('unknown' in may) {
    yield* toBlock(paint('magenta', 'unknown'), `${may.unknown}: ${may.detail}`, width, labelWidth);
  } else {
    const people = may.identities.filter(({ group }) => group === null);
    const own = may.identities.length - people.length;
    for (const isExpected of [false, true])
      for (const reader of people.filter(({ expected }) => expected === isExpected))
        yield* toReaderLines(reader, width, paint);
    if (own > 0)
      yield* toBlock(
        paint('dim', 'besides'),
        own === 1 ? 'one part of Kubernetes or EKS' : `${own} parts of Kubernetes and EKS`,
        width,
        labelWidth,
      );
    if (people.length === 0) yield* toBlock('', 'Nobody else, by what was seen.', width, labelWidth);
    for (const { what, reason } of may.missing)
      yield* toBlock(paint('magenta', 'missing'), `${what}: ${reason}`, width, labelWidth);
  }
  yield '\n';
  yield* toReadLines(read, width, paint);
  if (notVisible.length > 0) yield '\n';
  for (const { what, reason } of notVisible)
    yield* toBlock(paint('magenta', 'not visible'), `${what}: ${reason}`, width, labelWidth);
}

function* toReaderLines(
  { identity, kind, usernames, ways, everySecret, expected }: SecretReader,
  width: number,
  paint: Paint,
): Iterable<string> {
  const label = expected ? paint('green', 'expected') : paint('yellow', 'unexpected');
  const every = everySecret ? ', as every Secret of the cluster' : '';
  const dim = (line: string) => paint('dim', line);
  yield* toBlock(label, `${identity} (${kinds[kind]})${every}`, width, labelWidth, (line) =>
    paint('bold', line),
  );
  if (usernames.length > 0) yield* toBlock('', `as ${usernames.join(', ')}`, width, labelWidth, dim);
  for (const [index, { identity: who, how, may, by }] of ways.entries()) {
    const next = index === 0 ? '' : `then as ${who}: `;
    yield* toBlock('', `${next}${how}${may.length > 0 ? ` (${may.join(', ')})` : ''}`, width, labelWidth);
    for (const giver of by) yield* toBlock('', `by ${giver}`, width, labelWidth, dim);
  }
}
