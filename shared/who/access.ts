/** One member of a key's family as it is asked about: its question, and what of it was not seen. */
import { toKeyQuestion } from '../checks/access/key-access.ts';
import type { FactName, Facts, Subject } from '../checks/check.ts';
import { findClusterGrants } from '../evidence/eks-grant.ts';
import { type Fact, getGap, isKnown, toUnknown, type Unknown } from '../evidence/fact.ts';
import type { KeyMetadata } from '../evidence/key.ts';
import type { Settings } from '../evidence/settings.ts';
import type { KeyQuestion } from '../policy/holding.ts';
import { toKeyStoreQuestion } from '../policy/key-store.ts';
import { PolicyError } from '../policy/policy-error.ts';
import { keyStoreActions, powerActions, retirement, toDestroyingActions } from '../policy/powers.ts';
import type { Gap } from './document.ts';

export type KeySubject = Subject & { key: NonNullable<Subject['key']> };

export const isOfKey = (subject: Subject): subject is KeySubject => subject.key !== undefined;

/** The fact of a subject; unknown where nobody collected it. */
export const peekAt =
  ({ facts }: Subject) =>
  <Name extends FactName>(name: Name): Fact<Facts[Name]> => {
    const fact: Fact<Facts[Name]> | undefined = facts[name];
    return fact ?? toUnknown('failed', `${name} was not collected`);
  };

/** KMS takes these of a multi-Region primary alone, whatever a policy allows. */
const primaryActions = new Set(['kms:ReplicateKey', 'kms:UpdatePrimaryRegion']);

const isPrimary = ({ MultiRegion, MultiRegionConfiguration }: KeyMetadata): boolean =>
  MultiRegion !== false && MultiRegionConfiguration?.MultiRegionKeyType !== 'REPLICA';

/** Takes a cluster's key, or a relative of it; gives the question who may what with it, or why there is none. */
export const toQuestion = (subject: KeySubject, settings: Settings): KeyQuestion | Unknown => {
  const peek = peekAt(subject);
  const policy = peek('key.policy');
  if (!isKnown(policy)) return policy;
  try {
    return toKeyQuestion({ ...subject, peek }, policy.value, settings);
  } catch (error) {
    if (error instanceof PolicyError) return toUnknown('unsupported', error.message);
    throw error;
  }
};

/** The questions that answer by an action each: of the key itself, of the cluster's grants, of the key's own store. */
export const toQuestionsByAction = (
  subject: KeySubject,
  question: KeyQuestion,
): { question: KeyQuestion; actions: readonly string[] }[] => {
  const metadata = peekAt(subject)('key.metadata');
  // Who issued a grant may retire it as well: its account's root is no news.
  const grants = findClusterGrants(question.grants ?? [], subject.cluster).map(
    ({ IssuingAccount: _, ...grant }) => grant,
  );
  const isInStore = isKnown(metadata) && metadata.value.CustomKeyStoreId !== undefined;
  const { decrypt, administer } = powerActions;
  const destroy = toDestroyingActions(isKnown(metadata) ? metadata.value.Origin : undefined);
  const isFixed = isKnown(metadata) && !isPrimary(metadata.value);
  return [
    {
      question,
      actions: [...new Set([...decrypt, ...administer, ...destroy])].filter(
        (action) => !(isFixed && primaryActions.has(action)),
      ),
    },
    ...(grants.length > 0 ? [{ question: { ...question, grants }, actions: [retirement] }] : []),
    ...(isInStore ? [{ question: toKeyStoreQuestion(question), actions: keyStoreActions }] : []),
  ];
};

/** Calls about one member of a family that failed, so that somebody may be missing from the answer. */
export const toMissing = (subject: KeySubject): Gap[] => {
  const { cluster, key } = subject;
  const peek = peekAt(subject);
  const tell = (name: FactName, what: string, account: string): Gap[] => {
    const gap = getGap(peek(name));
    return gap ? [{ what, account, reason: `${gap.unknown}: ${gap.detail}` }] : [];
  };
  return [
    ...tell('key.grants', `the grants on ${key.arn}`, key.account),
    ...tell('iam.key', 'users, groups, roles and their policies', key.account),
    ...(cluster.account === key.account
      ? []
      : tell('iam.cluster', 'users, groups, roles and their policies', cluster.account)),
  ];
};

/** What could take a power away, or bind it, and is not seen by a run like this. */
export const toNotVisible = (subject: KeySubject): Gap[] => {
  const { cluster, key } = subject;
  const peek = peekAt(subject);
  const tell = (name: FactName, what: string, account: string): Gap[] => {
    const gap = getGap(peek(name));
    return gap ? [{ what, account, reason: `${gap.unknown}: ${gap.detail}` }] : [];
  };
  return [
    { what: 'session policies', reason: 'they are given with a session and kept nowhere' },
    {
      what: 'what somebody could give itself by IAM, by tags or by aliases',
      reason: 'only what policies say of keys is weighed',
    },
    ...tell('serviceControl.key', 'service control policies', key.account),
    ...(cluster.account === key.account
      ? []
      : tell('serviceControl.cluster', 'service control policies', cluster.account)),
    ...tell('resourceControl.key', 'resource control policies', key.account),
  ];
};

/** Each gap once. */
export const toDistinct = (gaps: Gap[]): Gap[] => [
  ...new Map(gaps.map((gap) => [JSON.stringify(gap), gap])).values(),
];
