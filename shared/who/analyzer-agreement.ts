/** IAM Access Analyzer's findings about a key beside Keyward's own answer. */
import type { AnalyzerFinding } from '../evidence/access-analyzer.ts';
import { getGap, isKnown } from '../evidence/fact.ts';
import { powerActions } from '../policy/powers.ts';
import { toAccountId } from '../policy/principal.ts';
import { type KeySubject, peekAt } from './access.ts';
import type { AnalyzerAgreement, Gap, WhoMay, WhoPrincipal } from './document.ts';

type Answer = Pick<WhoPrincipal, 'principal' | 'kind' | 'decrypt' | 'administer' | 'destroy'>;

const powers = ['decrypt', 'administer', 'destroy'] as const;

/**
 * Says for each finding whether Keyward lets the same principal in, for each power that the finding's actions give.
 * Takes Keyward's answer for all principals; whoever is not among them may nothing.
 */
export const toAnalyzerAgreement = (
  findings: readonly AnalyzerFinding[],
  answers: readonly Answer[],
): AnalyzerAgreement[] => findings.map((finding) => compare(finding, answers));

const compare = (finding: AnalyzerFinding, answers: readonly Answer[]): AnalyzerAgreement => {
  const principal = Object.values(finding.principal).join(', ') || (finding.isPublic ? '*' : 'nobody named');
  const say = (agreement: AnalyzerAgreement['agreement'], why: string): AnalyzerAgreement => ({
    finding: finding.id,
    principal,
    agreement,
    why,
  });
  if (finding.error !== undefined)
    return say('not-compared', `Access Analyzer could not tell: ${finding.error}`);
  const asked = powers.filter((power) => finding.action.some((action) => isOf(power, action)));
  if (asked.length === 0)
    return say('not-compared', `${finding.action.join(', ')} lets nobody decrypt, administer or destroy`);
  const covering = answers.filter((answer) => covers(answer, finding));
  const closed = asked.filter((power) => covering.every((answer) => answer[power] === 'no'));
  if (closed.length > 0)
    return say('differs', `Keyward finds no way to ${closed.join(' or ')}${toReason(finding)}`);
  const via = covering.filter((answer) => asked.some((power) => answer[power] !== 'no'));
  const names = [...new Set(via.map((answer) => answer.principal))].join(', ');
  return say('agrees', `both let ${names} ${asked.join(' and ')}`);
};

const isOf = (power: (typeof powers)[number], action: string): boolean => {
  const name = action.toLowerCase();
  return name === 'kms:*' || powerActions[power].some((one) => one.toLowerCase() === name);
};

/** Whether an answer takes the finding's principal in: by its name, by its account, or as whoever there is. */
const covers = ({ principal, kind }: Answer, finding: AnalyzerFinding): boolean => {
  if (kind === 'public') return true;
  // An organisation's members are told as `*` as well, and Access Analyzer tells them by the condition.
  if (kind === 'organization')
    return finding.isPublic || Object.keys(finding.condition).some((key) => /^aws:PrincipalOrg/i.test(key));
  if (finding.isPublic) return false;
  return Object.entries(finding.principal).some(([type, named]) => {
    const account = type === 'AWS' ? toAccountOf(named) : undefined;
    return named === principal || (account !== undefined && account === toAccountId(principal));
  });
};

const toAccountOf = (named: string): string | undefined =>
  toAccountId(named) ?? /^arn:[^:]+:(?:iam|sts)::(\d{12}):/.exec(named)?.[1];

/** https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_FindingSummary.html */
const toReason = ({ resourceControlPolicyRestriction, analyzedAt }: AnalyzerFinding): string => {
  if (resourceControlPolicyRestriction === 'APPLICABLE')
    return '; a resource control policy that Access Analyzer did not evaluate may forbid it';
  return analyzedAt === undefined ? '' : `; Access Analyzer looked at ${analyzedAt}`;
};

/**
 * What Access Analyzer says of a key's family beside Keyward's answer: no agreement at all where it is nowhere on,
 * and what could not be asked.
 */
export const toAnalyzed = (
  family: readonly KeySubject[],
  may: WhoMay,
): { agreements: AnalyzerAgreement[] | undefined; missing: Gap[] } => {
  const answers = 'unknown' in may ? [] : may.principals;
  const facts = family.map((subject) => ({ key: subject.key, fact: peekAt(subject)('key.accessAnalyzer') }));
  const known = facts.flatMap(({ fact }) =>
    isKnown(fact) && fact.value.analyzers.length > 0 ? fact.value : [],
  );
  return {
    agreements:
      known.length > 0 ? known.flatMap(({ findings }) => toAnalyzerAgreement(findings, answers)) : undefined,
    missing: facts.flatMap(({ key, fact }) => {
      const gap = getGap(fact);
      return gap
        ? [
            {
              what: `findings of Access Analyzer about ${key.arn}`,
              account: key.account,
              reason: `${gap.unknown}: ${gap.detail}`,
            },
          ]
        : [];
    }),
  };
};
