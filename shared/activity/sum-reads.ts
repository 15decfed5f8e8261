/** Requests about Secrets summed up, however they were tallied: the order of tallies, and how they were cut, changes nothing. */
import { otherIdentities, type ReadTally, type SecretVerb } from '../evidence/reads.ts';
import { countBy, toCount, toNames, toSpan } from './sum-uses.ts';

export interface Reads {
  /** `*`: those who are not told apart. */
  identity: string;
  usernames: string[];
  groups: string[];
  /** Who made requests in the identity's name. */
  impersonators: string[];
  count: number;
  /** How many of them others made in its name. */
  impersonatedCount: number;
  /** How often each verb succeeded. */
  verbs: Record<string, number>;
  /** How many were refused (403). */
  denied: number;
  /** `NAMESPACE/NAME`, at most a page of them; `NAMESPACE/*` of a list or watch, all namespaces as `*`. */
  secrets: string[];
  first: string;
  last: string;
  sources: string[];
  agents: string[];
  /** The names of IAM sessions. */
  sessions: string[];
  /** Audit ids of some requests. */
  events: string[];
}

const readingVerbs: ReadonlySet<SecretVerb> = new Set(['get', 'list', 'watch']);

/** Whether requests ask for Secrets, and change none. */
export const isReading = ({ verb }: Pick<ReadTally, 'verb'>): boolean => readingVerbs.has(verb);

export const hasSucceeded = ({ outcome }: Pick<ReadTally, 'outcome'>): boolean => outcome === 'success';

/** Whether RBAC, or another authorizer, refused them: a Secret that is not there (404) denies nobody. */
export const isDenied = ({ outcome }: Pick<ReadTally, 'outcome'>): boolean => outcome === '403';

/** How an identity is told: those who are not told apart as `*`. */
export const toToldIdentity = ({ identity }: Pick<ReadTally, 'identity'>): string =>
  identity === otherIdentities ? '*' : identity;

/** Takes tallies of one identity; gives their sum. */
export const sumReads = (identity: string, tallies: readonly ReadTally[]): Reads => ({
  identity,
  usernames: toNames(tallies, ({ username }) => (username === otherIdentities ? [] : [username])),
  groups: toNames(tallies, ({ groups }) => groups),
  impersonators: toNames(tallies, ({ impersonator }) => (impersonator ? [impersonator.identity] : [])),
  count: toCount(tallies),
  impersonatedCount: toCount(tallies.filter(({ impersonator }) => impersonator !== undefined)),
  verbs: countBy(tallies.filter(hasSucceeded), ({ verb }) => verb),
  denied: toCount(tallies.filter(isDenied)),
  secrets: toNames(tallies, toSecretNames),
  ...toSpan(tallies),
  sources: toNames(tallies, ({ sources }) => sources),
  agents: toNames(tallies, ({ agents }) => agents),
  sessions: toNames(tallies, ({ sessions }) => sessions),
  events: toNames(tallies, ({ events }) => events),
});

const toSecretNames = ({ namespace, secrets }: ReadTally): string[] =>
  (secrets.length > 0 ? secrets : ['*']).map((name) => `${namespace ?? '*'}/${name}`);
