/** Reads of Secrets in the words of a finding. */
import { mostIdentities } from '../../activity/read-tally.ts';
import { isLookAlike } from '../../activity/reader-kind.ts';
import type { Reads } from '../../activity/sum-reads.ts';
import type { Reader, ReadTally } from '../../evidence/reads.ts';
import { toList, toSourceWords, toSpan, toTimes } from '../activity/words.ts';
import type { ClusterIdentity } from '../check.ts';
import type { ManyNames } from './told-as.ts';

/** What stands in a sentence for those who are not told apart. */
export const toNameWords = (identity: string): string =>
  identity === '*' ? `others than the ${mostIdentities} identities that are told apart` : identity;

/**
 * `lee, impersonated by arn:…,`; `lee, 2 of 7 times impersonated by arn:…,` where lee asked, too; `arn:…, in 2000 names of
 * others,` where so many are told as one.
 */
export const toIdentityWords = ({
  identity,
  impersonators,
  count,
  impersonatedCount,
  names,
}: Pick<Reads, 'identity' | 'impersonators' | 'count' | 'impersonatedCount'> & ManyNames): string => {
  if (names)
    return `${toList(impersonators)}, in ${names.areAll ? '' : 'more than '}${names.toldApart} names of others,`;
  const name = toNameWords(identity);
  if (impersonators.length === 0) return name;
  const part = impersonatedCount < count ? `${impersonatedCount} of ${toTimes(count)} ` : '';
  return `${name}, ${part}impersonated by ${toList(impersonators)},`;
};

/** `the Secret payments/stripe`, `Secrets of payments by list or watch` */
export const toSecretWords = (
  { secrets }: Pick<Reads, 'secrets'>,
  how: ' by list or watch' | '' = ' by list or watch',
): string => {
  const named = secrets.filter((secret) => !secret.endsWith('/*'));
  const namespaces = secrets
    .filter((secret) => secret.endsWith('/*'))
    .map((secret) => (secret === '*/*' ? 'all namespaces' : secret.slice(0, -'/*'.length)));
  return [
    ...(named.length > 0 ? [`the ${named.length === 1 ? 'Secret' : 'Secrets'} ${toList(named)}`] : []),
    ...(namespaces.length > 0 ? [`Secrets of ${toList(namespaces)}${how}`] : []),
  ].join(' and ');
};

/** How often, when, from where, and with what. */
export const toHowWords = ({ count, first, last, sources, agents, sessions }: Reads): string => {
  const told =
    sessions.length > 0 ? ` (${sessions.length === 1 ? 'session' : 'sessions'} ${toList(sessions)})` : '';
  const agent = agents.length > 0 ? `, with ${toList(agents)}` : '';
  return `${toTimes(count)}${told} ${toSpan(first, last)}${toSourceWords(sources)}${agent}`;
};

/** What has a shape that no caller's header gives it can stand in a command. */
const plainId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** How to see a request whole, where its id is one that the API server made. */
export const toLookUpWords = (
  { name, account, region }: ClusterIdentity,
  tallies: readonly Pick<ReadTally, 'events'>[],
): string => {
  const id = tallies.flatMap(({ events }) => events).find((event) => plainId.test(event));
  if (id === undefined) return '';
  if (account === '') return ` (audit id ${id})`;
  return ` (aws logs filter-log-events --region ${region} --log-group-name /aws/eks/${name}/cluster --log-stream-name-prefix kube-apiserver-audit --filter-pattern '{ $.auditID = "${id}" }')`;
};

/** The line to add to the configuration, where a line can name this one and nobody else. */
export const toExpectWords = (list: 'secretReaders' | 'secretWriters', name: string | null): string =>
  name === null ? '' : ` If it is meant, add to expected.${list}: - ${JSON.stringify(name)}`;

/** Whether a line of the configuration can expect somebody and nobody else: a glob's stars mean more than themselves. */
export const isNameable = (reader: Reader): boolean =>
  !/[*?]/.test(reader.identity) && !(reader.identity === reader.username && isLookAlike(reader));

/** What a line has to name for all of these to be expected; null where none can. */
export const toExpectable = (parties: readonly Reader[]): string | null => {
  const [first] = parties;
  return first && parties.every((reader) => reader.identity === first.identity && isNameable(reader))
    ? first.identity
    : null;
};
