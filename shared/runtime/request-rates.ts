/**
 * How fast each API may be asked, per calling account and Region. The quotas are shared with production:
 * https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html. EKS, IAM and Access Analyzer publish none.
 */
import PQueue from 'p-queue';

const requestsPerSecond: Readonly<Record<string, number>> = {
  // Quotas: ListGrants and ListKeyRotations 100, ListAliases 500, the policy and rotation calls 1,000, DescribeKey 2,000.
  ListGrants: 50,
  ListKeyRotations: 50,
  ListAliases: 50,
  GetKeyPolicy: 200,
  GetKeyRotationStatus: 200,
  DescribeKey: 200,
  // Quota: 5. https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
  GetKeyLastUsage: 4,
  // Quota: 2. A little less, so that no three arrive within a second whatever the network does to their distance.
  // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
  LookupEvents: 1.8,
  // Quota of CloudTrail's Get, Describe and List calls: 10.
  DescribeTrails: 5,
  GetTrailStatus: 5,
  GetEventSelectors: 5,
  ListClusters: 10,
  DescribeCluster: 40,
  ListRegions: 5,
  // Organizations limits each account and the organisation as a whole, which other tools share:
  // https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html#throttling-limits
  ListAccounts: 5,
  DescribeOrganization: 5,
  // Quotas: 10 and 3. https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub_limits.html
  BatchImportFindings: 5,
  GetFindings: 1,
  ListRoots: 5,
  ListAccountsForParent: 5,
  ListOrganizationalUnitsForParent: 5,
  ListParents: 5,
  ListPolicies: 5,
  ListTargetsForPolicy: 5,
  ListPoliciesForTarget: 5,
  DescribePolicy: 5,
  GetAccountAuthorizationDetails: 5,
  ListAnalyzers: 5,
  ListFindings: 5,
};
const otherwisePerSecond = 5;

/** A window short enough that a second's allowance is not spent in a burst. */
const windowMilliseconds = 100;

export type Throttle = <T>(
  command: string,
  account: string,
  region: string,
  send: () => Promise<T>,
) => Promise<T>;

/** Gives a function that starts a request when its turn has come. `isGentle` halves every rate. */
export const createThrottle = (isGentle: boolean, signal: AbortSignal): Throttle => {
  const queues = new Map<string, PQueue>();
  const getQueue = (command: string, account: string, region: string): PQueue => {
    const name = `${command} ${account} ${region}`;
    const known = queues.get(name);
    if (known) return known;
    const rate = (requestsPerSecond[command] ?? otherwisePerSecond) / (isGentle ? 2 : 1);
    const intervalCap = Math.max(1, Math.floor((rate * windowMilliseconds) / 1000));
    // Strict: windows one after the other would let the end of one and the beginning of the next come together.
    const queue = new PQueue({ intervalCap, interval: (intervalCap * 1000) / rate, strict: true });
    queues.set(name, queue);
    return queue;
  };
  return (command, account, region, send) => getQueue(command, account, region).add(send, { signal });
};
