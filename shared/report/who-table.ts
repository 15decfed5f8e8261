/** `keyward who` for people: whoever is unexpected first, then the expected, groups by their number, then the limits. */
import type { CanDocument, Gap, WhoChange, WhoDocument, WhoPrincipal } from '../who/document.ts';
import type { Timeline } from '../who/timeline.ts';
import { type Paint, type Style, toBlock, toPaint } from './block.ts';
import { toReadLines } from './read-table.ts';
import type { TableOptions } from './table.ts';
import { toTimelineLines } from './timeline.ts';
import { toUsedLines } from './used-table.ts';

const powers = ['decrypt', 'administer', 'destroy'] as const;
const groupNames = {
  administrators: ['administrator by effect', 'administrators by effect'],
  'aws-services': ['service of AWS', 'services of AWS'],
} as const;
/** Columns of the label (`unexpected`, `not visible`, …) in front of what is said. */
const labelWidth = 14;
/** Names of a group that are told; the JSON has all. */
const mostNames = 10;
/** So many who are let in alike are told one by one; more drown who is not. */
const mostAlike = 3;

/** Takes the answer, and the timeline if it is to be drawn; gives the table, line by line. */
export function* toWhoTable(
  answer: WhoDocument,
  { width, colour }: TableOptions,
  timeline?: Timeline,
): Iterable<string> {
  const paint = toPaint(colour);
  const bold = (line: string) => paint('bold', line);
  const dim = (line: string) => paint('dim', line);
  yield* toBlock('', answer.cluster, width, 0, bold);
  yield* toBlock('', answer.key ?? 'no key of KMS', width, 0, dim);
  yield '\n';
  const { may, whatIf } = answer;
  if (whatIf) yield* toWhatIfLines(whatIf, width, paint);
  yield* toBlock('', whatIf ? 'Who could then' : 'Who may', width, 0, bold);
  if ('unknown' in may) {
    yield* toBlock(paint('magenta', 'unknown'), `${may.unknown}: ${may.detail}`, width, labelWidth);
  } else {
    const [single = [], grouped = []] = [true, false].map((isSingle) =>
      may.principals.filter((principal) => isTold(principal) === isSingle),
    );
    for (const alike of Map.groupBy(single.sort(byAlarm), toAlike).values())
      if (alike.length > mostAlike) yield* toAlikeLines(alike, width, paint);
      else for (const principal of alike) yield* toPrincipalLines(principal, width, paint);
    for (const group of ['administrators', 'aws-services'] as const) {
      const members = grouped.filter((principal) => principal.group === group);
      if (members.length > 0) yield* toGroupLines(group, members, width, paint);
    }
    if (may.principals.length === 0) yield* toBlock('', 'Nobody, by what was seen.', width, labelWidth);
    yield* toGapLines('missing', may.missing, width, paint);
  }
  if (answer.accessAnalyzer) yield* toAnalyzerLines(answer.accessAnalyzer, width, paint);
  yield '\n';
  yield* toUsedLines(answer.used, width, paint);
  yield '\n';
  if (timeline) {
    yield* toTimelineLines(timeline, width, paint);
    yield '\n';
  }
  yield* toReadLines(answer.read, width, paint);
  if (answer.notVisible.length > 0) yield '\n';
  yield* toGapLines('not visible', answer.notVisible, width, paint);
}

/** How it stands with somebody: what he may plainly, and nobody expects, weighs most. */
const toLabel = (principal: WhoPrincipal): 'unexpected' | 'conditional' | 'expected' => {
  const unexpected = powers.filter((power) => !principal.expected[power]).map((power) => principal[power]);
  if (unexpected.some((answer) => answer === 'yes' || answer === 'via-escalation')) return 'unexpected';
  return unexpected.includes('conditional') ? 'conditional' : 'expected';
};
const labels = ['unexpected', 'conditional', 'expected'] as const;
const labelStyle: Record<(typeof labels)[number], Style> = {
  unexpected: 'yellow',
  conditional: 'cyan',
  expected: 'green',
};

/** Those nobody expects first, then who may the most; else as they came. */
const byAlarm = (a: WhoPrincipal, b: WhoPrincipal): number => {
  const count = (one: WhoPrincipal) => powers.filter((power) => one[power] === 'yes').length;
  return labels.indexOf(toLabel(a)) - labels.indexOf(toLabel(b)) || count(b) - count(a);
};

/** Whether somebody is told by itself: all but the groups, and of those a service that nobody expects. */
const isTold = (principal: WhoPrincipal): boolean =>
  principal.group === null || (principal.kind === 'service' && toLabel(principal) !== 'expected');

/** Text that those share of whom the same is said, but for who can become them. */
const toAlike = (principal: WhoPrincipal): string => {
  const { kind, via, conditions } = principal;
  return JSON.stringify([toLabel(principal), kind, toPowers(principal), via, conditions]);
};

function* toAlikeLines(alike: WhoPrincipal[], width: number, paint: Paint): Iterable<string> {
  const [first] = alike;
  if (!first) return;
  const told = { ...first, principal: `${alike.length} alike`, assumableBy: [] };
  yield* toPrincipalLines(told, width, paint);
  yield* toBlock('', toNames(alike, alike), width, labelWidth);
}

type Named = Pick<WhoPrincipal, 'principal'>;

/** Their last names; and of which account each is, where the whole of those told is of several. */
const toNames = (members: Named[], whole: Named[]): string => {
  const accounts = new Set(whole.map(toAccount).filter((account) => account !== undefined));
  const names = members.slice(0, mostNames).map((member) => {
    const name = member.principal.split(/[:/]/).at(-1) ?? member.principal;
    const account = toAccount(member);
    return accounts.size > 1 && account !== undefined ? `${name} of ${account}` : name;
  });
  const rest = members.length - names.length;
  return `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
};

const toAccount = ({ principal }: Named): string | undefined =>
  /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(principal)?.[1];

function* toPrincipalLines(principal: WhoPrincipal, width: number, paint: Paint): Iterable<string> {
  const { kind, via, conditions, assumableBy } = principal;
  const label = toLabel(principal);
  const dim = (line: string) => paint('dim', line);
  yield* toBlock(
    paint(labelStyle[label], label),
    `${toName(principal)} (${kind})`,
    width,
    labelWidth,
    (line) => paint('bold', line),
  );
  yield* toBlock('', toPowers(principal), width, labelWidth);
  for (const { source, ref, actions } of via)
    yield* toBlock('', `by ${source} ${ref}: ${actions.join(', ')}`, width, labelWidth, dim);
  if (conditions.length > 0) yield* toBlock('', `if ${conditions.join('; ')}`, width, labelWidth, dim);
  if (assumableBy.length > 0)
    yield* toBlock('', `assumable by ${assumableBy.map(toAssumer).join('; ')}`, width, labelWidth, dim);
}

const toName = ({ principal, kind }: WhoPrincipal): string =>
  kind === 'public'
    ? '* (anybody at all)'
    : kind === 'organization'
      ? '* (any member of an organisation)'
      : principal;

const toPowers = (principal: WhoPrincipal): string =>
  powers.map((power) => `${power} ${principal[power]}`).join(', ');

const toAssumer = ({ principal, conditions }: WhoPrincipal['assumableBy'][number]): string =>
  conditions.length > 0 ? `${principal} if ${conditions.join(' and ')}` : principal;

function* toGroupLines(
  group: keyof typeof groupNames,
  members: WhoPrincipal[],
  width: number,
  paint: Paint,
): Iterable<string> {
  const label = labels.find((one) => members.some((member) => toLabel(member) === one)) ?? 'expected';
  yield* toBlock(
    paint(labelStyle[label], label),
    `${members.length} ${groupNames[group][members.length === 1 ? 0 : 1]}`,
    width,
    labelWidth,
    (line) => paint('bold', line),
  );
  const alike = Map.groupBy(members, (one) => `${toPowers(one)} ${toAccount(one)}`);
  for (const [first, ...rest] of alike.values())
    if (first)
      yield* toBlock('', `${toPowers(first)}: ${toNames([first, ...rest], members)}`, width, labelWidth);
}

const agreementStyle = { agrees: 'green', differs: 'yellow', 'not-compared': 'dim' } as const;

function* toAnalyzerLines(
  agreements: NonNullable<WhoDocument['accessAnalyzer']>,
  width: number,
  paint: Paint,
): Iterable<string> {
  yield '\n';
  const count = agreements.length === 0 ? 'no active finding about the key' : '';
  yield* toBlock('', `IAM Access Analyzer ${count}`.trim(), width, 0, (line) => paint('bold', line));
  for (const { agreement, principal, why, finding } of agreements)
    yield* toBlock(
      paint(agreementStyle[agreement], agreement),
      `${principal}: ${why} (finding ${finding})`,
      width,
      labelWidth,
    );
}

function* toGapLines(label: string, gaps: readonly Gap[], width: number, paint: Paint): Iterable<string> {
  for (const { what, account, reason } of gaps)
    yield* toBlock(
      paint('magenta', label),
      `${what}${account ? ` of ${account}` : ''}: ${reason}`,
      width,
      labelWidth,
    );
}

function* toWhatIfLines(
  { gains, losses, keepsAdministrator, clusterKeepsKey, checks }: NonNullable<WhoDocument['whatIf']>,
  width: number,
  paint: Paint,
): Iterable<string> {
  yield* toBlock('', 'Under that policy', width, 0, (line) => paint('bold', line));
  const tell = function* (label: string, changes: readonly WhoChange[]) {
    const told = [...Map.groupBy(changes, (change) => change.principal)].map(([principal, all]) => ({
      principal,
      what: all.map(({ power, from, to }) => `${power} ${from} → ${to}`).join(', '),
    }));
    const toLikeness = (one: (typeof told)[number]) => `${toAccount(one)} ${one.what}`;
    for (const alike of Map.groupBy(told, toLikeness).values())
      if (alike.length > mostAlike) {
        yield* toBlock(label, `${alike.length} alike: ${alike[0]?.what}`, width, labelWidth);
        yield* toBlock('', toNames(alike, told), width, labelWidth);
      } else
        for (const { principal, what } of alike)
          yield* toBlock(label, `${principal}: ${what}`, width, labelWidth);
  };
  yield* tell(paint('red', 'gains'), gains);
  yield* tell(paint('yellow', 'loses'), losses);
  if (gains.length + losses.length === 0)
    yield* toBlock('', 'nobody gains or loses anything', width, labelWidth);
  yield* toVerdict('somebody who exists can still change the policy', keepsAdministrator, width, paint);
  yield* toVerdict('EKS can still decrypt for the cluster', clusterKeepsKey, width, paint);
  for (const { check, message } of checks)
    yield* toBlock(paint('red', 'new'), `${check}: ${message}`, width, labelWidth);
  yield '\n';
}

function* toVerdict(
  claim: string,
  verdict: NonNullable<WhoDocument['whatIf']>['clusterKeepsKey'],
  width: number,
  paint: Paint,
): Iterable<string> {
  if (typeof verdict === 'boolean')
    yield* toBlock(verdict ? paint('green', 'yes') : paint('red', 'NO'), claim, width, labelWidth);
  else yield* toBlock(paint('magenta', 'unknown'), `${claim}: ${verdict.detail}`, width, labelWidth);
}

const modal = { yes: 'may', conditional: 'may, under conditions,', no: 'may not' } as const;

/** Takes the answer to `--can`; gives its reasoning line by line. */
export function* toCanTable(answer: CanDocument, { width, colour }: TableOptions): Iterable<string> {
  const paint = toPaint(colour);
  const style = { yes: 'red', conditional: 'yellow', no: 'green' } as const;
  yield* toBlock(
    paint(style[answer.answer], answer.answer),
    `${answer.principal} ${modal[answer.answer]} ${answer.action} with ${answer.key}`,
    width,
    labelWidth,
    (line) => paint('bold', line),
  );
  if (answer.because.length === 0) yield* toBlock('', 'nothing that was seen allows it', width, labelWidth);
  for (const { source, ref, effect, conditions } of answer.because) {
    yield* toBlock(effect, `${source} ${ref}`, width, labelWidth);
    for (const condition of conditions) yield* toBlock('', `if ${condition}`, width, labelWidth);
  }
  yield* toGapLines('not visible', answer.notVisible, width, paint);
}
