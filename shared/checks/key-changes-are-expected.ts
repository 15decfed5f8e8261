/**
 * Claims that in the time that was read nobody but expected administrators, and AWS services that make and end grants
 * for resources, changed the key, its lifetime, its policy or its grants. Does not claim that what they changed is
 * right (links 2 and 3 judge what is), nor that nobody was refused: a refused call changed nothing. Administrators by
 * effect are not expected by themselves: what they may do is one thing, what they did is told.
 */
import { isCalledByEks, isCalledThroughAws } from '../activity/control-plane.ts';
import { isMending, isOfGrants, isToEks } from '../activity/ordinary-changes.ts';
import { isByService, isService } from '../activity/services.ts';
import { classifyAccount } from '../evidence/account-trust.ts';
import { parseArn } from '../evidence/arn.ts';
import { findClusterGrants, mayServeCluster } from '../evidence/eks-grant.ts';
import { type KeyChange, mostNamed } from '../evidence/events.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { isKnown } from '../evidence/fact.ts';
import type { Grant } from '../evidence/key.ts';
import { byTime, type SummedChanges, sumChanges, type ToldChange, toToldChange } from './activity/changes.ts';
import { toCallerWords, toLookUpCommand, toMoment, toSourceWords, toSpan } from './activity/words.ts';
import { defineCheck } from './check.ts';

interface Changed extends SummedChanges {
  key: string;
  principal: string;
  kind: KeyChange['kind'];
  account: string | null;
  /** The worst first, then in their order. */
  changes: ToldChange[];
  /** Calls of the same kind that KMS refused. */
  refused: number;
}

const aliasNames = new Set(['CreateAlias', 'UpdateAlias', 'DeleteAlias']);

/** The worst first: a principal has one finding. */
const outcomeNames = ['scheduledDeletion', 'endedClusterGrant', 'bypassedLockoutCheck', 'changed'] as const;

const toGrant = ({ grant }: KeyChange): Grant | undefined => grant && { GrantId: '', ...grant };

const looksAtAliases = (policy: string): boolean => /kms:(?:ResourceAliases|RequestAlias)/i.test(policy);

const toMessage =
  (consequence: string) =>
  (changed: Changed): string => {
    const [worst] = changed.changes;
    const named = Object.entries(changed.names).map(([name, count]) =>
      count === 1 ? name : `${name} ${count} times`,
    );
    const what = worst?.what ? ` (${worst.name}: ${worst.what})` : '';
    return `${toCallerWords(changed)} called ${named.join(', ')} on ${changed.key} ${toSpan(changed.first, changed.last)}${toSourceWords(changed.sources)}${what}, and is not among the expected administrators.${consequence}`;
  };

const fix = ({ key, principal, changes }: Changed): string =>
  `Ask who did it and why${changes[0] ? ` (${toMoment(changes[0].time)}: ${toLookUpCommand(key, changes[0].event)})` : ''}, and undo what was not meant. If the principal administers the key, as a pipeline’s role does, add to expected.administrators: - ${JSON.stringify(principal)}`;

export const keyChangesAreExpected = defineCheck({
  id: 'key-changes-are-expected',
  kind: 'event',
  link: 4,
  scope: 'family',
  subject: 'principal',
  facts: ['key.changes', 'key.grants', 'key.policy', 'organization'],
  title: 'Only expected administrators changed the key',
  rationale:
    'Who changes a key’s policy or grants decides who can open the cluster’s data; who disables or deletes it, or ends EKS’s grant, can lose the cluster for good. Both show in the events only, once they are changed back.',
  remediation: {
    text: 'Ask the principal’s owner what was meant, and undo what was not: put the policy back, revoke the grant, aws kms cancel-key-deletion and enable-key. Name the roles that administer keys (a pipeline’s, a break-glass role) in expected.administrators; one glob may stand for the role of all accounts.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys-scheduling-key-deletion.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html',
  ],
  frameworks: { 'NIST 800-53': ['AU-6', 'CM-3', 'CM-5', 'SC-12'], 'PCI DSS 4': ['3.7', '10.2'] },
  outcomes: {
    scheduledDeletion: {
      severity: 'critical',
      message: toMessage(' Once the key is deleted the cluster cannot be recovered.'),
      fix: ({ key, ...changed }: Changed) =>
        `aws kms cancel-key-deletion --key-id ${key}, then aws kms enable-key --key-id ${key}, if the deletion was not meant. ${fix({ key, ...changed })}`,
    },
    endedClusterGrant: {
      severity: 'critical',
      message: toMessage(
        ' The grant was the one by which EKS reaches the key: it cannot be given back, and a cluster without it cannot be recovered.',
      ),
      fix,
    },
    bypassedLockoutCheck: {
      severity: 'critical',
      message: toMessage(
        ' PutKeyPolicy was told to skip the check that somebody is left who can administer the key.',
      ),
      fix,
    },
    changed: { severity: 'high', message: toMessage(''), fix },
  },
  pass: 'In the time that was read, only expected administrators and AWS services changed the key, its policy or its grants.',
  *evaluate({ read, peek, key, cluster }, settings) {
    const { changes } = read('key.changes');
    const policy = peek('key.policy');
    const countsAliases = isKnown(policy) && looksAtAliases(policy.value);
    const isMinded = (change: KeyChange) =>
      !isMending(change) && (countsAliases || !aliasNames.has(change.name));

    const listing = peek('key.grants');
    const today = isKnown(listing) && listing.missing.length === 0 ? listing.value : undefined;
    const made = new Map(
      changes.flatMap((change) => (change.grant?.GrantId ? [[change.grant.GrantId, toGrant(change)]] : [])),
    );
    const isGrantGone =
      key.isNamedByCluster && today !== undefined && !today.some((grant) => mayServeCluster(grant, cluster));
    const hasEndedClusterGrant = ({ name, grantId }: KeyChange): boolean => {
      if (name !== 'RevokeGrant' && name !== 'RetireGrant') return false;
      const known = today?.find(({ GrantId }) => GrantId === grantId) ?? made.get(grantId ?? '');
      // A grant older than the events has no name in them: it was EKS's if that is what is missing now.
      return known ? findClusterGrants([known], cluster).length > 0 : isGrantGone;
    };
    const trust = { ownAccount: cluster.account, organization: peek('organization'), settings };
    const isToInsider = ({ GranteePrincipal, GranteeServicePrincipal }: Partial<Grant>): boolean => {
      const grantee = GranteePrincipal ?? GranteeServicePrincipal;
      if (grantee === undefined) return false;
      // CreateGrant takes ARNs, and services by their names.
      const account = parseArn(grantee)?.account;
      return account === undefined || account === key.account || classifyAccount(account, trust) === 'inside';
    };
    // Of a service that AWS does not name nobody can tell whether its customer chose whom it let in.
    const mayLetInOutsider = (change: KeyChange): boolean =>
      change.name === 'CreateGrant' && isCalledThroughAws(change) && !isToInsider(change.grant ?? {});
    // Services make and end grants for resources by the hundred; none but EKS has anything to end of EKS's.
    const isOfServices = (change: KeyChange): boolean =>
      isOfGrants(change) &&
      (isCalledByEks(change) ||
        isService(change) ||
        isToEks(change) ||
        (isByService(change) && !hasEndedClusterGrant(change) && !mayLetInOutsider(change)));
    const unexpected = changes.filter(
      (change) =>
        !isOfServices(change) &&
        !isExpectedPrincipal(change.principal, cluster.name, settings.expected.administrators),
    );
    const toOutcome = (change: KeyChange) => {
      if (change.name === 'ScheduleKeyDeletion') return 'scheduledDeletion';
      if (hasEndedClusterGrant(change)) return 'endedClusterGrant';
      return change.bypassesLockoutCheck ? 'bypassedLockoutCheck' : 'changed';
    };

    for (const [principal, calls] of Map.groupBy(unexpected.filter(isMinded), (change) => change.principal)) {
      const done = calls.filter(({ outcome }) => outcome === 'success').sort(byTime);
      const byOutcome = Map.groupBy(done, toOutcome);
      const ranked = outcomeNames.flatMap((name) => byOutcome.get(name) ?? []);
      const [worst] = ranked;
      if (!worst) continue;
      const evidence = {
        key: key.arn,
        principal,
        kind: worst.kind,
        account: worst.account ?? null,
        ...sumChanges(done),
        changes: ranked.slice(0, mostNamed).map(toToldChange),
        refused: calls.length - done.length,
      };
      yield { outcome: toOutcome(worst), subject: principal, evidence };
    }
    if (
      !isKnown(policy) &&
      unexpected.some(({ name, outcome }) => aliasNames.has(name) && outcome === 'success')
    )
      yield {
        unknown: policy.unknown,
        detail: `an alias was changed, and whether the key policy hangs on aliases is not known: ${policy.detail}`,
      };
  },
});
