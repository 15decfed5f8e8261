/**
 * A finding in the AWS Security Finding Format, within its limits:
 * https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-attributes.html
 */
import { parseArn } from '../evidence/arn.ts';
import type { Severity } from '../evidence/settings.ts';
import type { ToldFinding } from '../findings/tracked.ts';
import { toPrintable } from './printable.ts';

export interface AsffContext {
  partition: string;
  /** When the finding was first seen: its dates keep their first value. */
  firstSeenAt: string;
  /** The moment that it tells of. Security Hub takes it only if it is later than what it knows. */
  updatedAt: string;
  recordState: 'ACTIVE' | 'ARCHIVED';
  /** The check's, by the framework's name. */
  frameworks: Readonly<Record<string, readonly string[]>>;
}

export const generatorPrefix = 'keyward/';
/** Security Hub knows what made a finding by this, compared whole. */
export const toGeneratorId = (check: string): string => `${generatorPrefix}${check}`;

/** Findings of a program of one's own belong to the default product, and only in their own account and Region. */
export const toProductArn = (partition: string, account: string, region: string): string =>
  `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`;

/** The finding's own fields, kept so that it can be known again when nothing else of it is. */
const productFields = {
  check: 'keyward/check',
  resource: 'keyward/resource',
  cluster: 'keyward/cluster',
  subject: 'keyward/subject',
  kind: 'keyward/kind',
  severity: 'keyward/severity',
  exception: 'keyward/exception',
} as const;

/** Takes a finding of an account and Region; gives it in ASFF, undefined for one of neither or not applicable. */
export const toAsff = (told: ToldFinding, context: AsffContext) => {
  const { account, region, status, severity } = told;
  if (account === null || region === null || status === 'not-applicable') return undefined;
  const { partition, firstSeenAt, updatedAt, recordState, frameworks } = context;
  return {
    SchemaVersion: '2018-10-08',
    Id: told.id,
    ProductArn: toProductArn(partition, account, region),
    ProductName: 'Keyward',
    CompanyName: 'Keyward',
    GeneratorId: toGeneratorId(told.check),
    AwsAccountId: account,
    Region: region,
    CreatedAt: firstSeenAt,
    FirstObservedAt: firstSeenAt,
    LastObservedAt: updatedAt,
    UpdatedAt: updatedAt,
    Title: shorten(told.title, 256),
    Description: shorten(toDescription(told), 1024),
    Remediation: {
      Recommendation: {
        Text: shorten(told.remediation.text, 512),
        ...(told.remediation.url ? { Url: told.remediation.url } : {}),
      },
    },
    // Where severity and types of an update travel: what customers changed of them stays theirs.
    FindingProviderFields: {
      // A pass and an unknown weigh nothing, whatever their check might have found.
      Severity: { Label: status === 'fail' ? severityLabels[severity] : 'INFORMATIONAL', Original: severity },
      Types: [told.kind === 'event' ? 'Unusual Behaviors/Data' : bestPractices],
    },
    Compliance: toCompliance(told, frameworks),
    RecordState: recordState,
    Resources: toResources(told, { partition, account, region }),
    ProductFields: toProductFields(told),
  };
};
export type Asff = NonNullable<ReturnType<typeof toAsff>>;

const bestPractices = 'Software and Configuration Checks/AWS Security Best Practices';

const severityLabels = {
  critical: 'CRITICAL',
  high: 'HIGH',
  medium: 'MEDIUM',
  low: 'LOW',
  info: 'INFORMATIONAL',
} as const satisfies Record<Severity, string>;

const complianceStatuses = { pass: 'PASSED', fail: 'FAILED', unknown: 'NOT_AVAILABLE' } as const;

const toCompliance = ({ status, reason, message }: ToldFinding, frameworks: AsffContext['frameworks']) => {
  if (status === 'not-applicable') return undefined;
  const requirements = Object.entries(frameworks).flatMap(([framework, controls]) =>
    controls.map((control) => shorten(`${framework}/${control}`, 64)),
  );
  return {
    Status: complianceStatuses[status],
    ...(requirements.length > 0 ? { RelatedRequirements: requirements.slice(0, 32) } : {}),
    ...(status === 'unknown'
      ? { StatusReasons: [{ ReasonCode: toReasonCode(reason), Description: shorten(message, 2048) }] }
      : {}),
  };
};

/** `access-denied` is ACCESS_DENIED there. */
const toReasonCode = (reason = 'failed'): string => reason.toUpperCase().replaceAll('-', '_');

const toDescription = ({ message, cluster, exception }: ToldFinding): string =>
  [
    cluster === null ? [] : `Cluster ${cluster}: `,
    message,
    exception ? ` Excepted until ${exception.expires} by ${exception.owner}: ${exception.reason}` : [],
  ]
    .flat()
    .join('');

/** What the finding is about, first, and the cluster that hangs on it. */
const toResources = (
  { resource, cluster }: ToldFinding,
  place: { partition: string; account: string; region: string },
) => {
  const clusterArn =
    cluster === null
      ? undefined
      : `arn:${place.partition}:eks:${place.region}:${place.account}:cluster/${cluster}`;
  const arns = [...new Set([resource, ...(clusterArn ? [clusterArn] : [])])];
  return arns.map((arn) => {
    const {
      service,
      account,
      region,
      resource: name,
    } = parseArn(arn) ?? { ...place, service: '', resource: '' };
    const base = { Id: arn, Region: region };
    // What stands inside a cluster has the cluster's ARN, and its own path behind a number sign.
    if (service === 'eks' && name.startsWith('cluster/') && !name.includes('#'))
      return {
        ...base,
        Type: 'AwsEksCluster',
        Details: { AwsEksCluster: { Arn: arn, Name: name.slice('cluster/'.length) } },
      };
    if (service === 'kms' && name.startsWith('key/'))
      return {
        ...base,
        Type: 'AwsKmsKey',
        Details: { AwsKmsKey: { KeyId: name.slice('key/'.length), AWSAccountId: account } },
      };
    return { ...base, Type: 'Other' };
  });
};

const toProductFields = (told: ToldFinding): Record<string, string> => {
  const { check, resource, cluster, subject, kind, severity, exception } = told;
  return Object.fromEntries(
    Object.entries({
      [productFields.check]: check,
      [productFields.resource]: resource,
      [productFields.cluster]: cluster ?? '',
      [productFields.subject]: subject ?? '',
      [productFields.kind]: kind,
      [productFields.severity]: severity,
      [productFields.exception]: exception ? JSON.stringify(exception) : '',
    })
      .filter(([, value]) => value !== '')
      // As they are: the finding is known again by them.
      .map(([name, value]) => [name, value.slice(0, 2048)]),
  );
};

/** At most so many characters, none of them a control character. */
const shorten = (text: string, characters: number): string => {
  const printable = toPrintable(text);
  return printable.length <= characters
    ? printable
    : `${printable.slice(0, characters - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
};
