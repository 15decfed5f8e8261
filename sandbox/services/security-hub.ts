/** Security Hub: takes findings of one's own, within its limits. https://docs.aws.amazon.com/securityhub/1.0/APIReference */
import {
  type AwsSecurityFinding,
  BatchImportFindings$,
  type BatchImportFindingsRequest,
  type BatchImportFindingsResponse,
  BatchUpdateFindings$,
  type BatchUpdateFindingsRequest,
  GetFindings$,
  type GetFindingsRequest,
  type GetFindingsResponse,
  type ImportFindingsError,
  type StringFilter,
} from '@aws-sdk/client-securityhub';
import { AwsError } from '../aws-error.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { restJson } from '../wire/rest-json.ts';

const maximumFindings = 100;
const maximumFindingBytes = 240 * 1024;
const maximumCallBytes = 6 * 1024 * 1024;
const longest = { Title: 256, Description: 1024 } as const;
const required = [
  'SchemaVersion',
  'Id',
  'ProductArn',
  'GeneratorId',
  'AwsAccountId',
  'CreatedAt',
  'UpdatedAt',
  'Title',
  'Description',
  'Resources',
] as const;

/** The findings of the caller's account and Region. Throws where Security Hub is not enabled there. */
const getHub = ({ caller: { account }, region, world }: Call): Map<string, AwsSecurityFinding> => {
  const enabled = world.accounts.get(account)?.securityHub;
  if (enabled !== undefined && !enabled.includes(region))
    throw new AwsError(
      'InvalidAccessException',
      `Account ${account} is not subscribed to AWS Security Hub`,
      401,
    );
  const place = `${account}/${region}`;
  const hub = world.hubs.get(place) ?? new Map<string, AwsSecurityFinding>();
  world.hubs.set(place, hub);
  return hub;
};

const findMistake = (finding: AwsSecurityFinding, { caller }: Call): string | undefined => {
  const missing = required.find((name) => finding[name] === undefined);
  if (missing !== undefined) return `data should have required property '${missing}'`;
  if (!finding.Severity && !finding.FindingProviderFields?.Severity)
    return "data should have required property 'Severity'";
  if (finding.AwsAccountId !== caller.account) return 'data.AwsAccountId should match the calling account';
  for (const [name, characters] of Object.entries(longest)) {
    const text = name === 'Title' ? finding.Title : finding.Description;
    if ((text?.length ?? 0) > characters)
      return `data.${name} should NOT be longer than ${characters} characters`;
  }
  return (finding.Remediation?.Recommendation?.Text?.length ?? 0) > 512
    ? 'data.Remediation.Recommendation.Text should NOT be longer than 512 characters'
    : undefined;
};

const reopens = (before: AwsSecurityFinding, after: AwsSecurityFinding): boolean =>
  (before.RecordState === 'ARCHIVED' && after.RecordState !== 'ARCHIVED') ||
  (before.Compliance?.Status === 'PASSED' && after.Compliance?.Status !== 'PASSED');

/** What customers own stays; a finding that comes back is NEW again, unless it is suppressed. */
const merge = (before: AwsSecurityFinding | undefined, given: AwsSecurityFinding): AwsSecurityFinding => {
  const after = {
    RecordState: 'ACTIVE' as const,
    ...given,
    Workflow: before?.Workflow ?? { Status: 'NEW' as const },
  };
  const isReset = before && reopens(before, after) && after.Workflow.Status !== 'SUPPRESSED';
  return isReset ? { ...after, Workflow: { Status: 'NEW' } } : after;
};

export const importFindings = (
  input: BatchImportFindingsRequest,
  call: Call,
): BatchImportFindingsResponse => {
  const { caller, region } = call;
  const hub = getHub(call);
  const findings = input.Findings ?? [];
  const bytes = findings.map((finding) => Buffer.byteLength(JSON.stringify(finding)));
  if (findings.length < 1 || findings.length > maximumFindings)
    throw new AwsError('InvalidInputException', `Findings should hold 1 to ${maximumFindings} items`, 400);
  if (bytes.reduce((sum, one) => sum + one, 0) > maximumCallBytes)
    throw new AwsError('RequestEntityTooLargeException', 'Request is too large', 413);
  const product = `:securityhub:${region}:${caller.account}:product/${caller.account}/default`;
  if (findings.some(({ ProductArn }) => ProductArn?.endsWith(product) !== true))
    throw new AwsError(
      'AccessDeniedException',
      `User: ${caller.arn} is not authorized to perform: securityhub:BatchImportFindings`,
      403,
    );
  const failed: ImportFindingsError[] = [];
  for (const [index, finding] of findings.entries()) {
    const { Id = '' } = finding;
    const fail = (ErrorCode: string, ErrorMessage: string) => failed.push({ Id, ErrorCode, ErrorMessage });
    const mistake = findMistake(finding, call);
    const busy = call.world.hubRefuses?.(finding);
    if (mistake !== undefined)
      fail('InvalidInput', `Finding does not adhere to Amazon Finding Format. ${mistake}`);
    else if ((bytes[index] ?? 0) > maximumFindingBytes)
      fail('FindingSizeExceeded', 'The finding is too large');
    else if (busy !== undefined) fail('InternalError', busy);
    else {
      const before = hub.get(Id);
      // What is not newer than what is known changes nothing, and is no failure either.
      const isNewer = before === undefined || (finding.UpdatedAt ?? '') > (before.UpdatedAt ?? '');
      if (isNewer) hub.set(Id, merge(before, finding));
    }
  }
  return {
    SuccessCount: findings.length - failed.length,
    FailedCount: failed.length,
    FailedFindings: failed,
  };
};

const isMatch = (text: string | undefined, filters: StringFilter[] | undefined): boolean =>
  filters === undefined ||
  filters.some(({ Comparison, Value = '' }) =>
    Comparison === 'PREFIX' ? text?.startsWith(Value) === true : text === Value,
  );

const getFindings = (input: GetFindingsRequest, call: Call): GetFindingsResponse => {
  const { Filters = {}, NextToken, MaxResults } = input;
  const refuse = () => new AwsError('InvalidInputException', 'Invalid input', 400);
  const found = [...getHub(call).values()].filter(
    (finding) =>
      isMatch(finding.GeneratorId, Filters.GeneratorId) &&
      isMatch(finding.ProductArn, Filters.ProductArn) &&
      isMatch(finding.AwsAccountId, Filters.AwsAccountId) &&
      isMatch(finding.Id, Filters.Id) &&
      isMatch(finding.RecordState, Filters.RecordState),
  );
  const { items, next } = toPage(found, toPageSize(MaxResults, 10, 100, refuse), NextToken, refuse);
  return { Findings: items, NextToken: next };
};

/** What a person does in the console. */
const updateFindings = (input: BatchUpdateFindingsRequest, call: Call) => {
  const hub = getHub(call);
  for (const { Id = '' } of input.FindingIdentifiers ?? []) {
    const finding = hub.get(Id);
    if (finding !== undefined) hub.set(Id, { ...finding, Workflow: { Status: input.Workflow?.Status } });
  }
  return { ProcessedFindings: input.FindingIdentifiers, UnprocessedFindings: [] };
};

export const securityHub: Service = {
  name: 'securityhub',
  namespace: 'com.amazonaws.securityhub',
  protocol: restJson,
  operations: [
    { schema: BatchImportFindings$, answer: importFindings },
    { schema: GetFindings$, answer: getFindings },
    { schema: BatchUpdateFindings$, answer: updateFindings },
  ],
};
