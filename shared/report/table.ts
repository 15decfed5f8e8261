/** The report for people: by cluster, worst first; failures, then what could not be seen and why, then counts. */
import { stripVTControlCharacters, styleText } from 'node:util';
import { type Severity, severities } from '../evidence/settings.ts';
import type { Finding, Target } from '../findings/finding.ts';
import { toPrintable } from './printable.ts';
import { isOpenFailure, type Result, toClusterKey, toCount, toCountsLine } from './result.ts';
import { wrap } from './wrap.ts';

export interface TableOptions {
  /** Columns to fit. */
  width: number;
  colour: boolean;
}

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

const severityStyle: Record<Severity, Style> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  info: 'dim',
};

/** Columns of the label (`critical`, `unknown`, …) in front of what is said. */
const labelWidth = 12;
const narrowest = 40;

/** Takes a result; gives the table line by line, the line of counts last (the only one that may pass the width). */
export function* toTable(result: Result, { width, colour }: TableOptions): Iterable<string> {
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const columns = Math.max(width, narrowest);
  const groups = toGroups(result.findings);
  const loud = groups.filter(hasSomethingToSay).sort(byWorst);
  for (const group of loud) {
    yield* toGroupLines(group, columns, paint);
    yield '\n';
  }
  const quiet = groups.length - loud.length;
  if (quiet > 0) {
    const others = loud.length > 0 ? 'other ' : '';
    yield `${paint('green', '✔')} ${toCount(quiet, `${others}cluster`)} with nothing to fix and nothing unknown\n\n`;
  }
  yield* toTargetLines(result.run.targets, columns, paint);
  if (result.run.notAsked.length > 0) {
    yield* toBlock('', `Not asked: ${result.run.notAsked.join(', ')}`, columns, 0, (line) =>
      paint('dim', line),
    );
    yield '\n';
  }
  yield `${paint('bold', toPrintable(toCountsLine(result)))}\n`;
}

const toGroups = (findings: readonly Finding[]): Finding[][] => [
  ...Map.groupBy(findings, toClusterKey).values(),
];

const hasSomethingToSay = (group: Finding[]): boolean =>
  group.some(({ status }) => status === 'fail' || status === 'unknown');

/** More failures of the worst severity first, then of the next, then more unknowns; else as the findings came. */
const byWorst = (a: Finding[], b: Finding[]): number => {
  const weigh = (group: Finding[]) => [
    ...severities.map((severity) => group.filter((f) => isOpenFailure(f) && f.severity === severity).length),
    group.filter(({ status }) => status === 'unknown').length,
  ];
  const [left, right] = [weigh(a), weigh(b)];
  const differing = left.findIndex((count, index) => count !== right[index]);
  return differing < 0 ? 0 : (right[differing] ?? 0) - (left[differing] ?? 0);
};

function* toGroupLines(group: Finding[], width: number, paint: Paint): Iterable<string> {
  const [first] = group;
  if (!first) return;
  const { account, region, cluster, resource } = first;
  const heading = cluster === null ? resource : [account, region, cluster].filter(Boolean).join(' / ');
  yield* toBlock('', heading, width, 0, (line) => paint('bold', line));

  const open = group.filter(isOpenFailure);
  for (const severity of severities) {
    const failures = open.filter((finding) => finding.severity === severity);
    for (const [check, alike] of Map.groupBy(failures, (finding) => finding.check))
      yield* toFailureLines(check, alike, severity, width, paint);
  }
  const unknowns = group.filter(({ status }) => status === 'unknown');
  for (const [reason, alike] of Map.groupBy(unknowns, (finding) => finding.reason ?? 'failed'))
    yield* toUnknownLines(reason, alike, width, paint);
  for (const finding of group) {
    const { exception, check, severity } = finding;
    if (finding.status !== 'fail' || !exception) continue;
    const text = `${check} (${severity}), until ${exception.expires} by ${exception.owner}: ${exception.reason}`;
    yield* toBlock(paint('dim', 'excepted'), text, width, labelWidth, (line) => paint('dim', line));
  }
  const passed = group.filter(({ status }) => status === 'pass').length;
  const notApplicable = group.filter(({ status }) => status === 'not-applicable').length;
  const rest = [
    passed > 0 ? [`${passed} passed`] : [],
    notApplicable > 0 ? [`${notApplicable} not applicable`] : [],
  ].flat();
  if (rest.length > 0) yield* toBlock('', rest.join(', '), width, labelWidth, (line) => paint('dim', line));
}

function* toFailureLines(
  check: string,
  alike: Finding[],
  severity: Severity,
  width: number,
  paint: Paint,
): Iterable<string> {
  yield* toBlock(paint(severityStyle[severity], severity), check, width, labelWidth, (line) =>
    paint('bold', line),
  );
  for (const [resource, failures] of Map.groupBy(alike, (finding) => finding.resource)) {
    for (const { message } of failures) yield* toBlock('', message, width, labelWidth);
    // The cluster's own ARN says no more than the heading.
    const isTold = failures.some(({ message }) => message.includes(resource));
    if (!isTold && !isNamedByHeading(resource, failures[0]))
      yield* toBlock('', resource, width, labelWidth, (line) => paint('dim', line));
  }
  const remediation = alike[0]?.remediation.text;
  if (remediation)
    yield* toBlock('', `→ ${toFirstSentence(remediation)}`, width, labelWidth, (line) => paint('dim', line));
}

function* toUnknownLines(reason: string, alike: Finding[], width: number, paint: Paint): Iterable<string> {
  const text = `${toCount(alike.length, 'check')}: ${reason}`;
  yield* toBlock(paint('magenta', 'unknown'), text, width, labelWidth);
  for (const message of new Set(alike.map((finding) => finding.message)))
    yield* toBlock('', message, width, labelWidth);
  const checks = [...new Set(alike.map((finding) => finding.check))];
  yield* toBlock('', checks.join(', '), width, labelWidth, (line) => paint('dim', line));
}

function* toTargetLines(targets: readonly Target[], width: number, paint: Paint): Iterable<string> {
  const ofStatus = (status: Target['status']) => targets.filter((target) => target.status === status);
  const failed = ofStatus('failed');
  const partial = ofStatus('partial');
  // Nobody asked for these Regions by name: one line an account, without the details.
  const excluded = [...Map.groupBy(ofStatus('excluded'), ({ account }) => account).values()].map(
    ([first, ...others]) => ({
      account: first?.account ?? '',
      region: [first, ...others].map((target) => target?.region).join(', '),
      reason: first?.reason?.split(': ')[0],
    }),
  );
  const parts = [
    { label: paint('red', 'failed'), shown: failed },
    { label: paint('magenta', 'partial'), shown: partial },
    { label: paint('dim', 'excluded'), shown: excluded },
  ];
  for (const { label, shown } of parts)
    for (const { account, region, reason } of shown)
      yield* toBlock(label, `${account} / ${region}${reason ? `: ${reason}` : ''}`, width, labelWidth);
  if (parts.some(({ shown }) => shown.length > 0)) yield '\n';
}

/** A label and text beside it, wrapped, each line below the first one's text. Text is made printable here. */
function* toBlock(
  label: string,
  text: string,
  width: number,
  indent: number,
  style: (line: string) => string = (line) => line,
): Iterable<string> {
  let head = label === '' ? ' '.repeat(indent) : `  ${padLabel(label, indent - 2)}`;
  for (const line of wrap(toPrintable(text), width - indent)) {
    yield `${head}${style(line)}\n`;
    head = ' '.repeat(indent);
  }
}

const padLabel = (label: string, width: number): string =>
  label + ' '.repeat(Math.max(0, width - stripVTControlCharacters(label).length));

const isNamedByHeading = (resource: string, finding: Finding | undefined): boolean =>
  finding?.cluster === null || resource.endsWith(`:cluster/${finding?.cluster}`);

const toFirstSentence = (text: string): string => /^.*?[.!?](?=\s+\p{Lu})/su.exec(text)?.[0] ?? text;
