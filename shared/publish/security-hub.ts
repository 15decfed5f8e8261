/**
 * Security Hub, in a finding's own account and Region: nowhere else does it take findings for the default product.
 * https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html
 */
import {
  BatchImportFindingsCommand,
  paginateGetFindings,
  SecurityHubClient,
  SecurityHubServiceException,
} from '@aws-sdk/client-securityhub';
import { toUnknownFact } from '../collect/collect-fact.ts';
import type { TrackedFinding } from '../findings/tracked.ts';
import { type Asff, generatorPrefix, toProductArn } from '../report/asff.ts';
import { parseAsff } from '../report/parse-asff.ts';
import type { Aws } from '../runtime/aws.ts';

/** A call takes so many. In ASFF's limits a finding is under 20 KB, so neither its 240 KB nor the call's 6 MB are met. */
export const findingsAtOnce = 100;
/** A finding that Security Hub could not take is offered again before it counts as failed. */
const offers = 2;

export interface Place {
  partition: string;
  account: string;
  region: string;
}

/** Security Hub of one account and Region. What it refuses is an answer, too. */
export interface SecurityHub {
  /** Offers up to 100 findings; gives why each did not arrive that did not, by id. */
  publish: (findings: readonly Asff[]) => Promise<Map<string, string> | Refusal>;
  /** What it knows of Keyward's findings, archived ones included for as long as it keeps them. */
  readBack: () => Promise<TrackedFinding[] | Refusal>;
}

/** Asks nothing before there is something to tell. */
export const openSecurityHub = (aws: Aws, place: Place, signal: AbortSignal): SecurityHub => {
  const { account, region } = place;
  let client: Promise<SecurityHubClient> | undefined;
  const openClient = async () => aws.open(SecurityHubClient, await aws.getAccess(account), region);
  const ask = async <T>(call: (client: SecurityHubClient) => Promise<T>): Promise<T | Refusal> => {
    try {
      client ??= openClient();
      return await call(await client);
    } catch (error) {
      signal.throwIfAborted();
      return toRefusal(error);
    }
  };
  return {
    publish: (findings) => ask((opened) => publishFindings(opened, findings, signal)),
    readBack: () => ask((opened) => collectPublished(opened, place, signal)),
  };
};

const publishFindings = async (
  client: SecurityHubClient,
  findings: readonly Asff[],
  signal: AbortSignal,
): Promise<Map<string, string>> => {
  let failed = new Map<string, string>();
  for (let offer = 1; offer <= offers; offer += 1) {
    const offered = offer === 1 ? findings : findings.filter(({ Id }) => failed.has(Id));
    if (offered.length === 0) break;
    const command = new BatchImportFindingsCommand({ Findings: [...offered] });
    const { FailedFindings = [] } = await client.send(command, { abortSignal: signal });
    failed = new Map(
      FailedFindings.map(({ Id = '', ErrorCode, ErrorMessage }) => [Id, `${ErrorCode}: ${ErrorMessage}`]),
    );
  }
  return failed;
};

const collectPublished = async (
  client: SecurityHubClient,
  place: Place,
  signal: AbortSignal,
): Promise<TrackedFinding[]> => {
  const productArn = toProductArn(place.partition, place.account, place.region);
  const pages = paginateGetFindings(
    { client, pageSize: 100 },
    {
      Filters: {
        ProductArn: [{ Value: productArn, Comparison: 'EQUALS' }],
        GeneratorId: [{ Value: generatorPrefix, Comparison: 'PREFIX' }],
      },
    },
    { abortSignal: signal },
  );
  const found: TrackedFinding[] = [];
  for await (const { Findings = [] } of pages)
    found.push(...Findings.flatMap((finding) => parseAsff(finding, place) ?? []));
  return found;
};

export interface Refusal {
  reason: 'not-enabled' | ReturnType<typeof toUnknownFact>['unknown'];
  detail: string;
  /** It may well answer in an hour: it was throttled, or out of order. */
  isTransient: boolean;
}

/** Why Security Hub does not talk to us. An account that has not enabled it is no fault of anybody's. */
const toRefusal = (error: unknown): Refusal => {
  const { unknown, detail } = toUnknownFact(error);
  const isNotEnabled = error instanceof Error && error.name === 'InvalidAccessException';
  const isBroken = error instanceof SecurityHubServiceException && error.$fault === 'server';
  return {
    reason: isNotEnabled ? 'not-enabled' : unknown,
    detail,
    isTransient: unknown === 'throttled' || isBroken,
  };
};
