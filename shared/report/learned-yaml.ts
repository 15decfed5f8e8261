/** Who was seen, as configuration to review: each entry with what it was seen doing. */
import { Document, YAMLMap, YAMLSeq } from 'yaml';
import { toTimes } from '../checks/activity/words.ts';
import type { Learned, Seen } from '../who/learned.ts';
import { toPrintable } from './printable.ts';
import { toMinute } from './used-table.ts';

/** Gaps that are told; keyward who tells all. */
const mostGaps = 5;

/** Takes what was learned; gives a YAML document with comments, empty lists where nobody was seen. */
export const toLearnedYaml = (learned: Learned): string => {
  const { cluster, coverage, decrypters, administrators, readers, expected } = learned;
  const document = new Document({});
  document.commentBefore = toComment([
    `Who used and changed the key of ${cluster.arn}`,
    coverage
      ? `from ${toMinute(coverage.from)} to ${toMinute(coverage.to)} UTC, by ${coverage.source}.`
      : 'No event could be read.',
    ...(coverage?.gaps ?? [])
      .slice(0, mostGaps)
      .map(({ from, to, reason }) => `Not seen: ${toMinute(from)} to ${toMinute(to)}: ${reason}`),
    ...(coverage ? toUsesComment(learned) : []),
    ...(readers ? toReadersComment(readers) : []),
    ...(expected > 0 ? [`Expected already, and left out here: ${expected}.`] : []),
    'Nothing is expected because it happened: keep only what somebody answers for, and say why.',
  ]);
  document.setIn(['expected', 'decrypters'], toList(decrypters, cluster.name));
  document.setIn(['expected', 'administrators'], toList(administrators, cluster.name));
  if (readers) document.setIn(['expected', 'secretReaders'], toList(readers.readers, cluster.name));
  return document.toString({ lineWidth: 0 });
};

/** What there is no line for. */
const toUsesComment = ({ decrypters, administrators, ordinaryCalls, strayCalls }: Learned): string[] => [
  ...(strayCalls > 0
    ? [
        `EKS used it ${toTimes(strayCalls)} under a context that no grant has. No line here could expect that: see keyward who.`,
      ]
    : []),
  ...(decrypters.length + administrators.length > 0
    ? []
    : ordinaryCalls > 0
      ? [
          `${strayCalls > 0 ? 'Otherwise only' : 'Only'} expected principals opened anything with it (${toTimes(ordinaryCalls)}), and nobody unexpected changed it.`,
        ]
      : [
          `Nobody ${strayCalls > 0 ? 'else ' : ''}opened anything with it, and nobody unexpected changed it.`,
        ]),
];

const toReadersComment = ({ coverage, unnameable }: NonNullable<Learned['readers']>): string[] => [
  `Who read its Secrets from ${toMinute(coverage.from)} to ${toMinute(coverage.to)} UTC, by ${coverage.source}.`,
  ...coverage.gaps
    .slice(0, mostGaps)
    .map(({ from, to, reason }) => `Reads not seen: ${toMinute(from)} to ${toMinute(to)}: ${reason}`),
  ...(unnameable > 0
    ? [`Left out, because a line for them would expect others, too: ${unnameable}. keyward who names them.`]
    : []),
];

const toList = (seen: readonly Seen[], clusters: string): YAMLSeq => {
  const list = new YAMLSeq();
  for (const { principal, calls, first, last } of seen) {
    const entry = new YAMLMap();
    entry.set('principal', principal);
    entry.set('clusters', clusters);
    const counts = Object.entries(calls).map(([name, count]) => `${name} ${toTimes(count)}`);
    entry.commentBefore = toComment([`${counts.join(', ')}, ${toMinute(first)} to ${toMinute(last)}`]);
    list.add(entry);
  }
  list.flow = seen.length === 0;
  return list;
};

const toComment = (lines: readonly string[]): string =>
  lines.map((line) => ` ${toPrintable(line)}`).join('\n');
