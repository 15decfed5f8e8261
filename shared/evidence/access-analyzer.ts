/** What IAM Access Analyzer says of one key: its own shapes, narrowed. */
import { z } from 'zod';
import { timestamp } from './timestamp.ts';

/** https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_FindingSummary.html */
export const analyzerFinding = z.object({
  id: z.string(),
  /** By the type of a Principal element: `{ "AWS": "111122223333" }`. */
  principal: z.record(z.string(), z.string()).default({}),
  action: z.array(z.string()).default([]),
  /** The condition keys that the access depends on, with their values. */
  condition: z.record(z.string(), z.string()).default({}),
  isPublic: z.boolean().default(false),
  analyzedAt: timestamp.optional(),
  /** Why the analyzer could not tell. */
  error: z.string().optional(),
  resourceControlPolicyRestriction: z.string().optional(),
});
export type AnalyzerFinding = z.infer<typeof analyzerFinding>;

/** The active analyzers of external access in the key's account and Region, and their active findings about it. */
export const analyzerAnswer = z.object({
  analyzers: z.array(z.string()),
  findings: z.array(analyzerFinding),
});
export type AnalyzerAnswer = z.infer<typeof analyzerAnswer>;
