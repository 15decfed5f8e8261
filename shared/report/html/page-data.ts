/** What the page's script is given: as few bytes as can be, since a report holds the findings of thousands of clusters. */
import type { Severity } from '../../evidence/settings.ts';
import type { Finding } from '../../findings/finding.ts';
import type { WhoAnswer } from '../../who/document.ts';

/** The place of a text in `texts`: most texts occur many times. */
export type Text = number;

/** `link` is null of a check about the run itself, and of one that this version does not know. */
export interface CheckRow {
  id: Text;
  title: Text;
  link: number | null;
  references: Text[];
}

/** Account, Region and name, each null where there is none. */
export type ClusterRow = [account: Text | null, region: Text | null, name: Text | null];

/** Of a pass or of what does not apply no more is told than this. */
export type QuietRow = [cluster: number, check: number, status: Finding['status'], message: Text];

export interface LoudDetail {
  id: Text;
  severity: Severity;
  resource: Text;
  subject: Text | null;
  reason: Text | null;
  fix: Text;
  /** Where the fix is explained; null where that is no address of the web. */
  url: Text | null;
  /** JSON in lines, harmless to show. */
  evidence: Text;
  /** The edit as YAML, where a machine can make it. */
  patch: Text | null;
  exception: Text | null;
  isNew: boolean;
}

/** A failure or an unknown. */
export type LoudRow = [...QuietRow, LoudDetail];

export interface PrincipalRow {
  principal: Text;
  kind: Text;
  decrypt: WhoAnswer;
  administer: WhoAnswer;
  destroy: WhoAnswer;
  isExpected: boolean;
  via: Text[];
  conditions: Text[];
  assumableBy: Text[];
  group: 'administrators' | 'aws-services' | null;
}

/** Who did something, how often, when, and whether that was expected. */
interface ActorRow {
  actor: Text;
  did: Text;
  refused: number;
  first: Text;
  last: Text;
  isExpected: boolean;
}

export interface ActorsData {
  covered: Text;
  gaps: Text[];
  actors: ActorRow[];
}

export interface TimelineData {
  days: [day: Text, expected: number, unexpected: number, failed: number, changes: number][];
  entries: [time: Text, until: Text | null, kind: 'use' | 'change' | 'open', text: Text][];
  /** How many earlier entries were left out. */
  earlier: number;
}

export interface AccessData {
  cluster: number;
  /** A text says why it is not known. */
  may: PrincipalRow[] | Text;
  missing: Text[];
  used: ActorsData | Text | null;
  read: ActorsData | Text | null;
  timeline: TimelineData | null;
}

/** What a finding comes to where it is only counted. */
export type Outcome = Severity | 'excepted' | Exclude<Finding['status'], 'fail'>;

/** How many findings of a cluster at a link are counted alone. */
export type CountRow = [cluster: number, link: number | null, outcome: Outcome, count: number];

export interface PageData {
  findings: (QuietRow | LoudRow)[];
  counts: CountRow[];
  access: AccessData[];
  /** Whether access ended before its last cluster. */
  isAccessCut: boolean;
  clusters: ClusterRow[];
  checks: CheckRow[];
  texts: string[];
}
