/** What people are told by mail or chat: of a critical finding at once, of all changes of a run in one digest. */
import { type Severity, severities } from '../evidence/settings.ts';
import { type Transition, transitionKinds } from '../findings/tracked.ts';
import { toPrintable } from './printable.ts';
import { toCount } from './result.ts';

export interface Alert {
  /** One line of ASCII: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
  subject: string;
  text: string;
  /** For the filters of subscriptions. */
  attributes: Record<string, string | string[]>;
}

/** The same change of one resource, over the clusters that hang on it. */
export interface ChangeGroup {
  kind: Transition['kind'];
  severity: Severity;
  transitions: Transition[];
}

/** Takes changes; gives them grouped by kind, check and resource, the worst first, what is resolved last. */
export const groupChanges = (transitions: readonly Transition[]): ChangeGroup[] =>
  [
    ...Map.groupBy(transitions, ({ kind, finding: { check, resource, severity } }) =>
      JSON.stringify([kind, check, resource, severity]),
    ).values(),
  ]
    .flatMap((alike) => {
      const [first] = alike;
      return first ? { kind: first.kind, severity: first.finding.severity, transitions: alike } : [];
    })
    .sort(
      (a, b) =>
        Number(a.kind === 'resolved') - Number(b.kind === 'resolved') ||
        severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
        transitionKinds.indexOf(a.kind) - transitionKinds.indexOf(b.kind),
    );

/** `critical new: key-is-usable of payments and 2 more: The key is disabled.` */
export const toGroupLine = ({ kind, severity, transitions }: ChangeGroup): string => {
  const [first, ...others] = transitions.map(({ finding }) => finding);
  if (!first) return '';
  const clusters = new Set([first, ...others].map(toPlaceName));
  const more = clusters.size > 1 ? ` and ${clusters.size - 1} more` : '';
  const place = first.cluster === null ? first.resource : toPlaceName(first);
  return `${severity} ${kindWords[kind]}: ${first.check} of ${place}${more}: ${first.message}`;
};

const toPlaceName = ({ cluster, account, region }: Transition['finding']): string =>
  `${cluster} (${account}, ${region})`;

const kindWords = {
  new: 'new',
  worse: 'got worse',
  again: 'happened again',
  'exception-ended': 'exception ended',
  resolved: 'resolved',
} as const satisfies Record<Transition['kind'], string>;

const clustersShown = 20;
const messagesShown = 3;

/** Takes one group of changes; gives its lines, at most so many clusters named. */
export const toGroupLines = ({ kind, severity, transitions }: ChangeGroup): string[] => {
  const findings = transitions.map(({ finding }) => finding);
  const [first] = findings;
  if (!first) return [];
  const clusters = [...new Set(findings.map(toPlaceName))];
  const more = clusters.length - clustersShown;
  const messages = [...new Set(findings.map(({ message }) => message))];
  return [
    `[${severity}] ${kindWords[kind]}: ${first.check}`,
    ...messages.slice(0, messagesShown).map((message) => `  ${message}`),
    ...(messages.length > messagesShown
      ? [`  … and ${messages.length - messagesShown} more of the kind`]
      : []),
    `  Clusters: ${clusters.slice(0, clustersShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    `  Resource: ${first.resource}`,
    ...(kind === 'resolved' ? [] : [`  What to do: ${first.remediation.text}`]),
    ...(kind === 'resolved' || !first.remediation.url ? [] : [`  ${first.remediation.url}`]),
  ].map(toPrintable);
};

/** One message for a change to critical, with scalar attributes. */
export const toCriticalAlert = (group: ChangeGroup): Alert => {
  const [first] = group.transitions;
  const { check = '', account = '', region = '', cluster = '', resource = '' } = first?.finding ?? {};
  const more = new Set(group.transitions.map(({ finding }) => finding.cluster)).size - 1;
  return {
    subject: toSubject(`Keyward: critical: ${check} on ${cluster}${more > 0 ? ` and ${more} more` : ''}`),
    text: `${toGroupLines(group).join('\n')}\n`,
    attributes: {
      type: 'finding',
      kind: group.kind,
      severity: group.severity,
      check,
      account: account ?? '',
      region: region ?? '',
      resource,
    },
  };
};

export const toSubject = (text: string): string => {
  const ascii = text.replace(/[^ -~]/g, '?');
  return ascii.length <= 99 ? ascii : `${ascii.slice(0, 96)}...`;
};

/** `2 new, 1 resolved`, or that nothing changed. */
export const toChangesLine = (groups: readonly ChangeGroup[]): string => {
  const counts = transitionKinds.flatMap((kind) => {
    const count = groups
      .filter((group) => group.kind === kind)
      .reduce((sum, { transitions }) => sum + transitions.length, 0);
    return count > 0 ? `${count} ${kindWords[kind]}` : [];
  });
  return counts.length > 0 ? counts.join(', ') : 'nothing changed';
};

/** As AWS Chatbot takes it: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html */
export const toChatbotMessage = ({ subject, text }: Alert): string =>
  JSON.stringify({
    version: '1.0',
    source: 'custom',
    content: { textType: 'client-markdown', title: subject, description: shortenLines(text, chatCharacters) },
  });

const chatCharacters = 3_500;

/** As many whole lines as there is room for, and how many are left out. */
export const shortenLines = (text: string, room: number): string => {
  if (Buffer.byteLength(text) <= room) return text;
  const lines = text.split('\n');
  const kept: string[] = [];
  let used = 0;
  for (const line of lines) {
    used += Buffer.byteLength(line) + 1;
    if (used > room) break;
    kept.push(line);
  }
  return [...kept, `… ${toCount(lines.length - kept.length, 'line')} left out`].join('\n');
};
