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
  // Quota of CloudTrail's Get, Describe and List calls: 10.
  DescribeTrails: 5,
  GetTrailStatus: 5,
  GetEventSelectors: 5,
  ListClusters: 10,
  DescribeCluster: 40,
  ListAccessEntries: 20,
  DescribeAccessEntry: 40,
  ListAssociatedAccessPolicies: 40,
  ListPodIdentityAssociations: 20,
  DescribePodIdentityAssociation: 40,
  // Quotas: 20 for each list, 50 for all calls together. https://docs.aws.amazon.com/general/latest/gr/bk.html
  ListRecoveryPointsByResource: 10,
  ListCopyJobs: 5,
  DescribeBackupVault: 5,
  GetBackupVaultAccessPolicy: 5,
  GetBucketEncryption: 5,
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
  // A hundred queries of an account run at once, people's and dashboards' among them.
  DescribeLogGroups: 5,
  StartQuery: 2,
  GetQueryResults: 4,
  StopQuery: 5,
};
const otherwisePerSecond = 5;

/** Sent when a run is interrupted, to end what AWS does for it still. */
const endings: ReadonlySet<string> = new Set(['StopQuery']);

/**
 * Where the quota itself is the rate. The distance of two requests may shrink on their way (the first one opens the
 * connection), so their starts prove nothing: a request counts until a second after its answer.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
 */
const mostInAnySecond: Readonly<Record<string, number>> = { LookupEvents: 2 };
/** A timer may be early by one. */
const countedMilliseconds = 1_002;

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
    const queue = queues.get(name) ?? openQueue(command, isGentle);
    queues.set(name, queue);
    return queue;
  };
  return (command, account, region, send) => {
    const queue = getQueue(command, account, region);
    if (command in mostInAnySecond) return sendAndCount(queue, send, signal);
    return queue.add(send, endings.has(command) ? {} : { signal });
  };
};

const openQueue = (command: string, isGentle: boolean): PQueue => {
  const share = isGentle ? 0.5 : 1;
  const most = mostInAnySecond[command];
  if (most !== undefined) return new PQueue({ concurrency: Math.max(1, Math.floor(most * share)) });
  const rate = (requestsPerSecond[command] ?? otherwisePerSecond) * share;
  const intervalCap = Math.max(1, Math.floor((rate * windowMilliseconds) / 1000));
  // Strict: windows one after the other would let the end of one and the beginning of the next come together.
  return new PQueue({ intervalCap, interval: (intervalCap * 1000) / rate, strict: true });
};

/** Gives the answer when it is there; its place in the queue is free a second later. */
const sendAndCount = <T>(queue: PQueue, send: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const sendInTurn = async () => {
    await send().then(resolve, reject);
    // Nothing waits for it where the program has come to its end.
    await new Promise<void>((free) => setTimeout(free, countedMilliseconds).unref());
  };
  queue.add(sendInTurn, { signal }).catch(reject);
  // Somebody does wait for the answer, though no socket may be open yet: Node must not take that for the end.
  const waiting = setInterval(() => {}, countedMilliseconds);
  return promise.finally(() => clearInterval(waiting));
};
