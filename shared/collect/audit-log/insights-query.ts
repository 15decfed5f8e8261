/**
 * What Logs Insights is asked of an audit log, and what its rows say: requests about Secrets counted by AWS, so that
 * counts come back and not lines. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */
import { z } from 'zod';
import { parseAuditEvent } from '../../activity/audit-event.ts';
import { toTally } from '../../activity/read-tally.ts';
import type { ReadTally } from '../../evidence/reads.ts';

/** Of a string, as JSON writes it: quotes within it are escaped, so nobody's name can look like the member after it. */
const string = String.raw`"(?:[^"\\]|\\.)*"`;
const toGroups = (member: string, name: string): string =>
  String.raw`parse @message /"${member}":\{"username":${string}(?:,"uid":${string})?,"groups":(?<${name}>\[(?:${string},?)*\])/`;
/**
 * The first pair of that name: a value may hold a question mark, and what looks like a pair after it. A name before it
 * that is escaped or has no value may be the same one, and would count: then none is taken.
 */
const toParameter = (parameter: string, name: string): string =>
  String.raw`parse requestURI /^[^?]*\?(?:[^&=%]+=[^&]*&)*?${parameter}=(?<${name}>[^&]*)/`;

/** The members of an event that Insights finds by itself: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html */
const byFields = [
  'day',
  'verb',
  'user.username',
  'groups',
  'user.extra.canonicalArn.0',
  'user.extra.arn.0',
  'user.extra.sessionName.0',
  'impersonatedUser.username',
  'asGroups',
  'objectRef.namespace',
  'objectRef.name',
  'responseStatus.code',
  'userAgent',
  'source',
  'labelSelector',
  'fieldSelector',
  'dryRun',
  'hour',
] as const;

/** `StartQuery` takes no more: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html */
export const mostRows = 100_000;

/**
 * EKS's policy logs a request when it is answered, and a watch when it is opened as well, which counts. Only limit may
 * follow `dedup`, so copies of a line count twice here. A kubelet's reads of single Secrets, which its authorizer allows
 * for its pods alone, are left out: they are most of all, and each has a row. Of a line Insights finds 200 members, and
 * whoever sends as many addresses or groups along pushes the others out: such a line is looked for by its text, and its
 * row lacks what others have.
 */
export const auditQuery: string = [
  String.raw`filter @logStream like "kube-apiserver-audit" and (objectRef.resource = "secrets" or (not ispresent(objectRef.resource) and @message like /"objectRef":\{"resource":"secrets"/)) and not ispresent(objectRef.apiGroup) and not ispresent(objectRef.subresource)`,
  'filter (verb = "watch" and stage = "ResponseStarted") or (verb != "watch" and stage in ["ResponseComplete", "Panic"]) or not ispresent(stage)',
  toGroups('user', 'groups'),
  toGroups('impersonatedUser', 'asGroups'),
  String.raw`filter not (userAgent like /^kubelet(\.exe)?\// and user.username like /^system:node:/ and groups like /"system:nodes"/ and not (groups like /"system:masters"/) and not ispresent(impersonatedUser.username) and verb in ["get", "list", "watch"] and ispresent(objectRef.namespace) and ispresent(objectRef.name))`,
  String.raw`parse @message /"sourceIPs":\[(?:${string},)*"(?<source>[^"]*)"\]/`,
  toParameter('labelSelector', 'labelSelector'),
  toParameter('fieldSelector', 'fieldSelector'),
  toParameter('dryRun', 'dryRun'),
  // Of watches alone, which are few: an hour of each request would be a row.
  'parse @message /"verb":"watch","user":.*"requestReceivedTimestamp":"(?<hour>[^:"]*)/',
  'fields substr(requestReceivedTimestamp, 0, 10) as day',
  `stats count(*) as requests, sortsFirst(requestReceivedTimestamp) as firstAt, sortsLast(requestReceivedTimestamp) as lastAt, earliest(auditID) as id by ${byFields.join(', ')}`,
  `limit ${mostRows}`,
].join('\n| ');

/** As GetQueryResults gives it, by field: one that no line of the row has is left out. */
export type Row = Partial<Record<string, string>>;

const row = z.object({
  requests: z.coerce.number().int().positive(),
  firstAt: z.string(),
  lastAt: z.string(),
  id: z.string(),
  verb: z.string(),
});
const names = z.string().transform((text, context): string[] => {
  const { success, data } = z.array(z.string()).safeParse(JSON.parse(text));
  if (success) return data;
  context.addIssue('no list of names');
  return z.NEVER;
});

/** Takes a row; gives what it counts. Undefined where that is no request about Secrets, `unreadable` where a line lacks what such lines have. */
export const parseRow = (given: Row): ReadTally | 'unreadable' | undefined => {
  const { success, data } = row.safeParse(given);
  if (!success) return 'unreadable';
  const event = parseAuditEvent(toRaw(given, data));
  if (event === undefined || event === 'unreadable') return event;
  const last = new Date(data.lastAt);
  if (Number.isNaN(last.getTime())) return 'unreadable';
  return { ...toTally(event), count: data.requests, last: last.toISOString(), events: [event.id] };
};

/** The line that each of a row's lines is like, so that it is read as a line of a file is. */
const toRaw = (given: Row, { id, verb, firstAt }: z.infer<typeof row>): unknown => {
  const parameters = (['labelSelector', 'fieldSelector', 'dryRun'] as const)
    .flatMap((name) => (given[name] ? [`${name}=${given[name]}`] : []))
    .join('&');
  const code = given['responseStatus.code'];
  const impersonated = given['impersonatedUser.username'];
  return {
    apiVersion: 'audit.k8s.io/v1',
    auditID: id,
    stage: verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete',
    requestURI: `/?${parameters}`,
    verb,
    user: {
      username: given['user.username'],
      groups: toNames(given.groups),
      extra: {
        ...toExtra('canonicalArn', given['user.extra.canonicalArn.0']),
        ...toExtra('arn', given['user.extra.arn.0']),
        ...toExtra('sessionName', given['user.extra.sessionName.0']),
      },
    },
    ...(impersonated
      ? { impersonatedUser: { username: impersonated, groups: toNames(given.asGroups) } }
      : {}),
    sourceIPs: given.source ? [given.source] : [],
    userAgent: given.userAgent,
    objectRef: {
      resource: 'secrets',
      namespace: given['objectRef.namespace'],
      name: given['objectRef.name'],
    },
    responseStatus: code ? { code: Number(code) } : undefined,
    requestReceivedTimestamp: firstAt,
  };
};

const toExtra = (name: string, value: string | undefined): Record<string, string[]> =>
  value ? { [name]: [value] } : {};

const toNames = (text: string | undefined): string[] | undefined => {
  if (!text) return undefined;
  try {
    return names.safeParse(text).data;
  } catch {
    return undefined;
  }
};
