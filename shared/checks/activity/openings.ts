/** What link 3 says of a policy, or a grant, that is not today's. */
import { z } from 'zod';
import { isSamePolicy } from '../../activity/versions.ts';
import { toKnown } from '../../evidence/fact.ts';
import { type Severity, severities } from '../../evidence/settings.ts';
import type { Policy, Statement } from '../../policy/policy.ts';
import { parsePolicy } from '../../policy/policy-document.ts';
import { toCanonicalText } from '../../policy/statement-id.ts';
import type { Check, Subject, Verdict } from '../check.ts';
import { keyPolicyHasNoPublicStatement } from '../key-policy-has-no-public-statement.ts';
import { keyPolicyTrustsOnlyTheOrganization } from '../key-policy-trusts-only-the-organization.ts';

/** A failure of a check of link 3. */
export interface Opening {
  check: string;
  severity: Severity;
  subject: string | null;
  message: string;
  evidence: Verdict['evidence'];
}

export interface PolicyVerdict {
  /** The worst first. */
  openings: Opening[];
  unknowns: Extract<Verdict, { status: 'unknown' }>[];
}

const policyChecks = [keyPolicyHasNoPublicStatement, keyPolicyTrustsOnlyTheOrganization];

export const toOpening = (
  { id }: Pick<Check, 'id'>,
  { severity, subject, message, evidence }: Extract<Verdict, { status: 'fail' }>,
): Opening => ({ check: id, severity, subject, message, evidence });

/** Takes a policy, and how to ask a check about it; gives what link 3 would say if it stood. */
export const judgePolicy = (
  policy: string,
  judgeWith: (check: Check, facts: Subject['facts']) => Verdict[],
): PolicyVerdict => {
  const said = policyChecks.flatMap((check) =>
    judgeWith(check, { 'key.policy': toKnown(policy) }).map((verdict) => ({ check, verdict })),
  );
  const openings = said.flatMap(({ check, verdict }) =>
    verdict.status === 'fail' ? [toOpening(check, verdict)] : [],
  );
  return {
    openings: openings.sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity)),
    unknowns: said.flatMap(({ verdict }) => (verdict.status === 'unknown' ? [verdict] : [])),
  };
};

const document = z.looseObject({
  Statement: z.union([z.array(z.unknown()), z.unknown().transform((statement) => [statement])]),
});

/** Where a policy is not understood, none of its statements is known to stand: the checks say why. */
const tryParse = (text: string): Policy | undefined => {
  try {
    return parsePolicy(text);
  } catch {
    return undefined;
  }
};

/** All that a statement says but its Sid, which is its author's to choose; the order of its lists says nothing. */
const toSaid = ({ index: _, sid: __, conditions, ...elements }: Statement): string =>
  toCanonicalText({
    ...elements,
    conditions: conditions.map(({ originalKey: ___, ...condition }) => condition),
  });

/** What holds every Allow statement back, and how its variables are read. */
const toLimits = ({ version, statements }: Policy): string => {
  const denies = statements.filter(({ effect }) => effect === 'Deny').map(toSaid);
  return toCanonicalText([version, [...new Set(denies)]]);
};

/**
 * Takes the text of a version and of today's policy; gives the version without the Allow statements that say the same
 * today under the same Deny statements, of which link 3 tells. Undefined where nothing is left to judge. A statement
 * that was wider, or less held back, counts as another, also where today's is open or unknown itself.
 */
export const withoutTodays = (text: string, todaysText: string): string | undefined => {
  if (isSamePolicy(text, todaysText)) return undefined;
  const [policy, today] = [tryParse(text), tryParse(todaysText)];
  if (!policy || !today || toLimits(policy) !== toLimits(today)) return text;
  const standing = new Set(today.statements.map(toSaid));
  const gone = policy.statements.filter((statement) => !standing.has(toSaid(statement)));
  if (gone.length === 0) return undefined;
  const kept = new Set(
    [...gone, ...policy.statements.filter(({ effect }) => effect === 'Deny')].map(({ index }) => index),
  );
  const whole = document.parse(JSON.parse(text));
  return JSON.stringify({ ...whole, Statement: whole.Statement.filter((_, index) => kept.has(index)) });
};
