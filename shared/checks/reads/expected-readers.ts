/** Who may read Secrets without being minded, and what somebody is of whom that is not so. */
import {
  isLookAlike,
  parseServiceAccount,
  type ReaderKind,
  toReaderKind,
} from '../../activity/reader-kind.ts';
import { classifyAccount } from '../../evidence/account-trust.ts';
import { parseArn } from '../../evidence/arn.ts';
import { isExpectedPrincipal } from '../../evidence/expected-principal.ts';
import { type Fact, isKnown } from '../../evidence/fact.ts';
import type { IamInventory } from '../../evidence/iam.ts';
import type { Organization } from '../../evidence/organization.ts';
import { otherIdentities, type Reader, type ReadTally } from '../../evidence/reads.ts';
import type { Settings } from '../../evidence/settings.ts';
import type { ClusterIdentity } from '../check.ts';
import { isAutomation } from './automation.ts';

export interface ReaderKnowledge {
  cluster: ClusterIdentity;
  settings: Settings;
  /** Whom Keyward reads the cluster as. */
  own: readonly string[];
  organization: Fact<Organization>;
  /** Of the cluster's account. */
  iam: Fact<IamInventory>;
}

export type Who = Exclude<ReaderKind, 'other'> | 'automation' | 'person';

/** EKS's service-linked role, by its name, of which an account has one: EKS could not run a cluster beside a namesake. */
const isEksRole = /^arn:[^:]+:iam::\d+:role\/AWSServiceRoleForAmazonEKS$/;

/** Takes a caller and what is known of accounts and roles; gives what he is. */
export const toWho = (reader: Reader, { cluster, settings, organization, iam }: ReaderKnowledge): Who => {
  const kind = toReaderKind(reader);
  const account = parseArn(reader.identity)?.account;
  // EKS's components come from accounts of AWS, or from none. By aws-auth anybody can be called eks:….
  const isOurs = () =>
    account !== undefined &&
    !(account === cluster.account && isEksRole.test(reader.identity)) &&
    classifyAccount(account, { ownAccount: cluster.account, organization, settings }) === 'inside';
  if (kind === 'eks') return isOurs() ? toPerson(reader, iam) : 'eks';
  return kind === 'other' ? toPerson(reader, iam) : kind;
};

const toPerson = ({ identity }: Reader, iam: Fact<IamInventory>): Who =>
  isKnown(iam) && isAutomation(identity, iam.value) ? 'automation' : 'person';

/** Each one behind a request: the identity, if it is told apart, and who impersonated it. */
export const toParties = (tally: ReadTally): Reader[] => [
  ...(tally.identity === otherIdentities ? [] : [tally]),
  ...(tally.impersonator ? [tally.impersonator] : []),
];

/**
 * Whether the configuration names somebody, by ARN or username. A username that only looks like a system's is not
 * tried: it would be taken for whoever bears it rightly.
 */
export const isNamed = (
  reader: Reader,
  knowledge: ReaderKnowledge,
  expected: Settings['expected']['secretReaders'],
): boolean =>
  toTriedNames(reader, knowledge).some((name) => isExpectedPrincipal(name, knowledge.cluster.name, expected));

const toTriedNames = (reader: Reader, knowledge: ReaderKnowledge): string[] => {
  const { identity, username } = reader;
  const isEksInNameOnly = toReaderKind(reader) === 'eks' && toWho(reader, knowledge) !== 'eks';
  const names = identity === username ? [username] : [identity, username];
  return isLookAlike(reader) || isEksInNameOnly ? names.filter((name) => name !== username) : names;
};

/** Whether requests are Kubernetes', EKS's, a node's kubelet's for its pods, or Keyward's own. */
export const isOfTheSystem = (reader: Reader, tally: ReadTally, knowledge: ReaderKnowledge): boolean => {
  const who = toWho(reader, knowledge);
  if (who === 'control-plane' || who === 'eks') return true;
  // The Node authorizer lets it have one by one what its pods refer to: a whole list it had by other rights.
  // https://kubernetes.io/docs/reference/access-authn-authz/node/
  if (who === 'node')
    return (
      tally.client === 'kubelet' && tally.isOfOne && tally.namespace !== null && !isUnbound(reader.groups)
    );
  return isOwn(reader, tally, knowledge);
};

/** Nothing is refused to this group, by whichever authorizer. The system puts no node into it; aws-auth may. */
export const isUnbound = (groups: readonly string[]): boolean => groups.includes('system:masters');

export const isOwn = (
  { identity, username }: Reader,
  { client }: ReadTally,
  { own }: Pick<ReaderKnowledge, 'own'>,
): boolean => client === 'keyward' && (own.includes(identity) || own.includes(username));

/** Whether a service account asks for what is in its own namespace. */
const isAtHome = (reader: Reader, { namespace }: ReadTally, knowledge: ReaderKnowledge): boolean =>
  toWho(reader, knowledge) === 'service-account' &&
  namespace !== null &&
  parseServiceAccount(reader.username)?.namespace === namespace;

/** Whether somebody's part in reads is expected. */
const isExpectedParty = (reader: Reader, tally: ReadTally, knowledge: ReaderKnowledge): boolean =>
  isNamed(reader, knowledge, knowledge.settings.expected.secretReaders) ||
  isOfTheSystem(reader, tally, knowledge) ||
  isAtHome(reader, tally, knowledge);

/** Those behind reads whom nobody expects: an impersonated read is expected only where both are. */
export const toUnexpected = (tally: ReadTally, knowledge: ReaderKnowledge): Reader[] =>
  toParties(tally).filter((reader) => !isExpectedParty(reader, tally, knowledge));

export const isExpectedRead = (tally: ReadTally, knowledge: ReaderKnowledge): boolean =>
  tally.identity !== otherIdentities && toUnexpected(tally, knowledge).length === 0;
