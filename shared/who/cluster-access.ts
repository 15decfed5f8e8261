/** What a run knows of one cluster's key beside its findings: who may use it, who did, who read Secrets, and when. */
import type { Gap, WhoMay, WhoRead, WhoUsed } from './document.ts';
import type { Timeline } from './timeline.ts';

export interface ClusterAccess {
  account: string;
  region: string;
  cluster: string;
  may: WhoMay;
  /** Null where nothing was asked of CloudTrail about use. */
  used: WhoUsed | null;
  /** Null where nothing was asked of audit logs. */
  read: WhoRead | null;
  timeline: Timeline | null;
  /** What a run like this can't see. */
  notVisible: Gap[];
}
