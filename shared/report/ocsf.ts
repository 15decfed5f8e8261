/**
 * Findings as Compliance Findings (class 2003) of the Open Cybersecurity Schema Framework:
 * https://schema.ocsf.io/1.5.0/classes/compliance_finding
 */
import { parseArn } from '../evidence/arn.ts';
import type { Severity } from '../evidence/settings.ts';
import type { Finding } from '../findings/finding.ts';
import { toPrintable, toPrintableJson } from './printable.ts';
import { type Result, toExceptionText } from './result.ts';
import { type Rule, type RuleOptions, toRequirements, toRulesById } from './rule.ts';

const schemaVersion = '1.5.0';

const findingsCategory = { category_uid: 2, category_name: 'Findings' };
const complianceFinding = { class_uid: 2003, class_name: 'Compliance Finding' };
const create = { activity_id: 1, activity_name: 'Create' };
const type = {
  type_uid: complianceFinding.class_uid * 100 + create.activity_id,
  type_name: `${complianceFinding.class_name}: ${create.activity_name}`,
};

const severityIds: Record<Severity, { severity_id: number; severity: string }> = {
  critical: { severity_id: 5, severity: 'Critical' },
  high: { severity_id: 4, severity: 'High' },
  medium: { severity_id: 3, severity: 'Medium' },
  low: { severity_id: 2, severity: 'Low' },
  info: { severity_id: 1, severity: 'Informational' },
};

const complianceStatuses = {
  pass: { status_id: 1, status: 'Pass' },
  fail: { status_id: 3, status: 'Fail' },
  unknown: { status_id: 0, status: 'Unknown' },
} as const;

/** Takes a result; gives a JSON array in pieces, a finding a line. What does not apply is left out. */
export async function* toOcsf(
  { run, findings }: Pick<Result, 'run' | 'findings'>,
  { rules }: RuleOptions,
): AsyncIterable<string> {
  const byId = toRulesById(rules);
  yield '[';
  let separator = '\n';
  for await (const finding of findings) {
    const event = toEvent(finding, run, byId.get(finding.check));
    if (!event) continue;
    yield separator + toPrintableJson(event);
    separator = ',\n';
  }
  yield '\n]\n';
}

const toEvent = (finding: Finding, run: Result['run'], rule: Rule | undefined) => {
  const { status, severity, message, account, region, exception } = finding;
  if (status === 'not-applicable') return undefined;
  const time = Date.parse(run.startedAt);
  const detail = toStatusDetail(finding);
  return {
    ...findingsCategory,
    ...complianceFinding,
    ...create,
    ...type,
    time,
    // A pass and an unknown weigh nothing, whatever their check might have found.
    ...severityIds[status === 'fail' ? severity : 'info'],
    // What became of the finding itself; whether the check passed is told below.
    ...(exception ? { status_id: 3, status: 'Suppressed' } : { status_id: 1, status: 'New' }),
    ...(detail === undefined ? {} : { status_detail: detail }),
    message: toPrintable(message),
    metadata: toMetadata(finding, run, account !== null),
    finding_info: toFindingInfo(finding, time),
    compliance: toCompliance(finding, rule),
    resources: toResources(finding),
    remediation: toRemediation(finding),
    ...(account === null ? {} : { cloud: toCloud(account, region) }),
    unmapped: toUnmapped(finding),
  };
};

const toStatusDetail = ({ status, reason, message, exception }: Finding): string | undefined => {
  if (status === 'unknown') return toPrintable(`${reason}: ${message}`);
  return exception ? toPrintable(`Excepted ${toExceptionText(exception)}`) : undefined;
};

const toMetadata = ({ check }: Finding, run: Result['run'], isInCloud: boolean) => ({
  version: schemaVersion,
  product: { name: 'Keyward', uid: 'keyward', vendor_name: 'Keyward', version: run.version },
  event_code: check,
  correlation_uid: run.id,
  ...(isInCloud ? { profiles: ['cloud'] } : {}),
});

const toFindingInfo = ({ id, title, message, kind }: Finding, time: number) => ({
  uid: id,
  title,
  desc: toPrintable(message),
  types: [kind === 'event' ? 'Unusual Behaviors' : 'Software and Configuration Checks'],
  created_time: time,
});

const toCompliance = ({ status, check, title, reason, message }: Finding, rule: Rule | undefined) => {
  if (status === 'not-applicable') return undefined;
  return {
    ...complianceStatuses[status],
    ...(status === 'unknown' ? { status_details: [toPrintable(`${reason}: ${message}`)] } : {}),
    control: check,
    desc: rule?.rationale ?? title,
    standards: Object.keys(rule?.frameworks ?? {}),
    requirements: rule ? toRequirements(rule) : [],
  };
};

/** What the finding is about, and the cluster it belongs to. */
const toResources = ({ resource, cluster, account, region, origin }: Finding) => {
  // A file's name may hold a number sign, too.
  const judged = origin ? `file:${origin.file}` : resource.replace(/#.*$/s, '');
  const arn = parseArn(judged);
  const [kind, ...path] = resource.length > judged.length ? resource.slice(judged.length + 1).split('/') : [];
  const namespace = path.length > 1 ? path[0] : undefined;
  const about = {
    uid: resource,
    name: path.at(-1) ?? arn?.resource.replace(/^[^/]*\//, '') ?? resource,
    type: kind ?? toType(arn?.service),
    ...(arn ? { region: arn.region, cloud_partition: arn.partition } : {}),
    ...(namespace ? { namespace } : {}),
    ...(origin ? { data: origin } : {}),
  };
  const clusterArn =
    arn && cluster !== null && account !== null && region !== null
      ? `arn:${arn.partition}:eks:${region}:${account}:cluster/${cluster}`
      : undefined;
  if (clusterArn === undefined || clusterArn === resource) return [about];
  return [
    about,
    {
      uid: clusterArn,
      name: cluster,
      type: toType('eks'),
      region,
      cloud_partition: arn?.partition,
    },
  ];
};

const toType = (service: string | undefined): string =>
  service === 'eks' ? 'AwsEksCluster' : service === 'kms' ? 'AwsKmsKey' : 'Other';

const toRemediation = ({ remediation, references }: Finding) => {
  const urls = new Set([...(remediation.url ? [remediation.url] : []), ...references]);
  return { desc: toPrintable(remediation.text), ...(urls.size > 0 ? { references: [...urls] } : {}) };
};

const toCloud = (account: string, region: string | null) => ({
  provider: 'AWS',
  // Some readers insist on a name; what people call the account was not asked.
  account: { uid: account, name: account, type: 'AWS Account', type_id: 10 },
  ...(region === null ? {} : { region }),
});

/** What the class has no place for, exactly as it was given. */
const toUnmapped = ({ cluster, subject, kind, severity, evidence, exception, baseline }: Finding) => ({
  cluster,
  subject,
  kind,
  severity,
  evidence,
  ...(exception ? { exception } : {}),
  ...(baseline ? { baseline } : {}),
});
