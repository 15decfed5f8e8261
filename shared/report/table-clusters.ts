/** The part of the table about one cluster: failures, worst first, then what could not be seen and why. */
import { type Severity, severities } from '../evidence/settings.ts';
import type { Finding } from '../findings/finding.ts';
import { labelWidth, type Paint, type Style, toBlock } from './block.ts';
import { isOpenFailure, type Result, toCount, toExceptionText, toFile, toGroupKey } from './result.ts';

const severityStyle: Record<Severity, Style> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  info: 'dim',
};

/** What is said of one cluster, of a file of manifests or of the configuration: its failures and unknowns, the rest only counted. */
export interface Group {
  heading: string;
  /** Some of those that it stands for, where it is several. */
  members?: string;
  isOfCluster: boolean;
  told: Finding[];
  passed: number;
  notApplicable: number;
}

export const toGroups = async (findings: Result['findings']): Promise<Group[]> => {
  const groups = new Map<string, Group>();
  for await (const finding of findings) {
    const { account, region, cluster, resource, status } = finding;
    const heading =
      cluster === null ? toFile(resource) : [account, region, cluster].filter(Boolean).join(' / ');
    const key = toGroupKey(finding);
    const group = groups.get(key) ?? {
      heading,
      isOfCluster: cluster !== null,
      told: [],
      passed: 0,
      notApplicable: 0,
    };
    groups.set(key, group);
    if (status === 'pass') group.passed += 1;
    else if (status === 'not-applicable') group.notApplicable += 1;
    else group.told.push(finding);
  }
  return [...groups.values()];
};

/** More failures of the worst severity first, then of the next, then more unknowns; else as the findings came. */
export const byWorst = (a: Group, b: Group): number => {
  const weigh = ({ told }: Group) => [
    ...severities.map((severity) => told.filter((f) => isOpenFailure(f) && f.severity === severity).length),
    told.filter(({ status }) => status === 'unknown').length,
  ];
  const [left, right] = [weigh(a), weigh(b)];
  const differing = left.findIndex((count, index) => count !== right[index]);
  return differing < 0 ? 0 : (right[differing] ?? 0) - (left[differing] ?? 0);
};

/** So many of which the same is unknown are told one by one; more drown who is not. */
const mostAlike = 3;
/** In a heading; the JSON has all. */
const mostNames = 10;

/** Takes groups; gives clusters of which nothing is told but that the same is unknown as one, where they are many. */
export const foldUnknown = (groups: readonly Group[]): Group[] => {
  const isFoldable = ({ told, isOfCluster }: Group) =>
    isOfCluster && told.every(({ status }) => status === 'unknown');
  const toText = ({ told }: Group) =>
    JSON.stringify(told.map(({ check, reason, message }) => [check, reason, message]));
  const alike = Map.groupBy(groups, (group) => (isFoldable(group) ? toText(group) : group));
  return [...alike.values()].flatMap((some) => {
    const [first] = some;
    if (!first || some.length <= mostAlike) return some;
    const sum = (name: 'passed' | 'notApplicable') => some.reduce((total, group) => total + group[name], 0);
    const names = some.slice(0, mostNames).map(({ heading }) => heading);
    const rest = some.length > mostNames ? ` and ${some.length - mostNames} more` : '';
    return {
      ...first,
      heading: `${some.length} clusters of which the same is unknown, and no more to fix`,
      members: `${names.join(', ')}${rest}`,
      passed: sum('passed'),
      notApplicable: sum('notApplicable'),
    };
  });
};

export function* toGroupLines(
  { heading, members, told, passed, notApplicable }: Group,
  width: number,
  paint: Paint,
): Iterable<string> {
  yield* toBlock('', heading, width, 0, (line) => paint('bold', line));
  if (members) yield* toBlock('', members, width, labelWidth, (line) => paint('dim', line));

  const open = told.filter(isOpenFailure);
  for (const severity of severities) {
    const failures = open.filter((finding) => finding.severity === severity);
    for (const [check, alike] of Map.groupBy(failures, (finding) => finding.check))
      yield* toFailureLines(check, alike, severity, width, paint);
  }
  const unknowns = told.filter(({ status }) => status === 'unknown');
  const isAllUnknown = unknowns.length > 1 && unknowns.length === told.length + passed + notApplicable;
  for (const [reason, alike] of Map.groupBy(unknowns, (finding) => finding.reason ?? 'failed'))
    yield* toUnknownLines(reason, alike, isAllUnknown && alike.length === unknowns.length, width, paint);
  for (const finding of told) {
    const { exception, check, severity } = finding;
    if (finding.status !== 'fail' || !exception) continue;
    const text = `${check} (${severity}), ${toExceptionText(exception)}`;
    yield* toBlock(paint('dim', 'excepted'), text, width, labelWidth, (line) => paint('dim', line));
  }
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
    for (const { message, baseline } of failures)
      yield* toBlock('', baseline === 'new' ? `new: ${message}` : message, width, labelWidth);
    // The cluster's own ARN says no more than the heading.
    const isTold = failures.some(({ message }) => message.includes(resource));
    if (!isTold && !isNamedByHeading(resource, failures[0]))
      yield* toBlock('', toPlace(resource, failures[0]), width, labelWidth, (line) => paint('dim', line));
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

const isNamedByHeading = (resource: string, finding: Finding | undefined): boolean =>
  finding?.cluster === null ? !resource.includes('#') : resource.endsWith(`:cluster/${finding?.cluster}`);

/** `deploy.yaml:12 secret/payments/db`, as editors and terminals open it, where a manifest is what it is about. */
const toPlace = (resource: string, finding: Finding | undefined): string =>
  finding?.origin
    ? `${finding.origin.file}:${finding.origin.line} ${resource.slice(resource.indexOf('#') + 1)}`
    : resource;

const toFirstSentence = (text: string): string => /^.*?[.!?](?=\s+\p{Lu})/su.exec(text)?.[0] ?? text;
