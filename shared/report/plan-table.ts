/** `keyward plan` for people: what has to hold, the steps in three ways, the policy, how to verify, and the limits. */
import type { Unknown } from '../evidence/fact.ts';
import type { Answer, PlanDocument, Proposal, Step } from '../plan/document.ts';
import { type Paint, type Style, toBlock, toPaint } from './block.ts';
import { toPrintable } from './printable.ts';
import type { TableOptions } from './table.ts';

/** Columns of the label (`ready`, `blocked`, `aws cli`, …) in front of what is said. */
const labelWidth = 14;

const answerStyle: Record<Answer, Style> = {
  ready: 'green',
  blocked: 'red',
  unknown: 'magenta',
  mind: 'yellow',
};

const sealing = {
  'no-customer-key': 'sealed with no key of its owner’s',
  'aws-managed-key': 'sealed with a key that AWS manages',
  'customer-key': 'sealed with a customer managed key',
};

/** Takes a plan; gives the table, line by line. Commands and policies are not wrapped, so that they can be pasted. */
export function* toPlanTable(plan: PlanDocument, { width, colour }: TableOptions): Iterable<string> {
  const paint = toPaint(colour);
  const title = (text: string) => toBlock('', text, width, 0, (line) => paint('bold', line));
  const { cluster, version, sealedWith, key } = plan;
  yield* title(cluster);
  const state =
    typeof sealedWith === 'string' ? sealing[sealedWith] : `could not be decided: ${toWhy(sealedWith)}`;
  yield* toBlock('', `Kubernetes ${version ?? 'of a version that EKS did not tell'}, ${state}`, width, 0);
  yield* toBlock('', key ?? 'a key that is yet to be made', width, 0, (line) => paint('dim', line));
  yield '\n';
  yield* title(`Before anything: ${toCounts(plan)}`);
  for (const { id, answer, detail, underThePolicy } of plan.preflight) {
    const then = underThePolicy ? ` Under the policy below: ${underThePolicy}.` : '';
    const told = answer === 'unknown' ? `could not be decided: ${detail}` : detail;
    yield* toBlock(paint(answerStyle[answer], answer), `${id}: ${told}${then}`, width, labelWidth);
  }
  yield '\n';
  yield* title(plan.steps.length > 0 ? 'Steps, in order' : 'There is nothing to do, by what was seen.');
  for (const [index, step] of plan.steps.entries()) yield* toStepLines(index + 1, step, width, paint);
  for (const { check, reason, detail } of plan.undecided)
    yield* toBlock(
      paint('magenta', 'unknown'),
      `${check} could not be decided: ${reason}: ${detail}`,
      width,
      labelWidth,
    );
  yield '\n';
  yield* title('The key policy to put');
  if ('unknown' in plan.policy)
    yield* toBlock(paint('magenta', 'none'), toWhy(plan.policy), width, labelWidth);
  else yield* toProposalLines(plan.policy, width, paint);
  if (plan.verify.length > 0) {
    yield '\n';
    yield* title('To verify it afterwards');
    for (const { claim, checks, command } of plan.verify) {
      yield* toBlock('', `${claim} keyward: ${checks.join(', ')}`, width, labelWidth);
      if (command !== null) yield* toVerbatim(command);
    }
  }
  if (plan.notVisible.length > 0) yield '\n';
  for (const { what, account, reason } of plan.notVisible)
    yield* toBlock(
      paint('magenta', 'not visible'),
      `${what}${account ? ` of ${account}` : ''}: ${reason}`,
      width,
      labelWidth,
    );
}

const toWhy = ({ unknown, detail }: Unknown): string => `${unknown}: ${detail}`;

const toCounts = ({ preflight }: PlanDocument): string => {
  const count = (answer: Answer) => preflight.filter((one) => one.answer === answer).length;
  const [blocked, unknown] = [count('blocked'), count('unknown')];
  if (blocked + unknown === 0) return 'nothing stands in the way, by what was seen';
  return `${blocked} blocked, ${unknown} could not be decided`;
};

function* toStepLines(place: number, step: Step, width: number, paint: Paint): Iterable<string> {
  const { title, why, fix, severity, check, ways } = step;
  const of = [severity, check].filter((part) => part !== null).join(', ');
  yield* toBlock(`${place}.`, `${title}${of ? ` (${of})` : ''}`, width, labelWidth, (line) =>
    paint('bold', line),
  );
  yield* toBlock('', why, width, labelWidth);
  if (fix !== null) yield* toBlock('', `→ ${fix}`, width, labelWidth);
  yield* toWayLines('eksctl', ways.eksctl);
  yield* toWayLines('aws cli', ways.cli);
  yield* toWayLines('console', ways.console);
}

function* toWayLines(name: string, lines: readonly string[]): Iterable<string> {
  for (const [index, line] of lines.entries()) yield* toVerbatim(line, index === 0 ? name : '');
}

/** One line as it is, but harmless on a terminal. */
function* toVerbatim(line: string, label = ''): Iterable<string> {
  yield `  ${label.padEnd(labelWidth - 2)}${toPrintable(line)}\n`;
}

function* toProposalLines(proposal: Proposal, width: number, paint: Paint): Iterable<string> {
  const { document, difference, changes, ends, brings } = proposal;
  for (const line of JSON.stringify(document, null, 2).split('\n')) yield* toVerbatim(line);
  yield '\n';
  if ('unknown' in difference)
    yield* toBlock(
      paint('magenta', 'unknown'),
      `What it changes of today’s could not be decided: ${toWhy(difference)}`,
      width,
      labelWidth,
    );
  else {
    const { added, removed, kept } = difference;
    const isSame = added.length + removed.length === 0;
    yield* toBlock(
      '',
      isSame
        ? 'It says what today’s policy says.'
        : `Against today’s policy, statement by statement (${kept.length} stay):`,
      width,
      labelWidth,
    );
    for (const [sign, style, statements] of [
      ['-', 'red', removed],
      ['+', 'green', added],
    ] as const)
      for (const statement of statements)
        for (const line of JSON.stringify(statement, null, 2).split('\n'))
          yield `${' '.repeat(labelWidth)}${paint(style, `${sign} ${toPrintable(line)}`)}\n`;
  }
  yield* toBlock('', 'Under it, by Keyward’s own evaluator:', width, labelWidth);
  if ('unknown' in changes)
    yield* toBlock(
      paint('magenta', 'unknown'),
      `Who gains and who loses could not be decided: ${toWhy(changes)}`,
      width,
      labelWidth,
    );
  else {
    const sides = [
      [paint('red', 'gains'), changes.gains],
      [paint('yellow', 'loses'), changes.losses],
    ] as const;
    for (const [label, all] of sides)
      for (const [principal, told] of Map.groupBy(all, (change) => change.principal)) {
        const powers = told.map(({ power, from, to }) => `${power} ${from} → ${to}`).join(', ');
        yield* toBlock(label, `${principal}: ${powers}`, width, labelWidth);
      }
    if (changes.gains.length + changes.losses.length === 0)
      yield* toBlock('', 'Nobody gains or loses anything.', width, labelWidth);
  }
  const claims = [
    ['somebody who exists can still change the policy', proposal.keepsAdministrator],
    ['the cluster’s role can describe the key', proposal.roleSeesKey],
    ['EKS can decrypt for the cluster by its grant', proposal.eksKeepsKey],
  ] as const;
  for (const [claim, told] of claims)
    yield* typeof told === 'boolean'
      ? toBlock(told ? paint('green', 'yes') : paint('red', 'NO'), claim, width, labelWidth)
      : toBlock(
          paint('magenta', 'unknown'),
          `${claim}: could not be decided: ${toWhy(told)}`,
          width,
          labelWidth,
        );
  for (const { check, message } of ends)
    yield* toBlock(paint('green', 'ends'), `${check}: ${message}`, width, labelWidth);
  for (const { check, message } of brings)
    yield* toBlock(paint('red', 'brings'), `${check}: ${message}`, width, labelWidth);
}
