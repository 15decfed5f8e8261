/** Whether one principal may do one thing with a key, and the reasoning, like a proof. */

import { toUnknown, type Unknown } from '../evidence/fact.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import type { Settings } from '../evidence/settings.ts';
import { decide, type Request } from '../policy/decide.ts';
import type { FixedPrincipal } from '../policy/fixed-caller.ts';
import { toConditionText } from '../policy/held-in-words.ts';
import { toHolderIndex } from '../policy/holders.ts';
import type { AccountPrincipals, KeyQuestion } from '../policy/holding.ts';
import { toIdentityContext } from '../policy/identity-context.ts';
import { toStranger } from '../policy/named-strangers.ts';
import { toEveryCall, toParameters } from '../policy/open-answer.ts';
import type { Policies } from '../policy/policy.ts';
import { findPower } from '../policy/power.ts';
import { toPrincipalAccountId } from '../policy/principal.ts';
import { type KeySubject, toNotVisible, toQuestion, toQuestionsByAction } from './access.ts';
import type { CanDocument, Gap } from './document.ts';

/**
 * Takes a cluster's key, a principal (an ARN, an account, a service; seen or not) and an action of KMS; gives the
 * answer, or why there is none. Throws nothing: what is no principal is unknown.
 */
export const toCan = (
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
  const { power, witness } = findPower(fixed, [action], policies, question);
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
  const because = decide(power === 'yes' && witness ? witness : shown, policies).because;
  return {
    schema: 'keyward/can-v1',
    principal: name,
    action,
    key: subject.key.arn,
    answer: power,
    because: because.map(({ source, ref, effect, conditions }) => ({
      source,
      ref,
      effect,
      conditions: conditions.map(toConditionText),
    })),
    notVisible: [...toNotVisible(subject), ...unseen],
  };
};

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
  // Who is not in an account that was read whole has no policies there: what is told is what the others would give it.
  const identity = isListed ? { identity: { policies: [], boundary: null } } : {};
  const reason = isListed
    ? 'not-found: the account has no such principal'
    : 'the IAM of its account was not read';
  const isOfAccount = toPrincipalAccountId(principal) !== null && principal.kind !== 'account-root';
  return {
    fixed: { principal },
    policies: { ...ofAccount(account), ...identity },
    unseen: isOfAccount ? [{ what: `the policies of ${name}`, reason }] : [],
  };
};
