/** The report as Markdown, for a pull request, a job's summary or a wiki: what the table says, without a terminal. */
import { severities } from '../evidence/settings.ts';
import type { Finding, GoneFinding, Target } from '../findings/finding.ts';
import { toCode, toFence, toInline } from './inline.ts';
import { isOpenFailure, type Result, toCount, toCountsLine, toExceptionText } from './result.ts';
import { byWorst, type Group, toGroups } from './table-clusters.ts';

/** Takes a result; gives its Markdown in pieces: counts, what could not be scanned, then clusters, the worst first. */
export async function* toMarkdown(result: Result): AsyncIterable<string> {
  yield `# Keyward\n\n${toCountsLine(result)}\n`;
  const unscanned = result.run.targets.filter(({ status }) => status === 'failed' || status === 'partial');
  if (unscanned.length > 0) yield toSection('Not scanned, or only in part', unscanned.map(toTargetItem));
  const gone = result.baseline?.gone ?? [];
  if (gone.length > 0) yield toSection('Gone since the earlier run', gone.map(toGoneItem));
  const groups = await toGroups(result.findings);
  const loud = groups.filter(({ told }) => told.length > 0).sort(byWorst);
  for (const group of loud) yield toSection(group.heading, toItems(group));
  const quiet = groups.filter(({ told, isOfCluster }) => isOfCluster && told.length === 0).length;
  if (quiet > 0)
    yield `\n${toCount(quiet, loud.length > 0 ? 'other cluster' : 'cluster')} with nothing to tell.\n`;
  if (result.run.notAsked.length > 0)
    yield toSection(
      'Not asked',
      result.run.notAsked.map((text) => toItem(toInline(text))),
    );
}

const toSection = (heading: string, items: readonly string[]): string =>
  `\n## ${toInline(heading)}\n\n${items.join('')}`;

const toItem = (text: string, depth = 0): string => `${'  '.repeat(depth)}- ${text}\n`;

const toItems = ({ told, passed, notApplicable }: Group): string[] => {
  const open = told.filter(isOpenFailure);
  const failures = severities.flatMap((severity) =>
    [
      ...Map.groupBy(
        open.filter((finding) => finding.severity === severity),
        ({ check }) => check,
      ),
    ].flatMap(([check, alike]) => [toItem(`**${severity}** ${toCode(check)}`), ...alike.flatMap(toFailure)]),
  );
  const unknowns = Map.groupBy(
    told.filter(({ status }) => status === 'unknown'),
    ({ reason = 'failed' }) => reason,
  );
  const excepted = told.filter(({ status, exception }) => status === 'fail' && exception);
  const rest = [
    ...(passed > 0 ? [`${passed} passed`] : []),
    ...(notApplicable > 0 ? [`${notApplicable} not applicable`] : []),
  ];
  return [
    ...failures,
    ...[...unknowns].flatMap(([reason, alike]) => toUnknown(reason, alike)),
    ...excepted.map(({ check, severity, exception }) =>
      toItem(
        `excepted ${toCode(check)} (${severity})${exception ? `, ${toInline(toExceptionText(exception))}` : ''}`,
      ),
    ),
    ...(rest.length > 0 ? [toItem(rest.join(', '))] : []),
  ];
};

const toFailure = ({ message, resource, origin, remediation, baseline }: Finding): string[] => {
  const place = origin ? `${origin.file}:${origin.line}` : resource;
  return [
    toItem(`${baseline === 'new' ? '**new** ' : ''}Seen: ${toInline(message)}`, 1),
    ...(message.includes(place) ? [] : [toItem(`Where: ${toCode(place)}`, 1)]),
    ...toFix(remediation.text),
  ];
};

/** The words, and a patch that stands under them as it is to be saved. */
const toFix = (text: string): string[] => {
  const [words = '', patch] = text.trim().split(/\n+([\s\S]*)/);
  return [toItem(`Fix: ${toInline(words)}`, 1), ...(patch ? [`\n${toFence(patch, '    ')}`] : [])];
};

const toUnknown = (reason: string, alike: readonly Finding[]): string[] => [
  toItem(`unknown, ${toInline(reason)}: ${[...new Set(alike.map(({ check }) => toCode(check)))].join(', ')}`),
  ...[...new Set(alike.map(({ message }) => message))].map((message) =>
    toItem(`Seen: ${toInline(message)}`, 1),
  ),
];

const toTargetItem = ({ account, region, status, reason = '' }: Target): string =>
  toItem(`${status}: ${account} / ${region}${reason === '' ? '' : `: ${toInline(reason)}`}`);

const toGoneItem = ({ baseline, check, severity, resource, subject, message }: GoneFinding): string =>
  toItem(
    `${baseline}: ${toCode(check)} (${severity}) of ${toCode(resource)}${subject === null ? '' : `, ${toCode(subject)}`}; it was: ${toInline(message)}`,
  );
