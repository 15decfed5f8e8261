/** What a run was asked, and how it ended: the objects that give its evidence a frame. */
import { z } from 'zod';
import type { RegionEvidence } from './cluster.ts';
import { eventSource } from './events.ts';
import { factOf, isKnown } from './fact.ts';
import { isGlobMatch } from './glob.ts';
import { organization } from './organization.ts';
import { timestamp } from './timestamp.ts';

/** Stands in a Region's place where an account's Regions can't be told. */
export const everyRegion = 'all';

/** `runs/RUN/accounts`: the targets, and who asked. */
export const runStart = z.object({
  id: z.string(),
  startedAt: timestamp,
  version: z.string(),
  partition: z.string(),
  caller: z.string(),
  /** The kubeconfig's context, where no AWS was asked: then there are no accounts. */
  context: z.string().optional(),
  accounts: z.array(z.string()),
  /** Whether every active account of the organisation was asked for. */
  isOrganization: z.boolean().optional(),
  /** `all`: every Region that an account has enabled. */
  regions: z.union([z.literal('all'), z.array(z.string())]),
  /** A glob of cluster names, where only some were asked for. */
  clusters: z.string().optional(),
  /** The configuration file's name, where there was one: what findings about the configuration are about. */
  configuration: z.string().optional(),
  /** Check ids, where only some were asked for. */
  checks: z.array(z.string()).optional(),
  /** What was asked of CloudTrail, and from when; not given: nothing. */
  events: z
    .object({
      changesFrom: timestamp,
      /** Who used the keys: not given, no source tells it. */
      use: z.object({ source: eventSource, from: timestamp }).optional(),
    })
    .optional(),
  /** Which source tells who read Secrets, and how far back, if anybody said so; not given: nothing was asked of audit logs. */
  reads: z.object({ source: eventSource, from: timestamp.optional() }).optional(),
  /**
   * The clusters, by a glob of their names, that are read from within, whether with metadata, and the one namespace that
   * is looked into, where only one is; not given: none.
   */
  kubernetes: z
    .object({ clusters: z.string(), metadata: z.boolean(), namespace: z.string().optional() })
    .optional(),
  /** The execution of the state machine that it belongs to; none on the command line. */
  execution: z.string().optional(),
});
export type RunStart = z.infer<typeof runStart>;

/** Whether a Region that nobody named is one that the organisation forbids: it holds nothing to scan. */
export const isExcluded = (
  { region, listing }: Pick<RegionEvidence, 'region' | 'listing'>,
  { regions }: Pick<RunStart, 'regions'>,
): boolean =>
  regions === 'all' &&
  region !== everyRegion &&
  !isKnown(listing) &&
  listing.unknown === 'denied-by-organization';

/** Whether a run reads a cluster from within. */
export const isReadWithin = ({ kubernetes }: Pick<RunStart, 'kubernetes'>, cluster: string): boolean =>
  kubernetes !== undefined && isGlobMatch(kubernetes.clusters, cluster);

/** `runs/RUN/end` */
export const runEnd = z.object({ finishedAt: timestamp, isInterrupted: z.boolean().optional() });

/** `runs/RUN/org`: which account numbers are the organisation's. */
export const organizationEvidence = z.object({
  organization: factOf(organization),
});
