import { z } from 'zod';

/** One request as it was answered; each retry is another. For whoever wants to tell how the asking goes. */
export interface Attempt {
  /** What has to be allowed for it: `kms:ListGrants`, or of a Kubernetes API `list secrets`. */
  permission: string;
  /** Who was asked: of a cluster its account and Region, too, where those are known. */
  place: { account: string; region: string } | ClusterPlace;
  /** As whom, where AWS was asked: the caller, or a role that it assumed. */
  as?: { caller: string; role?: string };
  /** The key or cluster that it is about. */
  subject?: string;
  /** How long it waited for its turn: the rates are Keyward's own. */
  waitedMilliseconds: number;
  milliseconds: number;
  error?: unknown;
}

export interface ClusterPlace {
  cluster: string;
  account?: string;
  region?: string;
}

export type OnAttempt = (attempt: Attempt) => void;

/** Where the client's name is not the prefix of the actions. */
const prefixes: Record<string, string> = { accessanalyzer: 'access-analyzer', cloudwatchlogs: 'logs' };

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
const actionsOfOtherNames: Record<string, string> = {
  's3:ListObjectsV2': 's3:ListBucket',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
};

/** Takes what the SDK calls a client and a command (KMSClient, ListGrantsCommand); gives the action of IAM. */
export const toAction = (clientName: string, commandName: string): string => {
  const client = clientName.replace(/Client$/, '').toLowerCase();
  const action = `${prefixes[client] ?? client}:${commandName.replace(/Command$/, '')}`;
  return actionsOfOtherNames[action] ?? action;
};

const aboutKeyOrCluster = z
  .union([
    z.object({ KeyId: z.string() }).transform(({ KeyId }) => KeyId),
    z.object({ clusterName: z.string() }).transform(({ clusterName }) => clusterName),
    z.object({ name: z.string() }).transform(({ name }) => name),
  ])
  .optional()
  .catch(undefined);

/** Takes a request's input; gives the key or cluster that it is about, where it is about one. */
export const toSubject = (input: object): string | undefined => aboutKeyOrCluster.parse(input);

/** Sends a request and tells of it, where somebody wants to hear. `asked`: when it began to wait for its turn. */
export const sendObserved = async <T>(
  send: () => Promise<T>,
  onAttempt: OnAttempt | undefined,
  toAbout: () => Pick<Attempt, 'permission' | 'place' | 'as' | 'subject'>,
  asked = performance.now(),
): Promise<T> => {
  if (!onAttempt) return send();
  const begun = performance.now();
  const tell = (more: Pick<Attempt, 'error'>) =>
    onAttempt({
      ...toAbout(),
      waitedMilliseconds: begun - asked,
      milliseconds: performance.now() - begun,
      ...more,
    });
  try {
    const answer = await send();
    tell({});
    return answer;
  } catch (error) {
    tell({ error });
    throw error;
  }
};
