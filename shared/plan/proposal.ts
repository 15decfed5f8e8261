/** The policy that a plan proposes, and what the evaluator says of it before anybody puts it. */
import type { Check, Subject } from '../checks/check.ts';
import { parseArn } from '../evidence/arn.ts';
import { findClusterGrants, isEksGrant } from '../evidence/eks-grant.ts';
import { isKnown, toKnown, toUnknown, type Unknown } from '../evidence/fact.ts';
import type { Settings } from '../evidence/settings.ts';
import { type KeySubject, peekAt } from '../who/access.ts';
import { toWhatIf } from '../who/what-if.ts';
import { toWhoMay } from '../who/who-may.ts';
import type { Proposal } from './document.ts';
import { judgeAll, judgeRole, toFailure, toFailures, toPlannedChecks } from './judged.ts';
import { toKeyPolicy } from './key-policy.ts';
import { toDifference } from './policy-difference.ts';

type Family = [KeySubject, ...KeySubject[]];

/** The subject as it would be under a policy. */
export const withPolicy = <S extends Subject>(subject: S, policy: string): S => ({
  ...subject,
  facts: { ...subject.facts, 'key.policy': toKnown(policy) },
});

/** The cluster's role, unless IAM shows that it is gone; unknown IAM is no reason to leave it out. */
const getRole = (subject: KeySubject): string | undefined => {
  const peek = peekAt(subject);
  const [cluster, iam] = [peek('cluster'), peek('iam.cluster')];
  const role = isKnown(cluster) ? cluster.value.roleArn : undefined;
  const isGone = isKnown(iam) && iam.missing.length === 0 && !iam.value.roles.some(({ Arn }) => Arn === role);
  return isGone ? undefined : role;
};

/**
 * Other accounts with clusters on the key, by EKS's grants and by this run: their roles' look at it must not end with
 * this policy. Clusters of the key's own account are let in by IAM.
 */
const getNeighbours = (subject: KeySubject): string[] => {
  const { cluster, key } = subject;
  const grants = peekAt(subject)('key.grants');
  const issuers = isKnown(grants)
    ? grants.value
        .filter((grant) => isEksGrant(grant) && !findClusterGrants([grant], cluster).includes(grant))
        .map(({ IssuingAccount = '' }) => parseArn(IssuingAccount)?.account ?? IssuingAccount)
    : [];
  const named = key.clusters.filter((arn) => arn !== cluster.arn).map((arn) => parseArn(arn)?.account ?? '');
  return [...new Set([...issuers, ...named])].filter((id) => id !== '' && id !== key.account).sort();
};

/**
 * Takes the key of a plan with its relatives, as it is before the plan, the checks that the configuration leaves on,
 * and who is to give EKS its grant if it has none yet. Gives the policy for that key alone, weighed, or why there can be none.
 */
export const toProposal = (
  family: Family,
  checks: readonly Check[],
  settings: Settings,
  granting?: string,
): Proposal | Unknown => {
  const [named, ...relatives] = family;
  const peek = peekAt(named);
  const metadata = peek('key.metadata');
  if (!isKnown(metadata)) return metadata;
  if (metadata.value.KeyManager !== 'CUSTOMER')
    return toUnknown('unsupported', 'the key is not customer managed: its policy is not its owner’s to put');
  const document = toKeyPolicy({
    keyArn: named.key.arn,
    metadata: metadata.value,
    role: getRole(named),
    neighbours: getNeighbours(named),
    granting,
  });
  const text = JSON.stringify(document);
  const today = peek('key.policy');
  const before = toWhoMay(family, settings);
  const { whatIf } = toWhatIf(family, text, before, settings, checks);
  const ofPolicy = toPlannedChecks(checks).filter(({ facts }) => facts.includes('key.policy'));
  const [was, is] = [named, withPolicy(named, text)].map((one) =>
    judgeAll([one, ...relatives], ofPolicy, settings),
  );
  const [failing, failingThen] = [toFailures(was ?? []), toFailures(is ?? [])];
  // What a check can't decide under the policy, the policy does not end.
  const open = new Set((is ?? []).flatMap(({ check, status }) => (status === 'unknown' ? check : [])));
  const [ids, idsThen] = [failing, failingThen].map((all) => new Set(all.map(({ id }) => id)));
  return {
    document,
    difference: isKnown(today) ? toDifference(today.value, document.Statement) : today,
    changes: 'unknown' in before ? before : { gains: whatIf.gains, losses: whatIf.losses },
    keepsAdministrator: whatIf.keepsAdministrator,
    roleSeesKey: toRoleAnswer(withPolicy(named, text), checks, settings),
    eksKeepsKey: whatIf.clusterKeepsKey,
    ends: failing.filter(({ id, check }) => !idsThen?.has(id) && !open.has(check)).map(toFailure),
    brings: failingThen.filter(({ id }) => !ids?.has(id)).map(toFailure),
  };
};

/** The answer of the check, or why there is none. */
const toRoleAnswer = (
  subject: KeySubject,
  checks: readonly Check[],
  settings: Settings,
): boolean | Unknown => {
  const { answer, reason = 'unsupported', detail } = judgeRole(subject, checks, settings);
  return answer === 'unknown' ? toUnknown(reason, detail) : answer !== 'blocked';
};
