/** The trails that keep an account's events of one Region: CloudTrail's own shapes, narrowed. */
import { z } from 'zod';
import { factOf } from './fact.ts';
import { timestamp } from './timestamp.ts';

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html */
export const trailStatus = z.object({
  IsLogging: z.boolean().optional(),
  LatestDeliveryTime: timestamp.optional(),
  LatestDeliveryError: z.string().optional(),
  /** The last of each. */
  StartLoggingTime: timestamp.optional(),
  StopLoggingTime: timestamp.optional(),
});
export type TrailStatus = z.infer<typeof trailStatus>;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html */
const eventSelector = z.object({
  ReadWriteType: z.string().optional(),
  IncludeManagementEvents: z.boolean().optional(),
  ExcludeManagementEventSources: z.array(z.string()).optional(),
});

const values = z.array(z.string()).optional();
/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html */
const fieldSelector = z.object({
  Field: z.string(),
  Equals: values,
  NotEquals: values,
  StartsWith: values,
  NotStartsWith: values,
  EndsWith: values,
  NotEndsWith: values,
});

export const trailSelectors = z.object({
  EventSelectors: z.array(eventSelector).optional(),
  AdvancedEventSelectors: z
    .array(z.object({ Name: z.string().optional(), FieldSelectors: z.array(fieldSelector) }))
    .optional(),
});
export type TrailSelectors = z.infer<typeof trailSelectors>;

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html, with its status and selectors. */
export const trail = z.object({
  TrailARN: z.string(),
  HomeRegion: z.string().optional(),
  IsMultiRegionTrail: z.boolean().optional(),
  IsOrganizationTrail: z.boolean().optional(),
  LogFileValidationEnabled: z.boolean().optional(),
  S3BucketName: z.string().optional(),
  status: factOf(trailStatus),
  selectors: factOf(trailSelectors),
});
export type Trail = z.infer<typeof trail>;

/** `runs/RUN/trails/ACCOUNT/REGION`: every trail that DescribeTrails shows there, shadow trails included. */
export const trailEvidence = z.object({
  account: z.string(),
  region: z.string(),
  collectedAt: timestamp,
  trails: factOf(z.array(trail)),
});
export type TrailEvidence = z.infer<typeof trailEvidence>;
