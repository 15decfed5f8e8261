/** What would change under another key policy, before anybody calls PutKeyPolicy. */
import type { Check, Verdict } from '../checks/check.ts';
import { findClusterGrants } from '../evidence/eks-grant.ts';
import { toKnown, toUnknown, type Unknown } from '../evidence/fact.ts';
import type { Settings } from '../evidence/settings.ts';
import { decide, type Request } from '../policy/decide.ts';
import { toContextKeys } from '../policy/power.ts';
import { type KeySubject, toQuestion } from './access.ts';
import { answers, type WhatIf, type WhoAnswer, type WhoChange, type WhoMay } from './document.ts';
import { powerNames, toWhoMay } from './who-may.ts';

/** Who may what, before and after. */
const toChanges = (before: WhoMay, after: WhoMay): { gains: WhoChange[]; losses: WhoChange[] } => {
  const [was, is] = [before, after].map((may) => ('unknown' in may ? [] : may.principals));
  const toKey = ({ principal, kind }: { principal: string; kind: string }) => `${kind} ${principal}`;
  const [old, young] = [was, is].map((all = []) => new Map(all.map((one) => [toKey(one), one])));
  const changes = [...new Set([...(old?.keys() ?? []), ...(young?.keys() ?? [])])].sort().flatMap((key) =>
    powerNames.flatMap((power): WhoChange[] => {
      const [from, to] = [old?.get(key)?.[power] ?? 'no', young?.get(key)?.[power] ?? 'no'];
      const principal = (old?.get(key) ?? young?.get(key))?.principal ?? key;
      return from === to ? [] : [{ principal, power, from, to }];
    }),
  );
  return {
    gains: changes.filter(({ from, to }) => weigh(to) > weigh(from)),
    losses: changes.filter(({ from, to }) => weigh(to) < weigh(from)),
  };
};

const weigh = (answer: WhoAnswer): number => answers.length - answers.indexOf(answer);

/** Takes the family as it is, the policy in question and the catalogue; gives what would be different. */
export const toWhatIf = (
  family: [KeySubject, ...KeySubject[]],
  policy: string,
  before: WhoMay,
  settings: Settings,
  checks: readonly Check[],
): { may: WhoMay; whatIf: WhatIf } => {
  const [named, ...relatives] = family;
  const changed: KeySubject = { ...named, facts: { ...named.facts, 'key.policy': toKnown(policy) } };
  const may = toWhoMay([changed, ...relatives], settings);
  const ofPolicy = checks.filter(({ facts }) => facts.includes('key.policy'));
  const toFailures = (subject: KeySubject) =>
    ofPolicy.flatMap(({ id, judge }) =>
      judge(subject, settings)
        .filter(({ status }) => status === 'fail')
        .map(({ status, message, subject: of }) => ({ check: id, status, message, of })),
    );
  const known = new Set(toFailures(named).map(({ check, of }) => JSON.stringify([check, of])));
  const keeping = checks.find(({ id }) => id === 'key-policy-keeps-an-administrator');
  return {
    may,
    whatIf: {
      ...toChanges(before, may),
      keepsAdministrator: toBoolean(keeping?.judge(changed, settings)[0]),
      clusterKeepsKey: canEksDecrypt(changed, settings),
      checks: toFailures(changed)
        .filter(({ check, of }) => !known.has(JSON.stringify([check, of])))
        .map(({ check, status, message }) => ({ check, status, message })),
    },
  };
};

const toBoolean = (verdict: Verdict | undefined): boolean | Unknown => {
  if (verdict?.status === 'pass') return true;
  if (verdict?.status === 'fail') return false;
  const reason = verdict?.status === 'unknown' ? verdict.reason : 'unsupported';
  return toUnknown(reason, verdict?.message ?? 'nobody asked');
};

/** EKS decrypts by the cluster's grant, which no key policy takes away but by a Deny. */
const canEksDecrypt = (subject: KeySubject, settings: Settings): boolean | Unknown => {
  const question = toQuestion(subject, settings);
  if ('unknown' in question) return question;
  const { keyArn, keyPolicy, grants = [], resourceControl, contexts = [], knownContext } = question;
  const [grant] = findClusterGrants(grants, subject.cluster);
  const service = grant?.GranteePrincipal ?? grant?.GranteeServicePrincipal;
  const [context] = contexts;
  if (!grant || !service || !context)
    return toUnknown('failed', 'no grant to EKS for this cluster was seen on the key');
  const request: Request = {
    principal: { kind: 'service', service },
    action: 'kms:Decrypt',
    resource: keyArn,
    context: { ...knownContext, ...toContextKeys(context) },
    isClosed: true,
  };
  const policies = { keyPolicy, grants: [grant], resourceControl };
  if (decide(request, policies).effect === 'allowed') return true;
  return decide({ ...request, isClosed: false }, policies).effect === 'denied'
    ? false
    : toUnknown('failed', 'it hangs on what EKS’s requests say besides their encryption context');
};
