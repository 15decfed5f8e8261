import type { Target } from '../findings/finding.ts';
import {
  type Alert,
  type ChangeGroup,
  shortenLines,
  toChangesLine,
  toGroupLines,
  toSubject,
} from './alert.ts';
import { toPrintable } from './printable.ts';
import { type Result, toCount, toCountsLine } from './result.ts';

/** SNS takes 256 KB, attributes included: https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
const maximumBytes = 200_000;
const namesShown = 20;

export interface DigestFacts {
  result: Omit<Result, 'findings'>;
  /** The worst first. */
  changes: readonly ChangeGroup[];
  /** `ACCOUNT/REGION`, and why, where Security Hub could not be told. */
  notEnabled: string[];
  refused: { place: string; why: string }[];
  /** What did not arrive in Security Hub and is sent with the next run. */
  owed: number;
  failures: string[];
  /** State that can't be read: a person must act. */
  broken: string[];
  /** Where all of the run lies. */
  location: string;
}

/** Whether anything is to be told beyond that all is as it was. */
export const hasNews = ({ result, changes, refused, owed, broken }: DigestFacts): boolean =>
  changes.length > 0 ||
  refused.length > 0 ||
  owed > 0 ||
  broken.length > 0 ||
  result.run.targets.some(({ status }) => status === 'failed');

/** Takes what a run changed and how telling it went; gives the one message about all of it. */
export const toDigest = (facts: DigestFacts): Alert => {
  const { result, changes } = facts;
  const failed = result.run.targets.filter(({ status }) => status === 'failed');
  const trouble = toTrouble(facts, failed);
  const headline = toChangesLine(changes);
  const subject = `Keyward: ${headline}${trouble.length > 0 ? ', see what failed' : ''}`;
  const details = changes.flatMap((group) => ['', ...toGroupLines(group)]).join('\n');
  const head = [`Keyward, run ${result.run.id}`, headline, toCountsLine(result), ...trouble].map(toPrintable);
  const foot = `All of the run: ${facts.location}\nAs a page, minutes from now: ${facts.location}report.html\n`;
  const room = maximumBytes - Buffer.byteLength(head.join('\n') + foot);
  const findings = changes.flatMap(({ transitions }) => transitions.map(({ finding }) => finding));
  const distinct = (names: (string | null)[]) => [...new Set(names.flatMap((name) => name ?? []))].sort();
  return {
    subject: toSubject(subject),
    text: `${head.join('\n')}\n${shortenLines(details, room)}\n\n${foot}`,
    attributes: {
      type: 'digest',
      kinds: distinct(changes.map(({ kind }) => kind)),
      severities: distinct(findings.map(({ severity }) => severity)),
      checks: distinct(findings.map(({ check }) => check)),
      accounts: distinct(findings.map(({ account }) => account)),
      regions: distinct(findings.map(({ region }) => region)),
    },
  };
};

const toTrouble = (
  { notEnabled, refused, owed, failures, broken }: DigestFacts,
  failed: readonly Target[],
): string[] => [
  ...broken.map((why) => `State can't be read, nothing is told of its target until somebody acts: ${why}`),
  ...failed
    .slice(0, namesShown)
    .map(
      ({ account, region, reason }) => `Not scanned: ${account}/${region}: ${reason ?? 'no reason given'}`,
    ),
  ...(failed.length > namesShown ? [`Not scanned: ${failed.length - namesShown} more targets`] : []),
  ...(notEnabled.length > 0
    ? [`Security Hub is not enabled in ${toCount(notEnabled.length, 'target')}: ${toNames(notEnabled)}`]
    : []),
  ...refused.slice(0, namesShown).map(({ place, why }) => `Security Hub refused: ${place}: ${why}`),
  ...(refused.length > namesShown
    ? [`Security Hub refused: ${refused.length - namesShown} more targets`]
    : []),
  ...(owed > 0
    ? [`${toCount(owed, 'finding')} did not reach Security Hub yet; the next run sends them again.`]
    : []),
  ...[...new Set(failures)].slice(0, namesShown).map((why) => `Security Hub did not take a finding: ${why}`),
];

const toNames = (names: readonly string[]): string =>
  `${names.slice(0, namesShown).join(', ')}${names.length > namesShown ? ` and ${names.length - namesShown} more` : ''}`;
