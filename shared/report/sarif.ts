/**
 * Findings as SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 * One rule a check. What stands in a manifest has its file and line; all else is located by the name of its resource.
 */
import { getWorstSeverity } from '../checks/check.ts';
import type { Severity } from '../evidence/settings.ts';
import type { Finding, GoneFinding, Target } from '../findings/finding.ts';
import { toPrintable, toPrintableJson } from './printable.ts';
import { type Result, toExceptionText } from './result.ts';
import { type Rule, type RuleOptions, toRequirements } from './rule.ts';

const levels: Record<Severity, 'error' | 'warning' | 'note'> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};

const kinds = { pass: 'pass', fail: 'fail', unknown: 'open', 'not-applicable': 'notApplicable' } as const;

/**
 * What GitHub sorts alerts by, in its own bands (over 9.0 is critical, from 7.0 high, from 4.0 medium):
 * https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
 */
const securitySeverities: Record<Severity, string> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.0',
  info: '0.0',
};

/** Takes a result; gives one SARIF log of one run in pieces, a result a line. */
export async function* toSarif(
  { run, findings, baseline }: Pick<Result, 'run' | 'findings' | 'baseline'>,
  { rules }: RuleOptions,
): AsyncIterable<string> {
  const indices = new Map(rules.map(({ id }, index) => [id, index]));
  const head = {
    tool: {
      driver: {
        name: 'Keyward',
        version: run.version,
        semanticVersion: run.version,
        rules: rules.map(toSarifRule),
      },
    },
    automationDetails: { id: `keyward/${run.id}` },
    invocations: [toInvocation(run)],
    columnKind: 'utf16CodeUnits',
  };
  yield `{\n"$schema": "https://json.schemastore.org/sarif-2.1.0.json",\n"version": "2.1.0",\n"runs": [${openEnd(head)},\n"results": [`;
  let separator = '\n';
  for await (const finding of findings) {
    yield separator + toPrintableJson(toSarifResult(finding, indices));
    separator = ',\n';
  }
  for (const gone of baseline?.gone ?? []) {
    yield separator + toPrintableJson(toAbsent(gone, indices));
    separator = ',\n';
  }
  yield '\n]}]\n}\n';
}

/** An object without its closing brace. */
const openEnd = (value: object): string => toPrintableJson(value).slice(0, -1);

const toSarifRule = (rule: Rule) => {
  const severity = getWorstSeverity(rule);
  const url = rule.remediation.url ?? rule.references[0];
  return {
    id: rule.id,
    name: rule.id.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: endSentence(rule.title) },
    fullDescription: { text: endSentence(rule.rationale) },
    help: { text: [rule.rationale, rule.remediation.text, ...rule.references].join('\n') },
    ...(url ? { helpUri: url } : {}),
    defaultConfiguration: { level: levels[severity] },
    properties: {
      tags: ['security', rule.kind, ...toRequirements(rule)],
      'security-severity': securitySeverities[severity],
    },
  };
};

const toInvocation = ({ startedAt, finishedAt, targets }: Result['run']) => {
  const notifications = targets.flatMap((target) =>
    target.status === 'failed' || target.status === 'partial' ? toNotification(target) : [],
  );
  return {
    executionSuccessful: targets.every(({ status }) => status !== 'failed'),
    startTimeUtc: startedAt,
    endTimeUtc: finishedAt,
    ...(notifications.length > 0 ? { toolExecutionNotifications: notifications } : {}),
  };
};

const toNotification = ({ account, region, status, reason }: Target) => ({
  level: status === 'failed' ? 'error' : 'warning',
  message: {
    text: toPrintable(
      endSentence(
        `${account} / ${region} could ${status === 'failed' ? 'not be scanned' : 'be scanned in part only'}${reason ? `: ${reason}` : ''}`,
      ),
    ),
  },
});

const toSarifResult = (finding: Finding, indices: ReadonlyMap<string, number>) => {
  const { check, status, severity, message, reason, exception, baseline } = finding;
  return {
    ...toRuleReference(check, indices),
    kind: kinds[status],
    level: status === 'fail' ? levels[severity] : 'none',
    message: { text: toPrintable(endSentence(status === 'unknown' ? `${reason}: ${message}` : message)) },
    locations: [toLocation(finding)],
    partialFingerprints: toFingerprints(finding),
    ...(baseline ? { baselineState: baseline } : {}),
    ...(exception
      ? {
          suppressions: [
            { kind: 'external', status: 'accepted', justification: toPrintable(toExceptionText(exception)) },
          ],
        }
      : {}),
    properties: toProperties(finding),
  };
};

/** Nothing to act upon: what is fixed passes now, of the rest nothing is known. */
const toAbsent = (gone: GoneFinding, indices: ReadonlyMap<string, number>) => ({
  ...toRuleReference(gone.check, indices),
  kind: gone.baseline === 'fixed' ? 'pass' : 'open',
  level: 'none',
  message: { text: toPrintable(endSentence(`${gone.baseline}, it was: ${gone.message}`)) },
  locations: [toLocation(gone)],
  partialFingerprints: toFingerprints(gone),
  baselineState: 'absent',
  properties: toProperties(gone),
});

const toRuleReference = (check: string, indices: ReadonlyMap<string, number>) => {
  const ruleIndex = indices.get(check);
  // An earlier version may have had a check that there is no more.
  return ruleIndex === undefined ? { ruleId: check } : { ruleId: check, ruleIndex };
};

/** By this a viewer knows a result again. It never changes. */
const toFingerprints = ({ id }: Pick<Finding, 'id'>) => ({ 'keywardFindingId/v1': id });

const toProperties = ({
  severity,
  account,
  region,
  cluster,
  resource,
  subject,
}: Omit<GoneFinding, 'baseline'>) => ({
  severity,
  account,
  region,
  cluster,
  resource,
  subject,
});

const toLocation = ({ origin, resource }: Pick<Finding, 'origin' | 'resource'>) => ({
  // Standard input is no file that a viewer could open.
  ...(origin && origin.file !== '-'
    ? {
        physicalLocation: {
          artifactLocation: { uri: toUri(origin.file) },
          region: { startLine: origin.line },
        },
      }
    : {}),
  logicalLocations: [{ fullyQualifiedName: toPrintable(resource), kind: 'resource' }],
});

/** A path as a URI: relative as it was given, or absolute. */
const toUri = (path: string): string => {
  const encoded = path.toWellFormed().split('/').map(encodeURIComponent).join('/');
  return encoded.startsWith('/') ? `file://${encoded}` : encoded;
};

/** A message ends with a full stop: SARIF 2.1.0, section 3.11.5. */
const endSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
