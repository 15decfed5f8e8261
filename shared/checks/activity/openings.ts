/** What link 3 says of a policy, or a grant, that is not today's. */
import { toKnown } from '../../evidence/fact.ts';
import { type Severity, severities } from '../../evidence/settings.ts';
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

/** What is open, to whom, whoever the witness is that shows it: a Sid alone is its author's to choose. */
const toKind = ({ check, severity, subject, evidence }: Opening): string =>
  JSON.stringify([check, severity, subject, evidence.admitted ?? null]);

/** Takes what is said of a version and of today's policy; gives what is said of the version alone. */
export const withoutTodays = (version: PolicyVerdict, today: PolicyVerdict): PolicyVerdict => {
  const open = new Set(today.openings.map(toKind));
  const unknown = new Set(today.unknowns.map(({ message }) => message));
  return {
    openings: version.openings.filter((opening) => !open.has(toKind(opening))),
    unknowns: version.unknowns.filter(({ message }) => !unknown.has(message)),
  };
};
