/** What IAM Access Analyzer says of keys, asked in a key's own account and Region. */
import {
  type AccessAnalyzerClient,
  paginateListAnalyzers,
  paginateListFindings,
} from '@aws-sdk/client-accessanalyzer';
import { type AnalyzerAnswer, analyzerFinding } from '../../evidence/access-analyzer.ts';
import { type Fact, isKnown, type MissingPart, toKnown } from '../../evidence/fact.ts';
import { collectPages } from '../collect-fact.ts';

/** Those of internal and of unused access answer other questions, and only through ListFindingsV2. */
const externalAccess = ['ACCOUNT', 'ORGANIZATION'];

export type AskFindings = (keyArn: string) => Promise<Fact<AnalyzerAnswer>>;

/** Gives a function that tells the active findings about a key; its analyzers are listed once for all keys. */
export const createFindingAsker = (client: AccessAnalyzerClient, abortSignal: AbortSignal): AskFindings => {
  let listed: Promise<Fact<string[]>> | undefined;
  const listAnalyzers = () =>
    collectPages(
      'access-analyzer:ListAnalyzers',
      paginateListAnalyzers({ client }, {}, { abortSignal }),
      ({ analyzers = [] }) =>
        analyzers.flatMap(({ arn, type = '', status }) =>
          arn && status === 'ACTIVE' && externalAccess.includes(type) ? [arn] : [],
        ),
    );
  const listFindings = (analyzerArn: string, keyArn: string) =>
    collectPages(
      `access-analyzer:ListFindings of ${analyzerArn}`,
      paginateListFindings(
        { client },
        { analyzerArn, filter: { resource: { eq: [keyArn] }, status: { eq: ['ACTIVE'] } } },
        { abortSignal },
      ),
      ({ findings = [] }) => findings.map((finding) => analyzerFinding.parse(finding)),
    );
  return async (keyArn) => {
    listed ??= listAnalyzers();
    const analyzers = await listed;
    if (!isKnown(analyzers)) return analyzers;
    const missing: MissingPart[] = [...analyzers.missing];
    const findings: AnalyzerAnswer['findings'] = [];
    for (const analyzer of analyzers.value) {
      const told = await listFindings(analyzer, keyArn);
      if (!isKnown(told)) return told;
      findings.push(...told.value);
      missing.push(...told.missing);
    }
    return toKnown({ analyzers: analyzers.value, findings }, missing);
  };
};
