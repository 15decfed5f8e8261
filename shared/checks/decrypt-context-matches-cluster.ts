/**
 * Claims that each encryption context under which EKS used the key is one that a grant on the key has, or had in the
 * time that was read. Does not claim that the clusters of those grants are known to anybody (key-is-dedicated).
 */
import {
  getCalledContext,
  getGrantedContexts,
  isCalledByAws,
  isCalledByEks,
  isCalledThroughAws,
} from '../activity/control-plane.ts';
import { isByService } from '../activity/services.ts';
import { sumUses, type Uses } from '../activity/sum-uses.ts';
import { listEndings } from '../activity/versions.ts';
import { getEksContext, isEksGrant } from '../evidence/eks-grant.ts';
import type { KeyChange, UseTally } from '../evidence/events.ts';
import { getGap } from '../evidence/fact.ts';
import { toCallerWords, toLookUpCommand, toMoment, toSpan, toTimes } from './activity/words.ts';
import { defineCheck } from './check.ts';

interface Stray extends Uses {
  key: string;
  context: string;
  principals: string[];
}

/** Whether this check looks at the calls: AWS's unnamed callers count as EKS. */
export const isUseByEks = (tally: UseTally): boolean =>
  tally.outcome === 'success' && (isCalledByEks(tally) || isCalledByAws(tally));

/**
 * Whether a change ended a grant that may have been EKS's for a context that is used no more: EKS's own when a cluster
 * is deleted, which no event ties to the context, or one that somebody ended. Services end their own by the hundred.
 * AWS documents no identity for EKS's calls, so it may be one that CloudTrail does not name.
 */
const mayHaveEnded = (change: KeyChange, last: string, made: ReadonlyMap<string, KeyChange>): boolean => {
  const grant = change.grantId === undefined ? undefined : made.get(change.grantId)?.grant;
  if (change.time < last) return false;
  // One that the events show EKS make for a context is for no other.
  if (grant)
    return isEksGrant({ GrantId: '', ...grant }) && getEksContext({ GrantId: '', ...grant }) === undefined;
  return isCalledByEks(change) || isCalledByAws(change) || isCalledThroughAws(change) || !isByService(change);
};

export const decryptContextMatchesCluster = defineCheck({
  id: 'decrypt-context-matches-cluster',
  kind: 'event',
  link: 4,
  scope: 'family',
  subject: 'context',
  facts: ['key.use', 'key.changes', 'key.grants'],
  title: 'EKS used the key for clusters whose grant is known',
  rationale:
    'EKS calls under one encryption context a cluster, and the grant that it made on the key tells which. A call under a context that no grant has is for a cluster that nobody knows of, or for data that somebody replays.',
  remediation: {
    text: 'List the clusters of every account that may use the key (key policy, grants) and look for one that uses it and is not scanned. If there is none, treat the event as the replay of a stolen data key, and ask AWS Support what EKS called for.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/determining-access-grants.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html',
    'https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html',
  ],
  frameworks: { 'NIST 800-53': ['AU-6', 'SC-12', 'CM-8'], 'PCI DSS 4': ['10.4'] },
  outcomes: {
    stray: {
      severity: 'high',
      message: ({ key, context, count, first, last, operations }: Stray) =>
        `EKS used ${key} ${toTimes(count)} (${Object.keys(operations).join(', ')}) ${toSpan(first, last)} under encryption context ${context}, which no grant on the key has. Either a cluster that nobody scans uses the key, or somebody replays a stolen data key.`,
      fix: ({ key, events }: Stray) =>
        `Look at the calls (${toLookUpCommand(key, events[0])}), and for clusters that use the key and are not scanned.`,
    },
  },
  pass: 'Each encryption context under which EKS used the key in the time that was read is one that a grant on the key has or had.',
  *evaluate({ read, peek, key }) {
    const { days } = read('key.use');
    const grants = read('key.grants');
    // What a part of the list does not have, the rest may: it is named as missing already.
    if (getGap(peek('key.grants'))) return;
    const granted = new Set(getGrantedContexts(grants));
    const calls = Map.groupBy(Object.values(days).flat().filter(isUseByEks), getCalledContext);
    const strays = [...calls].flatMap(([context, tallies]) =>
      context === undefined || granted.has(context) ? [] : [{ context, tallies, ...sumUses(tallies) }],
    );
    if (strays.length === 0) return;
    const changes = read('key.changes');
    const hasGap = getGap(peek('key.changes')) !== undefined;
    const made = new Map(
      changes.changes.flatMap((change) => (change.grant?.GrantId ? [[change.grant.GrantId, change]] : [])),
    );
    const had = new Set(
      [...made.values()].map(({ grant }) => grant && getEksContext({ GrantId: '', ...grant })),
    );
    const isUnbound = grants.some((grant) => isEksGrant(grant) && getEksContext(grant) === undefined);
    for (const { context, tallies, ...uses } of strays) {
      if (had.has(context)) continue;
      const ending = listEndings(changes.changes).find((change) => mayHaveEnded(change, uses.last, made));
      if (isUnbound)
        yield {
          unknown: 'unsupported',
          detail: `EKS used ${key.arn} under context ${context}, and holds a grant on it that is bound to none: whose context it is cannot be told`,
        };
      else if (ending)
        yield {
          unknown: 'incomplete-window',
          detail: `EKS used ${key.arn} under context ${context}, which no grant has now; whether the grant had it that ${toCallerWords(ending)} ended at ${toMoment(ending.time)} (event ${ending.id}) is not known`,
        };
      else if (hasGap || uses.last < changes.from) {
        yield {
          unknown: 'incomplete-window',
          detail: `EKS used ${key.arn} under context ${context}, which no grant has now; whether one had it then is not known`,
        };
      } else {
        const principals = [...new Set(tallies.map(({ principal }) => principal))].sort();
        yield {
          outcome: 'stray',
          subject: context,
          evidence: { key: key.arn, context, principals, ...uses },
        };
      }
    }
  },
});
