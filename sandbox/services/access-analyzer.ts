/** IAM Access Analyzer: the analyzers of one account and Region, and what they found. */
import {
  type AnalyzerSummary,
  type Criterion,
  type FindingSummary,
  ListAnalyzers$,
  type ListAnalyzersRequest,
  type ListAnalyzersResponse,
  ListFindings$,
  type ListFindingsRequest,
  type ListFindingsResponse,
} from '@aws-sdk/client-accessanalyzer';
import { AwsError } from '../aws-error.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { restJson } from '../wire/rest-json.ts';
import { parseArn } from '../world.ts';

const createdAt = new Date('2026-01-15T09:00:00Z');
const refuse = () => new AwsError('ValidationException', 'maxResults or nextToken is not valid.');

const listHere = ({ caller, region, world }: Call) =>
  (world.fleet.analyzers ?? []).filter(({ arn }) => {
    const place = parseArn(arn);
    return place?.account === caller.account && place.region === region;
  });

const listAnalyzers = (input: ListAnalyzersRequest, call: Call): ListAnalyzersResponse => {
  const analyzers = listHere(call).map(
    ({ arn, type = 'ACCOUNT', status = 'ACTIVE' }): AnalyzerSummary => ({
      arn,
      name: arn.split('/')[1],
      type,
      status,
      createdAt,
    }),
  );
  const fitting = analyzers.filter(({ type }) => input.type === undefined || input.type === type);
  const page = toPage(fitting, toPageSize(input.maxResults, 50, 100, refuse), input.nextToken, refuse);
  return { analyzers: page.items, nextToken: page.next };
};

const fits = (finding: FindingSummary, filter: Record<string, Criterion>): boolean =>
  Object.entries(filter).every(([name, { eq }]) => {
    if (name !== 'resource' && name !== 'status')
      throw new AwsError('ValidationException', `The sandbox filters by resource and status, not ${name}.`);
    return eq?.includes(String(finding[name]));
  });

const listFindings = (input: ListFindingsRequest, call: Call): ListFindingsResponse => {
  const analyzer = listHere(call).find(({ arn }) => arn === input.analyzerArn);
  if (analyzer === undefined)
    throw new AwsError('ResourceNotFoundException', `The specified analyzer was not found.`);
  const findings = analyzer.findings.filter((finding) => fits(finding, input.filter ?? {}));
  const page = toPage(findings, toPageSize(input.maxResults, 50, 100, refuse), input.nextToken, refuse);
  return { findings: page.items, nextToken: page.next };
};

export const accessAnalyzer: Service = {
  name: 'access-analyzer',
  namespace: 'com.amazonaws.accessanalyzer',
  protocol: restJson,
  codes: { serverError: { code: 'InternalServerException', status: 500 } },
  operations: [
    { schema: ListAnalyzers$, answer: listAnalyzers },
    { schema: ListFindings$, answer: listFindings },
  ],
};
