/** `keyward verify` for people: each night, the gaps between them, and by which key. */
import type { ChainGap, Night, NightStatus, VerifyDocument } from '../chain/document.ts';
import { type Paint, type Style, toBlock, toPaint } from './block.ts';
import { toCount } from './result.ts';
import type { TableOptions } from './table.ts';

const indent = 14;
/** Of each kind; all of them are in the JSON. */
const mostNames = 10;

const statusStyle: Record<NightStatus, Style> = {
  unreadable: 'magenta',
  altered: 'red',
  missing: 'red',
  'other-key': 'red',
  unsigned: 'yellow',
  expired: 'dim',
  whole: 'green',
};

const pins: Record<VerifyDocument['pinnedBy'], string> = {
  file: 'which was given',
  arn: 'whose ARN was given',
  manifest:
    'which the newest manifest names: nobody said that it is the right one. Compare it with the output SigningKeyArn of the stack, or give it with --public-key',
};

/** Takes what was verified; gives the table, line by line. */
export function* toVerifyTable(told: VerifyDocument, { width, colour }: TableOptions): Iterable<string> {
  const paint = toPaint(colour);
  const { nights, gaps, keys, summary, pinnedBy } = told;
  const tellGaps = (mine: readonly ChainGap[]) =>
    mine.map(({ detail, after, before }) => {
      const between = [after && `after ${after}`, before && `before ${before}`].filter(Boolean).join(', ');
      return toBlock(paint('red', 'gap'), between === '' ? detail : `${detail}, ${between}`, width, indent);
    });
  for (const lines of tellGaps(gaps.filter(({ kind }) => kind === 'late'))) yield* lines;
  for (const night of nights) {
    yield* toNightLines(night, width, paint);
    const older = gaps.filter(
      ({ numbers, before, kind }) =>
        numbers?.to === night.number - 1 || (kind === 'no-night' && before === night.startedAt),
    );
    for (const lines of tellGaps(older)) yield* lines;
  }
  yield '\n';
  const counted = Object.entries(summary).flatMap(([status, count]) =>
    count > 0 ? `${count} ${status}` : [],
  );
  yield* toBlock(
    '',
    [toCount(nights.length, 'night'), ...counted.toReversed(), toCount(gaps.length, 'gap')].join(', '),
    width,
    0,
  );
  if (!told.isComplete) yield* toBlock('', 'Interrupted: older nights were not looked at.', width, 0);
  for (const sha256 of keys) {
    const signed = nights.filter(({ signedBy }) => signedBy === sha256);
    const names = [...new Set(signed.flatMap(({ key }) => key ?? []))].join(', ');
    const by = `by the key ${names === '' ? '' : `${names}, `}${pins[pinnedBy]}`;
    yield* toBlock('', `${toCount(signed.length, 'night')} signed ${by}`, width, 0);
    yield* toBlock('', `SHA-256 of its public key: ${sha256}`, width, 0);
  }
  const [newest] = nights;
  if (newest?.sha256)
    yield* toBlock('', `The newest manifest is number ${newest.number}, SHA-256 ${newest.sha256}`, width, 0);
}

function* toNightLines(night: Night, width: number, paint: Paint): Iterable<string> {
  const { number, run, status, reasons, objects, notSeen, key } = night;
  const head = [
    `${number}`,
    run ?? 'of no run that could be read',
    ...(objects ? [`${objects.whole} of ${objects.listed} objects`] : []),
    ...(notSeen && notSeen.targets > 0 ? [`${notSeen.targets} targets not or partly scanned`] : []),
    ...(notSeen && notSeen.events > 0 ? [`${notSeen.events} times without events`] : []),
    ...(notSeen && notSeen.unknowns > 0 ? [`${notSeen.unknowns} findings undecided`] : []),
  ];
  yield* toBlock(paint(statusStyle[status], status), head.join(', '), width, indent);
  for (const reason of reasons) yield* toBlock('', reason, width, indent);
  if (status === 'other-key' && key) yield* toBlock('', `named key: ${key}`, width, indent);
  const { altered = [], missing = [], added = [], unreadable = [] } = objects ?? {};
  for (const [word, names] of Object.entries({ altered, missing, added, unreadable }))
    for (const line of toNames(names)) yield* toBlock('', `${word}: ${line}`, width, indent);
}

const toNames = (names: readonly string[]): string[] =>
  names.length <= mostNames
    ? [...names]
    : [...names.slice(0, mostNames), `and ${names.length - mostNames} more, in --format json`];
