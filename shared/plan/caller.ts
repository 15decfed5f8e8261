/** Whether whoever runs Keyward could make the calls of a plan, by the evaluator. */
import { parseArn } from '../evidence/arn.ts';
import { isKnown } from '../evidence/fact.ts';
import { toPrincipalName } from '../evidence/principal-arn.ts';
import type { Settings } from '../evidence/settings.ts';
import { decide } from '../policy/decide.ts';
import { toHolderIndex } from '../policy/holders.ts';
import { toEveryCall } from '../policy/open-answer.ts';
import type { Principal } from '../policy/principal.ts';
import { isOpenToDeny } from '../policy/unseen.ts';
import { type KeySubject, peekAt, toQuestion } from '../who/access.ts';
import { isForeignAction } from '../who/key-actions.ts';
import type { Judged } from './judged.ts';
import { eksGrantConstraint, eksGrantOperations } from './key-policy.ts';

/** The user or role of the cluster's account that an ARN of STS stands for; undefined where it is none that was read. */
export const findCaller = (subject: KeySubject, caller: string) => {
  const iam = peekAt(subject)('iam.cluster');
  const isOfAccount = parseArn(caller)?.account === subject.cluster.account;
  return isOfAccount && isKnown(iam)
    ? toHolderIndex(iam.value).byName.get(toPrincipalName(caller))
    : undefined;
};

const toPrincipal = (caller: string, arn: string, accountId: string): Principal => {
  const { service, resource } = parseArn(caller) ?? {};
  if (resource === 'root') return { kind: 'account-root', arn: caller, accountId };
  return service === 'sts' && resource?.startsWith('assumed-role/')
    ? { kind: 'role-session', arn: caller, roleArn: arn, accountId }
    : { kind: 'user', arn, accountId };
};

/**
 * Takes the caller's ARN and an action; gives whether it may, and in words why or on what it hangs. What a request
 * through EKS says of its way is not documented, so it is left open.
 */
export const judgeCaller = (
  subject: KeySubject,
  settings: Settings,
  caller: string,
  action: string,
): Judged => {
  const question = toQuestion(subject, settings);
  if ('unknown' in question)
    return { answer: 'unknown', detail: `the key policy is not known: ${question.detail}` };
  const account = parseArn(caller)?.account ?? '';
  if (account !== subject.key.account && !isForeignAction(action))
    return { answer: 'blocked', detail: `KMS takes ${action} from the key’s own account alone` };
  const own = question.accounts.find((one) => one.account === account);
  const holder = own && toHolderIndex(own.inventory).byName.get(toPrincipalName(caller));
  const isRoot = parseArn(caller)?.resource === 'root';
  // Who is no user or role of an account that was read whole, is not told by it.
  if (!holder && !isRoot)
    return { answer: 'unknown', detail: `the IAM policies of ${caller} could not be read` };
  const { keyPolicy, grants, resourceControl, keyArn, knownContext } = question;
  const policies = {
    keyPolicy,
    grants,
    resourceControl,
    serviceControl: own?.serviceControl,
    ...(holder ? { identity: holder.identity } : {}),
  };
  const principal = toPrincipal(caller, holder?.arn ?? caller, account);
  const tags = Object.entries(holder?.fixed.tags ?? {}).map(([name, value]): [string, string[]] => [
    `aws:PrincipalTag/${name}`,
    [value],
  ]);
  const request = {
    principal,
    action,
    resource: keyArn,
    context: {
      ...toEveryCall({ principal, organizationId: own?.organizationId }, keyArn),
      ...Object.fromEntries(tags),
      ...knownContext,
      ...(action === 'kms:CreateGrant' ? grantOfEks : {}),
    },
    isClosed: false,
  };
  const { effect, because, notSeen } = decide(request, policies);
  const told = because.map(({ source, ref }) => `${source} ${ref}`.trim()).join(', ');
  if (effect === 'allowed' && !isOpenToDeny(notSeen)) return { answer: 'ready', detail: `by ${told}` };
  if (effect === 'denied' && !notSeen.some(({ could }) => could === 'allow'))
    return { answer: 'blocked', detail: told === '' ? 'nothing allows it' : `${told} denies it` };
  const hinges = [...because, ...notSeen].map(({ source, ref }) => `${source} ${ref ?? ''}`.trim());
  return { answer: 'unknown', detail: `it hangs on ${[...new Set(hinges)].join(', ')}` };
};

// What EKS asks for. Policies that let only services of AWS have grants made are not enough for it.
// https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html
const grantOfEks = {
  'kms:GrantIsForAWSResource': ['false'],
  'kms:GrantOperations': eksGrantOperations,
  'kms:GrantConstraintType': [eksGrantConstraint],
};
