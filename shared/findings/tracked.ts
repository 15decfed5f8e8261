/** What is remembered of a finding between two runs, and what its changes are called. */
import { z } from 'zod';
import { timestamp } from '../evidence/timestamp.ts';
import { type Finding, finding } from './finding.ts';

/** A finding as it is told; its evidence stays with the run. */
export const toldFinding = finding.omit({ evidence: true });
export type ToldFinding = z.infer<typeof toldFinding>;

export const toTold = ({ evidence: _, ...told }: Finding): ToldFinding => told;

export const trackedFinding = z.strictObject({
  /** As it was last told. What a run could not look at again stays as it was. */
  finding: toldFinding,
  /** A failure that nothing has closed, or an unknown. */
  isOpen: z.boolean(),
  /** What Security Hub is to show, once what is owed has arrived. */
  recordState: z.enum(['ACTIVE', 'ARCHIVED']),
  firstSeenAt: timestamp,
  /** Of an event finding: when the last event happened that it tells of. */
  lastEventAt: timestamp.optional(),
  /** The `UpdatedAt` of the publication that has not arrived yet. */
  owedAt: timestamp.optional(),
  /** The `UpdatedAt` of the last publication that arrived. */
  publishedAt: timestamp.optional(),
  /** It is archived before it is made active anew: that alone sets a Workflow that a person had RESOLVED to NEW. */
  isReopened: z.boolean().optional(),
  /** What a person made of it, as Security Hub last told. */
  workflow: z.string().optional(),
});
export type TrackedFinding = z.infer<typeof trackedFinding>;

/**
 * `again`: new events on an open event finding. `exception-ended`: it failed all along, and from now on nobody
 * stands behind that.
 */
export const transitionKinds = ['new', 'worse', 'again', 'exception-ended', 'resolved'] as const;

export const transition = z.strictObject({
  kind: z.enum(transitionKinds),
  finding: toldFinding.pick({
    id: true,
    check: true,
    severity: true,
    account: true,
    region: true,
    cluster: true,
    resource: true,
    subject: true,
    message: true,
    remediation: true,
  }),
});
export type Transition = z.infer<typeof transition>;

export const toTransition = (kind: Transition['kind'], told: ToldFinding): Transition => {
  const { id, check, severity, account, region, cluster, resource, subject, message, remediation } = told;
  return {
    kind,
    finding: {
      id,
      check,
      severity,
      account,
      region,
      cluster,
      resource,
      subject,
      message,
      remediation,
    },
  };
};
