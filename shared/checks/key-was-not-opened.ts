/**
 * Claims that no version of the key policy that was put in the time that was read, and no grant that was made then and
 * is gone, let in strangers, outsiders or an unexpected grantee: each is judged as link 3 judges today's. Does not
 * claim anything of the policy that stood before the first of them, of which no event tells, nor of what ended before
 * the cluster was created, nor of what stands today (link 3): a statement that says the same today under the same Deny
 * statements. Nor does it claim anything of the IAM policies of that time.
 */
import { isControlPlane } from '../activity/control-plane.ts';
import { type Stood, toGoneGrants, toPolicyVersions } from '../activity/versions.ts';
import { isEksGrant } from '../evidence/eks-grant.ts';
import { mostNamed, type UseTally } from '../evidence/events.ts';
import { isKnown, toKnown } from '../evidence/fact.ts';
import type { Severity } from '../evidence/settings.ts';
import { toDaysBetween } from '../evidence/timestamp.ts';
import { readClusterContexts } from './activity/cluster-contexts.ts';
import { judgePolicy, type Opening, toOpening, withoutTodays } from './activity/openings.ts';
import { toUsedThen, toUsedWords, type UsedThen } from './activity/used-then.ts';
import { toCallerWords, toLookUpCommand, toMoment, toSourceWords } from './activity/words.ts';
import { defineCheck } from './check.ts';
import { keyGrantsAreExpected } from './key-grants-are-expected.ts';

interface Opened {
  key: string;
  event: string;
  /** The policy, or the grant by its id. */
  what: string;
  principal: string;
  kind: UseTally['kind'];
  source: string;
  from: string;
  /** Null where it is not known when it ended. */
  to: string | null;
  endedBy: { principal: string; event: string } | null;
  openings: Opening[];
  used: UsedThen;
  /** The time that was read; the policy that stood before `firstVersion` is not known. */
  coverage: { from: string; to: string; sources: string[]; firstVersion: string | null };
  first: string;
  last: string;
}

/** Link 3 has no lighter outcome of these than medium. */
const outcomeOf: Partial<Record<Severity, 'toAnyone' | 'toOutsiders' | 'toServices'>> = {
  critical: 'toAnyone',
  high: 'toOutsiders',
};
const toMessage = (opened: Opened): string => {
  const { what, from, to, openings, source, used, endedBy } = opened;
  const end = to === null ? 'until a time that is not known' : `until ${toMoment(to)}`;
  const ended = endedBy ? `, when ${endedBy.principal} changed it` : '';
  return `From ${toMoment(from)} ${end}${ended}, ${what}, set by ${toCallerWords(opened)}${toSourceWords([source])}, stood open: ${openings[0]?.message ?? ''} ${toUsedWords(used)}`;
};

const fix = ({ key, event, principal }: Opened): string =>
  `It is closed again. Ask ${principal} what it was for (${toLookUpCommand(key, event)}), and look at who used the key in that time: what was opened then stays open to whoever opened it.`;

export const keyWasNotOpened = defineCheck({
  id: 'key-was-not-opened',
  kind: 'event',
  link: 4,
  scope: 'family',
  subject: 'version',
  facts: ['key.changes', 'key.use', 'key.policy', 'key.aliases', 'key.grants', 'cluster', 'organization'],
  title: 'The key was not open to others for a while',
  rationale:
    'A policy that is opened, used and put back between two scans leaves no trace in what is read today. CloudTrail keeps each version of it and each grant, so each is judged as today’s are.',
  remediation: {
    text: 'Ask who changed the policy or made the grant what it was for, and look at who used the key in that time. Nothing is left to close; take the right to change the key from whoever should not have it (key-destroyers-are-expected names them).',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/ct-put-key-policy.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html',
  ],
  frameworks: { 'NIST 800-53': ['AU-6', 'AU-12', 'AC-6', 'CM-3', 'SC-12'], 'PCI DSS 4': ['3.7', '10.2'] },
  outcomes: {
    toAnyone: { severity: 'critical', message: toMessage, fix },
    toOutsiders: { severity: 'high', message: toMessage, fix },
    toServices: { severity: 'medium', message: toMessage, fix },
  },
  pass: 'No version of the key policy that was put in the time that was read, and no grant that was made in it and is gone, let in strangers, outsiders or an unexpected grantee while the cluster was there. What stood before the first of them is not known.',
  *evaluate({ read, peek, key, cluster, judgeWith }) {
    const { changes, ...window } = read('key.changes');
    const use = peek('key.use');
    const { own, others } = readClusterContexts({ peek, key, cluster });
    const isOfEks = (tally: UseTally) => isControlPlane(tally, [...own, ...others]);
    const versions = toPolicyVersions(changes);
    const coverage = { ...window, firstVersion: versions[0]?.from ?? null };
    const toFailure = (stood: Stood, what: string, openings: Opening[]) => {
      const [worst] = openings;
      const { put, from, to, ended } = stood;
      const evidence: Opened = {
        key: key.arn,
        event: put.id,
        what,
        principal: put.principal,
        kind: put.kind,
        source: put.source,
        from,
        to,
        endedBy: ended && { principal: ended.principal, event: ended.id },
        openings: openings.slice(0, mostNamed),
        used: toUsedThen(use, stood, isOfEks),
        coverage,
        first: from,
        last: to ?? from,
      };
      return {
        outcome: (worst && outcomeOf[worst.severity]) ?? 'toServices',
        subject: put.id,
        evidence,
      } as const;
    };

    const policy = peek('key.policy');
    const described = peek('cluster');
    const createdAt = isKnown(described) ? described.value.createdAt : undefined;
    // A pipeline may open a key and narrow it again before there is a cluster, and so nothing to open.
    const hasMetCluster = ({ to }: Stood) =>
      to === null || createdAt === undefined || toDaysBetween(createdAt, to) >= 0;
    for (const version of versions.filter(hasMetCluster)) {
      const { put, policy: text, to } = version;
      // The last one is today's, unless that says otherwise: where it is not known, it is read below.
      if (to === null && (text === undefined || !isKnown(policy))) continue;
      const named = `the policy that ${put.principal} put at ${put.time} (event ${put.id})`;
      if (text === undefined) {
        yield { unknown: 'failed', detail: `${named} is not in its event` };
        continue;
      }
      const gone = isKnown(policy) ? withoutTodays(text, policy.value) : text;
      if (gone === undefined) continue;
      const { openings, unknowns } = judgePolicy(gone, judgeWith);
      if (openings.length > 0) yield toFailure(version, `the policy of ${key.arn}`, openings);
      for (const { reason, message } of unknowns) yield { unknown: reason, detail: `${named}: ${message}` };
    }

    read('key.policy');
    const grants = read('key.grants');
    const listing = peek('key.grants');
    // What is not in a part of the list may be in the rest, and stand.
    if (!isKnown(listing) || listing.missing.length > 0) return;
    const gone = toGoneGrants(changes, grants);
    const minded = gone.filter(hasMetCluster);
    if (minded.length === 0) return;
    // EKS's tell whose context is whose, whenever they ended.
    const ofEks = [...grants, ...gone.map(({ grant }) => grant)].filter(isEksGrant);
    const judged = [...ofEks, ...minded.map(({ grant }) => grant)];
    for (const verdict of judgeWith(keyGrantsAreExpected, { 'key.grants': toKnown(judged) })) {
      if (verdict.status === 'unknown') yield { unknown: verdict.reason, detail: verdict.message };
      const stood = minded.find(({ grant }) => grant.GrantId === verdict.subject);
      if (verdict.status === 'fail' && stood)
        yield toFailure(stood, `grant ${stood.grant.GrantId} on ${key.arn}`, [
          toOpening(keyGrantsAreExpected, verdict),
        ]);
    }
  },
});
