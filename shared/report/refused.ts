/** Who a run asked as, and each permission that it was refused: what ends a scan that saw less than it was meant to. */
import type { Check, FactName } from '../checks/check.ts';
import { parseArn } from '../evidence/arn.ts';
import type { Finding } from '../findings/finding.ts';
import { type Paint, toBlock } from './block.ts';
import { toCount } from './result.ts';

/** One thing that was asked for in vain. */
export interface Refusal {
  /** `kms:ListGrants`, or of a Kubernetes API `list secrets`. */
  permission: string;
  reason: 'access-denied' | 'denied-by-organization';
  place: { account: string; region: string } | { cluster: string };
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

const ofTree: readonly FactName[] = ['serviceControl.cluster', 'serviceControl.key', 'resourceControl.key'];

/** What each call tells. docs/permissions.md says it in words, of every permission. */
export const factsOfPermissions: Readonly<Record<string, readonly FactName[]>> = {
  'access-analyzer:ListAnalyzers': ['key.accessAnalyzer'],
  'access-analyzer:ListFindings': ['key.accessAnalyzer'],
  // Without them nothing is listed, so there is nothing to judge: the target fails.
  'account:ListRegions': [],
  'eks:ListClusters': [],
  'backup:DescribeBackupVault': ['cluster.backups'],
  'backup:GetBackupVaultAccessPolicy': ['cluster.backups'],
  'backup:ListCopyJobs': ['cluster.backups'],
  'backup:ListRecoveryPointsByResource': ['cluster.backups'],
  'cloudtrail:DescribeTrails': ['key.trails'],
  'cloudtrail:GetEventSelectors': ['key.trails'],
  'cloudtrail:GetTrailStatus': ['key.trails'],
  'cloudtrail:LookupEvents': ['key.use', 'key.changes'],
  'eks:DescribeAccessEntry': ['cluster.accessEntries'],
  'eks:DescribeCluster': ['cluster'],
  'eks:DescribePodIdentityAssociation': ['cluster.podIdentityAssociations'],
  'eks:ListAccessEntries': ['cluster.accessEntries'],
  'eks:ListAssociatedAccessPolicies': ['cluster.accessEntries'],
  'eks:ListPodIdentityAssociations': ['cluster.podIdentityAssociations'],
  'iam:GetAccountAuthorizationDetails': ['iam.cluster', 'iam.key'],
  'kms:DescribeKey': ['key.metadata'],
  'kms:GetKeyLastUsage': ['key.lastUsage'],
  'kms:GetKeyPolicy': ['key.policy'],
  'kms:GetKeyRotationStatus': ['key.rotation'],
  'kms:ListAliases': ['key.aliases'],
  'kms:ListGrants': ['key.grants'],
  'kms:ListKeyRotations': ['key.rotations'],
  'logs:DescribeLogGroups': ['secret.reads'],
  'logs:GetQueryResults': ['secret.reads'],
  'logs:StartQuery': ['secret.reads'],
  'organizations:DescribeOrganization': ['organization'],
  'organizations:DescribePolicy': ofTree,
  'organizations:ListAccounts': ['organization'],
  'organizations:ListAccountsForParent': ofTree,
  'organizations:ListOrganizationalUnitsForParent': ofTree,
  'organizations:ListParents': ofTree,
  'organizations:ListPolicies': ofTree,
  'organizations:ListPoliciesForTarget': ofTree,
  'organizations:ListRoots': ofTree,
  'organizations:ListTargetsForPolicy': ofTree,
  's3:GetEncryptionConfiguration': ['kubernetes.backupLocations'],
  's3:GetObject': ['key.use', 'secret.reads'],
  's3:ListBucket': ['key.use', 'secret.reads'],
  'list secrets': ['kubernetes.secrets'],
  'list serviceaccounts': ['kubernetes.serviceAccounts'],
  'list ingresses.networking.k8s.io': ['kubernetes.ingresses'],
  'list roles.rbac.authorization.k8s.io': ['kubernetes.roles'],
  'list clusterroles.rbac.authorization.k8s.io': ['kubernetes.roles'],
  'list rolebindings.rbac.authorization.k8s.io': ['kubernetes.roleBindings'],
  'list clusterrolebindings.rbac.authorization.k8s.io': ['kubernetes.roleBindings'],
  'get configmaps': ['kubernetes.awsAuth'],
  'list backupstoragelocations.velero.io': ['kubernetes.backupLocations'],
};
/** Pods, and what makes them: of more kinds than are worth a line each. */
const ofWorkloads: readonly FactName[] = ['kubernetes.workloads'];

/** AWS lets the management account and delegated administrators alone: refused by design, where no check needs it. */
const isByDesign = (permission: string): boolean => permission.startsWith('organizations:');

const mostChecks = 6;

/**
 * Takes who asked, what was refused, and the findings with their checks, where there are any; gives lines for people,
 * none where nothing was refused. What an organisation's policy forbids is told as that.
 */
export async function* toRefusedLines(
  { caller, role, refusals }: Asked,
  {
    findings,
    rules,
  }: { findings: AsyncIterable<Finding> | Iterable<Finding>; rules: readonly Pick<Check, 'id' | 'facts'>[] },
  width: number,
  paint: Paint,
): AsyncIterable<string> {
  if (refusals.length === 0) return;
  const unknown: Finding[] = [];
  for await (const finding of findings)
    if (
      finding.status === 'unknown' &&
      (finding.reason === 'access-denied' || finding.reason === 'denied-by-organization')
    )
      unknown.push(finding);
  const factsOfChecks = new Map(rules.map(({ id, facts }) => [id, facts]));
  const told = Map.groupBy(refusals, ({ permission, reason }) => `${reason} ${permission}`);
  const lines: string[] = [];
  for (const [, alike] of [...told].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [first] = alike;
    if (!first) continue;
    const { permission, reason } = first;
    const facts = factsOfPermissions[permission] ?? ofWorkloads;
    const checks = new Set(
      unknown
        .filter((finding) => finding.reason === reason && alike.some((refusal) => isOf(finding, refusal)))
        .filter(({ check }) =>
          facts.some((fact) => fact === 'cluster' || factsOfChecks.get(check)?.includes(fact)),
        )
        .map(({ check }) => check),
    );
    if (checks.size === 0 && isByDesign(permission)) continue;
    const label = reason === 'access-denied' ? paint('magenta', 'refused') : paint('magenta', 'forbidden');
    const why = reason === 'access-denied' ? '' : ', by a policy of the organisation';
    lines.push(...toBlock(label, `${permission}: ${toPlaces(alike)}${why}`, width, indent));
    const named = [...checks].sort();
    const rest = named.length > mostChecks ? ` and ${named.length - mostChecks} more` : '';
    if (named.length > 0)
      lines.push(
        ...toBlock(
          '',
          `unknown for it: ${named.slice(0, mostChecks).join(', ')}${rest}`,
          width,
          indent,
          (line) => paint('dim', line),
        ),
      );
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

const indent = 12;

const toRanAs = (caller: string | undefined, role: Asked['role']): string => {
  if (caller === undefined) return 'Ran as the user of the kubeconfig’s context.';
  return `Ran as ${caller}${role ? `, and as ${role.name} in ${toCount(role.accounts, 'other account')}` : ''}.`;
};

/** Whether an unknown may come of a refusal: it is of a cluster, or a key, of the place that was asked. */
const isOf = ({ account, cluster, resource }: Finding, { permission, place, subject }: Refusal): boolean => {
  if ('cluster' in place) return cluster === place.cluster;
  if (isOfEverywhere(permission)) return true;
  // A key is asked about as another account where its own can't be entered.
  const home = parseArn(subject ?? '')?.account ?? place.account;
  return account === place.account || account === home || parseArn(resource)?.account === home;
};

/** What is asked once, by the caller, for all accounts. */
const isOfEverywhere = (permission: string): boolean => /^(organizations|s3):/.test(permission);
const hasRegions = (permission: string): boolean => !/^(organizations|iam|account):/.test(permission);

const mostPlaces = 5;

/** `2 keys in 111122223333 eu-central-1, 1 key in 444455556666 eu-west-1` */
const toPlaces = (alike: readonly Refusal[]): string => {
  const byPlace = Map.groupBy(alike, ({ permission, place }) => {
    if ('cluster' in place) return `in ${place.cluster}`;
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
