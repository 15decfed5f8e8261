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
  const scanned = result.run.targets.filter(({ status }) => status === 'scanned');
  if (scanned.length > 0 && !result.findings.some(({ cluster }) => cluster !== null)) {
    const [only] = scanned;
    const place =
      only && scanned.length === 1 ? `${only.account} / ${only.region}` : 'the targets that were scanned';
    yield* toBlock('', `No cluster was found in ${place}.`, columns, 0);
    yield '\n';
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
    yield* toUnknownLines(reason, alike, alike.length > 1 && alike.length === group.length, width, paint);
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
  for (const remedy of new Set(alike.map(({ remediation }) => toFirstSentence(remediation.text))))
    yield* toBlock('', `→ ${remedy}`, width, labelWidth, (line) => paint('dim', line));
}

function* toUnknownLines(
  reason: string,
  alike: Finding[],
  isEverything: boolean,
  width: number,
  paint: Paint,
): Iterable<string> {
  const text = `${isEverything ? 'all ' : ''}${toCount(alike.length, 'check')}: ${reason}`;
  yield* toBlock(paint('magenta', 'unknown'), text, width, labelWidth);
  for (const message of new Set(alike.map((finding) => finding.message)))
    yield* toBlock('', message, width, labelWidth);
  if (isEverything) return;
  const checks = [...new Set(alike.map((finding) => finding.check))];
  yield* toBlock('', checks.join(', '), width, labelWidth, (line) => paint('dim', line));
}

function* toTargetLines(targets: readonly Target[], width: number, paint: Paint): Iterable<string> {
  const ofStatus = (status: Target['status']) => targets.filter((target) => target.status === status);
  // Nobody asked for these Regions by name: one line for all accounts that are kept out of the same ones.
  const excluded = Map.groupBy(
    Map.groupBy(ofStatus('excluded'), ({ account }) => account).values(),
    (regions) => regions.map(({ region }) => region).join(', '),
  );
  const toLines = (alike: Target[]) =>
    [...Map.groupBy(alike, ({ account, reason }) => JSON.stringify([account, reason])).values()].map(
      (regions) => {
        const reason = regions[0]?.reason?.replace(/^failed: /, '');
        const place = `${regions[0]?.account} / ${regions.map(({ region }) => region).join(', ')}`;
        return reason ? `${place}: ${reason}` : place;
      },
    );
  const parts = [
    { label: paint('red', 'failed'), lines: toLines(ofStatus('failed')) },
    { label: paint('magenta', 'partial'), lines: toLines(ofStatus('partial')) },
    {
      label: paint('dim', 'excluded'),
      lines: [...excluded].map(
        ([regions, accounts]) =>
          `${regions}: denied by the organisation in ${toCount(accounts.length, 'account')}`,
      ),
    },
  ];
  for (const { label, lines } of parts)
    for (const line of lines) yield* toBlock(label, line, width, labelWidth);
  if (parts.some(({ lines }) => lines.length > 0)) yield '\n';
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
