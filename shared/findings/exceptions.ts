/**
 * Exceptions of the configuration, applied to findings. One that is past its day excuses nothing and is itself a
 * finding of `exceptions-are-in-date`, as is one that matches nothing any more.
 */
import { isGlobMatch } from '../evidence/glob.ts';
import { type Exception, type Settings, type Severity, severities } from '../evidence/settings.ts';
import type { Finding } from './finding.ts';
import { toFindingId } from './finding-id.ts';

const id = 'exceptions-are-in-date';

/** What `keyward explain` and the catalogue say of it; it is computed from all findings, not from evidence. */
export const exceptionsAreInDate = {
  id,
  kind: 'state',
  title: 'Every exception is in date and still needed',
  rationale:
    'An exception is a decision for a time. Past its day nobody stands behind it; once it matches nothing it would silently excuse the next failure that happens to fit.',
  remediation: {
    text: 'Fix what the exception excuses, or decide anew and move its day; delete it where nothing needs it any more.',
  },
  references: [],
  frameworks: {},
  outcomes: { pastItsDay: { severity: 'medium' }, matchesNothing: { severity: 'low' } },
  pass: 'Every exception is in date, and in a whole run each still matches something.',
} as const;

type Outcome = keyof typeof exceptionsAreInDate.outcomes;

interface ExceptionContext {
  /** The UTC day of collection, YYYY-MM-DD. */
  today: string;
  /** What the findings about exceptions are about: the configuration file's name. */
  configuration?: string;
  /** Whether the run looked at everything (no --clusters, --checks); only then can an exception be stale. */
  isWholeRun: boolean;
}

/** Takes findings; gives them, each failure that an exception in date matches carrying it. Its status stays. */
export const applyExceptions = (
  findings: readonly Finding[],
  exceptions: readonly Exception[],
  today: string,
): Finding[] =>
  findings.map((finding) => {
    if (finding.status !== 'fail') return finding;
    const match = exceptions.find((exception) => !isPast(exception, today) && isCovering(exception, finding));
    if (!match) return finding;
    const { reason, owner, expires } = match;
    return { ...finding, exception: { reason, owner, expires } };
  });

/**
 * Which exceptions (by index) match something. An unknown may hide what the exception is for: it counts as a match.
 */
export const findNeededExceptions = (
  findings: readonly Finding[],
  exceptions: readonly Exception[],
): number[] => {
  const open = findings.filter(({ status }) => status === 'fail' || status === 'unknown');
  return exceptions.flatMap((exception, index) =>
    open.some((finding) => isCovering(exception, finding)) ? index : [],
  );
};

/** Whether the last day of an exception is over. */
const isPast = (exception: Exception, today: string): boolean => exception.expires < today;

/** Whether check, resource, cluster (its name) and subject of a finding match the exception's globs. */
const isCovering = (exception: Exception, finding: Finding): boolean =>
  isGlobMatch(exception.check, finding.check) &&
  isGlobMatch(exception.resource, finding.resource) &&
  isGlobMatch(exception.cluster, finding.cluster ?? '') &&
  (exception.subject === undefined || isGlobMatch(exception.subject, finding.subject ?? ''));

/** Takes the settings and which exceptions matched something (by index); gives the findings about the exceptions. */
export const judgeExceptions = (
  { exceptions, checks }: Pick<Settings, 'exceptions' | 'checks'>,
  needed: ReadonlySet<number>,
  { today, configuration = 'keyward.config.yaml', isWholeRun }: ExceptionContext,
): Finding[] => {
  const configured = checks[id];
  if (configured === 'off' || exceptions.length === 0) return [];
  const toFinding = (verdict: Pick<Finding, 'status' | 'severity' | 'subject' | 'message' | 'evidence'>) => ({
    ...verdict,
    id: toFindingId(id, configuration, null, verdict.subject),
    check: id,
    severity: configured?.severity ?? verdict.severity,
    account: null,
    region: null,
    cluster: null,
    resource: configuration,
    kind: exceptionsAreInDate.kind,
    title: exceptionsAreInDate.title,
    remediation: exceptionsAreInDate.remediation,
    references: [],
  });
  const failures = new Map<string, Finding>();
  for (const [index, exception] of exceptions.entries()) {
    const outcome = isPast(exception, today)
      ? 'pastItsDay'
      : isWholeRun && !needed.has(index)
        ? 'matchesNothing'
        : undefined;
    if (!outcome) continue;
    const subject = toSubject(exception);
    const { severity } = exceptionsAreInDate.outcomes[outcome];
    const failure = toFinding({
      status: 'fail',
      severity,
      subject,
      message: toMessage(outcome, exception),
      evidence: { ...exception, outcome },
    });
    // Two exceptions of the same globs are one subject, told by its worse outcome: ids stay unique.
    const earlier = failures.get(subject);
    if (!earlier || isWorse(failure.severity, earlier.severity)) failures.set(subject, failure);
  }
  if (failures.size > 0) return [...failures.values()];
  const severity = exceptionsAreInDate.outcomes.pastItsDay.severity;
  return [
    toFinding({ status: 'pass', severity, subject: null, message: exceptionsAreInDate.pass, evidence: {} }),
  ];
};

const isWorse = (a: Severity, b: Severity) => severities.indexOf(a) < severities.indexOf(b);

const toSubject = ({ check, resource, cluster, subject }: Exception): string =>
  [
    check,
    resource === '*' ? [] : `resource ${resource}`,
    cluster === '*' ? [] : `cluster ${cluster}`,
    subject === undefined ? [] : `subject ${subject}`,
  ]
    .flat()
    .join(', ');

const toMessage = (outcome: Outcome, exception: Exception): string => {
  const name = `The exception for ${toSubject(exception)}`;
  switch (outcome) {
    case 'pastItsDay':
      return `${name} was granted until ${exception.expires} by ${exception.owner}; since then it excuses nothing.`;
    case 'matchesNothing':
      return `${name} matches no failure any more; its owner is ${exception.owner}.`;
  }
};
