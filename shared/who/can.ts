/** Whether one principal may do one thing with a key, and the reasoning, like a proof. */

import { toUnknown, type Unknown } from '../evidence/fact.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import type { Settings } from '../evidence/settings.ts';
import { decide, type Request } from '../policy/decide.ts';
import type { Reason } from '../policy/evaluate.ts';
import type { FixedPrincipal } from '../policy/fixed-caller.ts';
import { toConditionText } from '../policy/held-in-words.ts';
import { toHolderIndex } from '../policy/holders.ts';
import type { AccountPrincipals, KeyQuestion } from '../policy/holding.ts';
import { toIdentityContext } from '../policy/identity-context.ts';
import { isFederatedUser, toStranger } from '../policy/named-strangers.ts';
import { toEveryCall, toParameters } from '../policy/open-answer.ts';
import type { Policies } from '../policy/policy.ts';
import { findPower } from '../policy/power.ts';
import { toPrincipalAccountId } from '../policy/principal.ts';
import {
  type KeySubject,
  toDistinct,
  toMissing,
  toNotVisible,
  toQuestion,
  toQuestionsByAction,
} from './access.ts';
import { answers, type CanDocument, type Gap } from './document.ts';
import { isForeignAction } from './key-actions.ts';

/**
 * Takes the key that a cluster names and its relatives, a principal (an ARN, an account, a service; seen or not) and
 * an action of KMS; gives the answer of the member that lets it the most, or why there is none. Throws nothing: what
 * is no principal is unknown.
 */
export const toCan = (
  [named, ...relatives]: [KeySubject, ...KeySubject[]],
  settings: Settings,
  name: string,
  action: string,
): CanDocument | Unknown => {
  const first = toAnswer(named, settings, name, action);
  if ('unknown' in first) return first;
  const others = relatives.map((relative) => ({
    relative,
    told: toAnswer(relative, settings, name, action),
  }));
  const members = [first, ...others.flatMap(({ told }) => ('unknown' in told ? [] : told))];
  const strongest =
    answers.flatMap((answer) => members.find((one) => one.answer === answer) ?? [])[0] ?? first;
  const unread = others.flatMap(({ relative: { key }, told }): Gap[] =>
    'unknown' in told
      ? [
          {
            what: `the policy of ${key.arn}`,
            account: key.account,
            reason: `${told.unknown}: ${told.detail}`,
          },
        ]
      : [],
  );
  return {
    ...strongest,
    notVisible: toDistinct([...members.flatMap(({ notVisible }) => notVisible), ...unread]),
  };
};

const toAnswer = (
  subject: KeySubject,
  settings: Settings,
  name: string,
  action: string,
): CanDocument | Unknown => {
  const whole = toQuestion(subject, settings);
  if ('unknown' in whole) return whole;
  const asked = toQuestionsByAction(subject, whole).find(({ actions }) => actions.includes(action));
  const question = asked?.question ?? whole;
  const found = findPrincipal(question, name);
  if (!found)
    return toUnknown('unsupported', `${name} is no principal: give an ARN, an account or a service`);
  const { fixed, policies, unseen } = found;
  const home = toPrincipalAccountId(fixed.principal);
  const isRefused = home !== null && home !== subject.key.account && !isForeignAction(action);
  const { power, witness } = isRefused
    ? { power: 'no' as const, witness: null }
    : findPower(fixed, [action], policies, question);
  const request: Request = {
    principal: fixed.principal,
    action,
    resource: question.keyArn,
    context: {
      ...toIdentityContext(fixed.principal),
      ...toEveryCall(fixed, question.keyArn),
      ...question.knownContext,
      ...toParameters(action),
    },
    isClosed: false,
  };
  const shown = witness ? { ...witness, context: request.context, isClosed: power === 'yes' } : request;
  const { because, notSeen } = decide(power === 'yes' && witness ? witness : shown, policies);
  // Grants that were not read may give what nothing else does.
  const isOpen = power === 'no' && !isRefused && notSeen.some(({ source }) => source === 'grant');
  // IAM policies and the boundary of the key's own account could deny what the key policy alone allows.
  const isUnread = home === subject.key.account && policies.identity === undefined && unseen.length > 0;
  const isLimited = power === 'yes' && isUnread;
  return {
    schema: 'keyward/can-v1',
    principal: name,
    action,
    key: subject.key.arn,
    answer: isOpen || isLimited ? 'conditional' : power,
    because: isRefused ? [refusal] : because.map(toTold),
    notVisible: [
      ...toNotVisible(subject),
      ...unseen,
      ...notSeen.flatMap(({ source, ref }) =>
        ref === null ? [] : [{ what: `${source} ${ref}`, reason: 'it could not be read or understood' }],
      ),
      ...toMissing(subject),
    ],
  };
};

const refusal = {
  source: 'kms',
  ref: 'takes it from the key’s own account alone',
  effect: 'deny' as const,
  conditions: [],
};

const toTold = ({ source, ref, effect, conditions }: Reason): CanDocument['because'][number] => ({
  source,
  ref,
  effect,
  conditions: conditions.map(toConditionText),
});

interface Found {
  fixed: FixedPrincipal;
  policies: Policies;
  unseen: Gap[];
}

const findPrincipal = (question: KeyQuestion, name: string): Found | undefined => {
  const { keyPolicy, grants, resourceControl, accounts } = question;
  const ofAccount = ({ serviceControl }: Partial<AccountPrincipals> = {}): Policies => ({
    keyPolicy,
    grants,
    resourceControl,
    serviceControl,
  });
  for (const account of accounts) {
    const holder = toHolderIndex(account.inventory).byName.get(toPrincipalName(name));
    if (!holder) continue;
    const organization =
      account.organizationId === undefined ? {} : { organizationId: account.organizationId };
    const fixed = { ...holder.fixed, ...organization };
    return { fixed, policies: { ...ofAccount(account), identity: holder.identity }, unseen: [] };
  }
  const type = /^(arn:|\d{12}$)/.test(name)
    ? name.includes(':saml-provider/') || name.includes(':oidc-provider/')
      ? 'Federated'
      : 'AWS'
    : 'Service';
  if (type === 'Service' && !/^[a-z0-9.-]+\.[a-z]+$/.test(name)) return undefined;
  const stranger = toStranger({ type, value: name });
  if (!stranger) return undefined;
  const { principal } = stranger;
  const account = accounts.find((one) => one.account === toPrincipalAccountId(principal));
  const isListed = account !== undefined && !account.isPartial && principal.kind !== 'account-root';
  const isFederated = isFederatedUser(name);
  // Who is not in an account that was read whole has no policies there: what is told is what the others would give it.
  const identity = isListed || isFederated ? { identity: { policies: [], boundary: null } } : {};
  const reason = isListed
    ? 'not-found: the account has no such principal'
    : 'the IAM of its account was not read';
  const isOfAccount =
    toPrincipalAccountId(principal) !== null && principal.kind !== 'account-root' && !isFederated;
  return {
    fixed: { principal },
    policies: { ...ofAccount(account), ...identity },
    unseen: isOfAccount ? [{ what: `the policies of ${name}`, reason }] : [],
  };
};
