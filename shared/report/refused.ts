/** Who a run asked as, and each permission that it was refused: what ends a scan that saw less than it was meant to. */
import type { Check } from '../checks/check.ts';
import { parseArn } from '../evidence/arn.ts';
import type { Finding } from '../findings/finding.ts';
import { labelWidth, type Paint, toBlock } from './block.ts';
import { factsOfPermissions, ofWorkloads } from './facts-of-permissions.ts';
import { toCount } from './result.ts';

/** One thing that was asked for in vain. */
export interface Refusal {
  /** `kms:ListGrants`, or of a Kubernetes API `list secrets`. */
  permission: string;
  reason: 'access-denied' | 'denied-by-organization';
  place: { account: string; region: string } | { cluster: string; account?: string; region?: string };
  /** The key or cluster that it was about. */
  subject?: string;
}

export interface Asked {
  /** The caller's ARN, where AWS was asked. */
  caller?: string;
  /** The role that other accounts were asked as, and how many those are. */
  role?: { name: string; accounts: number };
  refusals: readonly Refusal[];
}

/** AWS lets the management account and delegated administrators alone: refused by design, where no check needs it. */
const isByDesign = (permission: string): boolean => permission.startsWith('organizations:');

const mostChecks = 6;

interface About {
  findings: AsyncIterable<Finding> | Iterable<Finding>;
  rules: readonly Pick<Check, 'id' | 'facts'>[];
}

/**
 * Takes who asked, what was refused, and the findings with their checks, where there are any; gives lines for people,
 * none where nothing was refused. What an organisation's policy forbids is told as that.
 */
export async function* toRefusedLines(
  { caller, role, refusals }: Asked,
  { findings, rules }: About,
  width: number,
  paint: Paint,
): AsyncIterable<string> {
  if (refusals.length === 0) return;
  const toChecks = toCostOf(refusals, await gatherUnseen(findings), rules);
  const told = Map.groupBy(refusals, ({ permission, reason }) => `${reason} ${permission}`);
  const lines: string[] = [];
  for (const [, alike] of [...told].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [first] = alike;
    if (!first) continue;
    const { permission, reason } = first;
    const checks = toChecks(alike);
    if (checks.length === 0 && isByDesign(permission)) continue;
    const [label, why] =
      reason === 'access-denied' ? ['refused', ''] : ['forbidden', ', by a policy of the organisation'];
    const text = `${permission}: ${toPlaces(alike)}${why}`;
    lines.push(...toBlock(paint('magenta', label), text, width, labelWidth));
    if (checks.length === 0) continue;
    const rest = checks.length > mostChecks ? ` and ${checks.length - mostChecks} more` : '';
    const cost = `unknown for it: ${checks.slice(0, mostChecks).join(', ')}${rest}`;
    lines.push(...toBlock('', cost, width, labelWidth, (line) => paint('dim', line)));
  }
  if (lines.length === 0) return;
  yield '\n';
  yield* toBlock('', toRanAs(caller, role), width, 0);
  yield* lines;
  const isOfCluster = refusals.some(({ place }) => 'cluster' in place);
  const pages = [
    caller === undefined ? [] : 'docs/permissions.md',
    isOfCluster ? 'docs/kubernetes.md' : [],
  ].flat();
  yield* toBlock('', `What each is for: ${pages.join(', ')}`, width, 0, (line) => paint('dim', line));
}

const gatherUnseen = async (findings: About['findings']): Promise<Finding[]> => {
  const unseen: Finding[] = [];
  for await (const finding of findings)
    if (finding.reason === 'access-denied' || finding.reason === 'denied-by-organization')
      unseen.push(finding);
  return unseen;
};

/** Gives a function that tells which checks are unknown for refusals of one permission, by what they read. */
const toCostOf = (refusals: readonly Refusal[], unseen: readonly Finding[], rules: About['rules']) => {
  const factsOfChecks = new Map(rules.map(({ id, facts }) => [id, facts]));
  const isDescribing = ({ permission }: Refusal) => permission === 'eks:DescribeCluster';
  const undescribed = refusals.filter(isDescribing);
  return (alike: readonly Refusal[]): string[] => {
    const permission = alike[0]?.permission ?? '';
    const facts = factsOfPermissions[permission] ?? (permission.includes(':') ? [] : ofWorkloads);
    const isFor = (finding: Finding) =>
      alike.some((refusal) => refusal.reason === finding.reason && isOf(finding, refusal));
    if (alike.some(isDescribing)) return toIds(unseen.filter(isFor));
    // Of a cluster that was not described nothing else was asked.
    return toIds(
      unseen
        .filter((finding) => !undescribed.some((refusal) => isOf(finding, refusal)))
        .filter((finding) => isFor(finding))
        .filter(({ check }) => facts.some((fact) => factsOfChecks.get(check)?.includes(fact))),
    );
  };
};

const toIds = (findings: readonly Finding[]): string[] =>
  [...new Set(findings.map(({ check }) => check))].sort();

const toRanAs = (caller: string | undefined, role: Asked['role']): string => {
  if (caller === undefined) return 'Ran as the user of the kubeconfig’s context.';
  return `Ran as ${caller}${role ? `, and as ${role.name} in ${toCount(role.accounts, 'other account')}` : ''}.`;
};

/** Whether an unknown may come of a refusal: it is of the cluster, or the key, or of the place that was asked. */
const isOf = (
  { account, region, cluster, resource }: Finding,
  { permission, place, subject }: Refusal,
): boolean => {
  if ('cluster' in place)
    return (
      cluster === place.cluster && account === (place.account ?? null) && region === (place.region ?? null)
    );
  if (isOfEverywhere(permission)) return true;
  if (subject !== undefined && permission.startsWith('eks:'))
    return cluster === subject && account === place.account && region === place.region;
  const key = parseArn(resource)?.service === 'kms' ? resource : undefined;
  if (subject !== undefined && permission.startsWith('kms:') && key !== undefined) return key === subject;
  // A key is asked about as another account where its own can't be entered.
  const home = parseArn(subject ?? '')?.account ?? place.account;
  return account === place.account || account === home || parseArn(resource)?.account === home;
};

/** What is asked once, by the caller, for all accounts. */
const isOfEverywhere = (permission: string): boolean => /^(organizations:|s3:|kms:Decrypt$)/.test(permission);
const hasRegions = (permission: string): boolean => !/^(organizations|iam|account):/.test(permission);

const mostPlaces = 5;

/** `2 keys in 111122223333 eu-central-1, 1 key in 444455556666 eu-west-1` */
const toPlaces = (alike: readonly Refusal[]): string => {
  const byPlace = Map.groupBy(alike, ({ permission, place }) => {
    if ('cluster' in place)
      return `in ${place.cluster}${place.account ? ` (${place.account}, ${place.region})` : ''}`;
    return `in ${place.account}${hasRegions(permission) ? ` ${place.region}` : ''}`;
  });
  const told = [...byPlace]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([place, those]) => `${toSubjects(those)}${place}`);
  const more = told.length - mostPlaces;
  return more > 0
    ? `${told.slice(0, mostPlaces).join(', ')} and ${toCount(more, 'more place')}`
    : told.join(', ');
};

const toSubjects = (alike: readonly Refusal[]): string => {
  const subjects = new Set(alike.flatMap(({ subject }) => subject ?? []));
  if (subjects.size === 0) return '';
  return `${toCount(subjects.size, alike[0]?.permission.startsWith('kms:') ? 'key' : 'cluster')} `;
};
