/** The rows of the file as clusters with their findings, and what each link of a cluster's chain comes to. */
import type { AccessData, CheckRow, LoudDetail, Outcome, PageData, QuietRow, Text } from '../page-data.ts';

export interface Finding {
  cluster: Cluster;
  check: CheckRow;
  status: QuietRow[2];
  message: Text;
  /** Of failures and unknowns alone. */
  detail: LoudDetail | undefined;
}

export type LinkState = 'broken' | 'unknown' | 'excepted' | 'sound' | 'not applicable' | 'not asked';

/** What so many findings at a link of a cluster come to. */
export interface Tally {
  link: number | null;
  outcome: Outcome;
  count: number;
  /** Whether these findings are told nowhere else. */
  isAlone: boolean;
}

export const severities = ['critical', 'high', 'medium', 'low', 'info'] as const;
type Severity = (typeof severities)[number];

export interface Cluster {
  account: string | null;
  region: string | null;
  name: string | null;
  /** By which a link leads to it: the same in every report. */
  key: string;
  findings: Finding[];
  /** Of all its findings, those included that are counted alone. */
  tallies: Tally[];
  /** The severity of its worst open failure. */
  worst: Severity | undefined;
  access: AccessData | undefined;
}

/** The chain in the order in which it protects a Secret, by the number that checks give its links. */
export const chain = [
  { link: 5, name: 'Secrets and how pods consume them' },
  { link: 1, name: 'API data in etcd' },
  { link: 2, name: 'The key' },
  { link: 3, name: 'Who may use the key' },
  { link: 4, name: 'Who did use the key' },
  { link: 6, name: 'Who read Secrets' },
] as const;

export interface Model {
  text: (place: Text) => string;
  /** The worst first. */
  clusters: Cluster[];
  findings: Finding[];
  isAccessCut: boolean;
}

/** Takes what the file holds; gives its clusters. */
export const toModel = (data: PageData): Model => {
  const text = (place: Text): string => data.texts[place] ?? '';
  const maybe = (place: Text | null): string | null => (place === null ? null : text(place));
  const all = data.clusters.map(([account, region, name]): Cluster => {
    const parts = [maybe(account), maybe(region), maybe(name)];
    return {
      account: parts[0] ?? null,
      region: parts[1] ?? null,
      name: parts[2] ?? null,
      key: `cluster=${parts.map((part) => encodeURIComponent(part ?? '')).join('/')}`,
      findings: [],
      tallies: [],
      worst: undefined,
      access: undefined,
    };
  });
  const findings = data.findings.flatMap(
    ([clusterNumber, checkNumber, status, message, detail]): Finding[] => {
      const cluster = all[clusterNumber];
      const check = data.checks[checkNumber];
      if (!cluster || !check) return [];
      const finding: Finding = { cluster, check, status, message, detail };
      cluster.findings.push(finding);
      cluster.tallies.push({ link: check.link, outcome: toOutcome(finding), count: 1, isAlone: false });
      return [finding];
    },
  );
  for (const [cluster, link, outcome, count] of data.counts)
    all[cluster]?.tallies.push({ link, outcome, count, isAlone: true });
  for (const access of data.access) {
    const cluster = all[access.cluster];
    if (cluster) cluster.access = access;
  }
  for (const cluster of all)
    cluster.worst = severities.find((severity) => countOutcome(cluster.tallies, severity) > 0);
  return { text, clusters: all.sort(byWorst), findings, isAccessCut: data.isAccessCut };
};

export const isOpen = ({ status, detail }: Finding): boolean =>
  status === 'fail' && detail?.exception === null;

const toOutcome = (finding: Finding): Outcome => {
  if (finding.status !== 'fail') return finding.status;
  return isOpen(finding) && finding.detail ? finding.detail.severity : 'excepted';
};

export const talliesOf = ({ tallies }: Cluster, wanted: number | null): Tally[] =>
  tallies.filter(({ link }) => link === wanted);

/** How many findings came to one of these. */
export const countOutcome = (tallies: readonly Tally[], ...wanted: Outcome[]): number =>
  tallies.reduce((sum, { outcome, count }) => sum + (wanted.includes(outcome) ? count : 0), 0);

export const countOpen = ({ tallies }: Cluster): number => countOutcome(tallies, ...severities);
export const countUnknown = ({ tallies }: Cluster): number => countOutcome(tallies, 'unknown');
/** Of its failures and unknowns, those that are counted alone. */
export const countUntold = (tallies: readonly Tally[]): number =>
  countOutcome(
    tallies.filter(({ isAlone }) => isAlone),
    ...severities,
    'excepted',
    'unknown',
  );

const toRank = ({ worst }: Cluster): number =>
  worst === undefined ? severities.length : severities.indexOf(worst);

const byWorst = (a: Cluster, b: Cluster): number =>
  toRank(a) - toRank(b) ||
  countOpen(b) - countOpen(a) ||
  countUnknown(b) - countUnknown(a) ||
  (a.key < b.key ? -1 : 1);

/** Takes the tallies of one link, or of all; gives what it comes to. */
export const toLinkState = (tallies: readonly Tally[]): LinkState => {
  const has = (...outcomes: Outcome[]) => countOutcome(tallies, ...outcomes) > 0;
  if (has(...severities)) return 'broken';
  if (has('unknown')) return 'unknown';
  if (has('excepted')) return 'excepted';
  if (has('pass')) return 'sound';
  return has('not-applicable') ? 'not applicable' : 'not asked';
};

/** Whether who may use its key was left out, as far as the page itself can tell: it has a key that was judged. */
export const isWithoutAccess = (cluster: Cluster, { isAccessCut }: Model): boolean => {
  const state = toLinkState(talliesOf(cluster, 3));
  return isAccessCut && !cluster.access && state !== 'not applicable' && state !== 'not asked';
};

/** Not by colour alone. */
export const symbols: Record<LinkState, string> = {
  broken: '✖',
  unknown: '?',
  excepted: '◇',
  sound: '✔',
  'not applicable': '–',
  'not asked': '·',
};

export const toClass = (state: LinkState): string => state.replace(' ', '-');

/** What a cluster comes to as a whole. */
export const toClusterState = (cluster: Cluster): LinkState => toLinkState(cluster.tallies);

/** A cluster's name, or what stands for findings about no cluster. */
export const toName = ({ name }: Cluster): string => name ?? 'Configuration and files';

export const toPlace = ({ account, region }: Cluster): string =>
  [account, region].filter((part) => part !== null && part !== '').join(' / ');
