/** Who made a request, as a Kubernetes audit log tells it: an IAM principal by its role, anybody else by username. */
import { z } from 'zod';
import { parseArn } from '../evidence/arn.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import type { Reader } from '../evidence/reads.ts';

/** https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event: of a bad token it is empty. */
export const auditUser = z.object({
  username: z.string().min(1).optional(),
  groups: z.array(z.string()).nullish(),
  extra: z.record(z.string(), z.array(z.string())).nullish(),
});

const nodePrefix = 'system:node:';

/**
 * Takes an event's user; gives who it is, and of an IAM role the name of the session. EKS's authenticator tells the
 * role as `canonicalArn`, with the path dropped and the session apart:
 * https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/server/server.go
 */
export const toReader = ({
  username,
  groups,
  extra,
}: z.infer<typeof auditUser> & { username: string }): Reader & { session?: string } => {
  const sorted = [...new Set(groups)].sort();
  const arn = extra?.canonicalArn?.[0] ?? extra?.arn?.[0] ?? '';
  if (!parseArn(arn)?.account) return { identity: username, username, groups: sorted };
  const session = extra?.sessionName?.[0];
  return {
    identity: toPrincipalName(arn),
    username: withoutChosen(username, session),
    groups: sorted,
    ...(session ? { session } : {}),
  };
};

/**
 * EKS fills a username's template with the session's name, `@` as `-`, or the node's. An access entry's has a colon
 * before it, one of aws-auth anything or nothing: then whoever assumes the role would choose what he is called here.
 * https://docs.aws.amazon.com/eks/latest/userguide/set-custom-username.html
 */
const withoutChosen = (username: string, session: string | undefined): string => {
  if (username.startsWith(nodePrefix)) return `${nodePrefix}*`;
  if (!session) return username;
  const chosen = [session, session.replaceAll('@', '-')].find(
    (name) => username.endsWith(name) && !/[a-z\d]$/i.test(username.slice(0, -name.length)),
  );
  return chosen === undefined ? username : `${username.slice(0, -chosen.length)}*`;
};
