/** A fleet made ready to be asked: found by account and Region, with the sessions that AssumeRole has given out. */
import type { QueryStatus } from '@aws-sdk/client-cloudwatch-logs';
import type { AwsSecurityFinding } from '@aws-sdk/client-securityhub';
import type { PublishCommandInput } from '@aws-sdk/client-sns';
import type { Parameter } from '@aws-sdk/client-ssm';
import type { Fleet, SandboxAccount, SandboxCluster, SandboxKey } from './fleets/fleet.ts';
import { newInside } from './fleets/kubernetes/system.ts';
import type { KubernetesObject } from './kubernetes/objects.ts';
import { type LogBucket, toLogBuckets } from './log-files.ts';
import type { Caller } from './service.ts';

type Session = { caller: Caller; sessionToken?: string; expiresAt: number };

type RegionWorld = {
  clusters: Map<string, SandboxCluster>;
  keys: Map<string, SandboxKey>;
  aliases: Map<string, SandboxKey>;
};

/** A message that a topic has taken. */
type TopicMessage = Pick<PublishCommandInput, 'TopicArn' | 'Message' | 'Subject' | 'MessageAttributes'>;

/** A query: it runs until it was asked for once. */
type SandboxQuery = {
  rows: Map<string, string>[];
  bytesScanned: number;
  recordsScanned: number;
  status: QueryStatus;
  isRunning: boolean;
};

export type World = {
  fleet: Fleet;
  /** The objects of each bucket that was asked for. */
  buckets: Map<string, Map<string, Buffer>>;
  /** The log files of the fleet's trails, by bucket. */
  logBuckets: Map<string, LogBucket>;
  /** What Security Hub knows, by `ACCOUNT/REGION` and id. */
  hubs: Map<string, Map<string, AwsSecurityFinding>>;
  /** Why Security Hub can't take a finding just now, if it can't: its partial failures. */
  hubRefuses?: (finding: AwsSecurityFinding) => string | undefined;
  messages: TopicMessage[];
  /** The parameters of Systems Manager, by `ACCOUNT/REGION` and name, which begins with a slash. */
  parameters: Map<string, Pick<Parameter, 'Type' | 'Value'>>;
  /** The input of each execution of a state machine, by its ARN. */
  executions: Map<string, string>;
  accounts: Map<string, SandboxAccount>;
  sessions: Map<string, Session>;
  /** The queries of Logs Insights that were started, by their ids. */
  queries: Map<string, SandboxQuery>;
  /** How the next query ends, by how many there were before; or that no more may run at once. */
  queryStatus?: (before: number) => QueryStatus | 'LimitExceeded' | undefined;
  /** Where the API servers of the clusters are, and whom to trust there; nowhere, where nobody serves them. */
  kubernetes?: { endpoint: string; certificate: string };
  /** What stands inside a cluster. */
  insideOf(cluster: SandboxCluster): KubernetesObject[];
  /** Everything of one account in one Region. */
  at(account: string, region: string): RegionWorld;
};

/** The partition, service, Region, account and resource of an ARN, or none if the text is not one. */
export const parseArn = (text: string) => {
  const parts = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/.exec(text);
  if (parts === null) return undefined;
  const [, partition = '', service = '', region = '', account = '', resource = ''] = parts;
  return { partition, service, region, account, resource };
};

/** Takes a fleet and gives it indexed. Nothing of the fleet is copied or changed. */
export const toWorld = (fleet: Fleet): World => {
  const regions = new Map<string, RegionWorld>();
  const at = (account: string, region: string): RegionWorld => {
    const place = `${account}/${region}`;
    const found = regions.get(place) ?? { clusters: new Map(), keys: new Map(), aliases: new Map() };
    regions.set(place, found);
    return found;
  };
  for (const cluster of fleet.clusters) {
    const arn = parseArn(cluster.arn);
    if (arn !== undefined) at(arn.account, arn.region).clusters.set(cluster.name, cluster);
  }
  for (const key of fleet.keys) {
    const region = at(key.metadata.AWSAccountId, parseArn(key.metadata.Arn)?.region ?? '');
    region.keys.set(key.metadata.KeyId, key);
    for (const alias of key.aliases) region.aliases.set(alias, key);
  }
  const sessions = new Map<string, Session>(
    fleet.credentials.map(({ accessKeyId, account, arn, isExpired }) => [
      accessKeyId,
      {
        caller: { account, arn, userId: `AIDA${accessKeyId.slice(4)}` },
        expiresAt: isExpired === true ? 0 : Number.POSITIVE_INFINITY,
      },
    ]),
  );
  return {
    fleet,
    buckets: new Map(),
    logBuckets: toLogBuckets(fleet),
    hubs: new Map(),
    messages: [],
    parameters: new Map(),
    executions: new Map(),
    queries: new Map(),
    accounts: new Map(fleet.accounts.map((account) => [account.id, account])),
    sessions,
    insideOf: (cluster) => cluster.inside ?? newInside(cluster, new Date()),
    at,
  };
};
