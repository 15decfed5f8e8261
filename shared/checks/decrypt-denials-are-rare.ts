/**
 * Claims that on no UTC day one principal was denied the opening of something with the key more often than allowed.
 * Does not claim anything of attempts that KMS logs elsewhere: of a denied caller of another account only that
 * account's trail tells. Nor of wrong ciphertext or a disabled key, which deny nobody.
 */
import { isCalledByEks } from '../activity/control-plane.ts';
import { isService } from '../activity/services.ts';
import { sumUses, toCount, type Uses } from '../activity/sum-uses.ts';
import type { UseTally } from '../evidence/events.ts';
import { isExpectedPrincipal } from '../evidence/expected-principal.ts';
import { toCallerWords, toLookUpCommand, toSourceWords } from './activity/words.ts';
import { defineCheck } from './check.ts';

interface Denied extends Uses {
  key: string;
  principal: string;
  kind: UseTally['kind'];
  /** The UTC day with the most denials. */
  day: string;
  onThatDay: number;
  /** How many days were above what is allowed. */
  days: number;
  allowed: number;
}

/** The codes that CloudTrail has for calls without permission: https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html */
const isDenied = ({ operation, outcome }: UseTally): boolean =>
  (operation === 'Decrypt' || operation === 'ReEncryptFrom') && /^AccessDenied/.test(outcome);

export const decryptDenialsAreRare = defineCheck({
  id: 'decrypt-denials-are-rare',
  kind: 'event',
  link: 4,
  scope: 'family',
  subject: 'principal',
  facts: ['key.use'],
  title: 'Nobody is denied the use of the key again and again',
  rationale:
    'Many denied Decrypt calls by one principal are somebody trying the door, or a broken workload that hides one. KMS logs a denied call from another account in that account alone, so this sees callers of the key’s own account.',
  remediation: {
    text: 'Find out what the principal runs and why it calls (CloudTrail, by the event ids of the evidence). A workload that needs another key is set up wrong; if nobody knows the calls, end the principal’s sessions.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html',
    'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html',
  ],
  frameworks: { 'NIST 800-53': ['AU-6', 'AC-6', 'SI-4'], 'PCI DSS 4': ['10.4'] },
  outcomes: {
    many: {
      severity: 'medium',
      message: (denied: Denied) =>
        `${toCallerWords(denied)} was denied ${Object.keys(denied.operations).join(' and ')} on ${denied.key} ${denied.onThatDay} times on ${denied.day} (more than ${denied.allowed} a day on ${denied.days} ${denied.days === 1 ? 'day' : 'days'})${denied.through.length > 0 ? `, through ${denied.through.join(', ')}` : ''}${toSourceWords(denied.sources)}.`,
      fix: ({ key, principal, events }: Denied) =>
        `Find out what ${principal} runs and why it calls: ${toLookUpCommand(key, events[0])}`,
    },
  },
  pass: 'By what the key’s own account logs, no principal was denied the opening of something with the key more often than allowed on any day that was read.',
  *evaluate({ read, key, cluster }, settings) {
    const allowed = settings.thresholds.deniedDecrypts;
    const { days } = read('key.use');
    const denials = Object.entries(days).flatMap(([day, tallies]) =>
      tallies
        .filter(
          (tally) =>
            isDenied(tally) &&
            !isCalledByEks(tally) &&
            !isService(tally) &&
            !isExpectedPrincipal(tally.principal, cluster.name, settings.expected.decrypters),
        )
        .map((tally) => ({ day, tally })),
    );
    for (const [principal, those] of Map.groupBy(denials, ({ tally }) => tally.principal)) {
      const tallies = those.map(({ tally }) => tally);
      const above = [...Map.groupBy(those, ({ day }) => day)]
        .map(([day, ofDay]) => ({ day, count: toCount(ofDay.map(({ tally }) => tally)) }))
        .filter(({ count }) => count > allowed)
        .sort((a, b) => b.count - a.count || (a.day < b.day ? -1 : 1));
      const [worst] = above;
      if (!worst) continue;
      const told = { day: worst.day, onThatDay: worst.count, days: above.length, allowed };
      const { kind = 'other' } = tallies[0] ?? {};
      const evidence = { key: key.arn, principal, kind, ...told, ...sumUses(tallies) };
      yield { outcome: 'many', subject: principal, evidence };
    }
  },
});
