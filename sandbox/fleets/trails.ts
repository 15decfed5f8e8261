/** Trails as organisations and accounts have them: recording everything, unless told otherwise. */
import type { SandboxTrail } from './fleet.ts';

type Place = { account: string; region: string; now: Date };

/** A trail that has delivered lately, with log validation on and every management event kept. */
export const trail = (
  { account, region, now }: Place,
  name: string,
  more: Partial<Omit<SandboxTrail, 'TrailARN' | 'HomeRegion' | 'Name'>> = {},
): SandboxTrail => {
  const delivered = new Date(now.getTime() - 4 * 60_000);
  return {
    Name: name,
    TrailARN: `arn:aws:cloudtrail:${region}:${account}:trail/${name}`,
    HomeRegion: region,
    S3BucketName: `example-${account}-trail`,
    IncludeGlobalServiceEvents: true,
    IsMultiRegionTrail: false,
    IsOrganizationTrail: false,
    LogFileValidationEnabled: true,
    HasCustomEventSelectors: false,
    HasInsightSelectors: false,
    status: {
      IsLogging: true,
      LatestDeliveryTime: delivered,
      LatestDigestDeliveryTime: delivered,
      StartLoggingTime: new Date('2024-01-15T09:00:00Z'),
    },
    selectors: {
      EventSelectors: [
        {
          ReadWriteType: 'All',
          IncludeManagementEvents: true,
          DataResources: [],
          ExcludeManagementEventSources: [],
        },
      ],
    },
    ...more,
  };
};

/** An organisation's trail: of every Region and of the accounts told, kept in a bucket of the audit account. */
export const organizationTrail = (
  management: Place,
  bucket: string,
  more: Partial<SandboxTrail> = {},
): SandboxTrail =>
  trail(management, 'organization', {
    S3BucketName: bucket,
    IsMultiRegionTrail: true,
    IsOrganizationTrail: true,
    // Advanced selectors: the newer form, which replaces the basic one.
    HasCustomEventSelectors: true,
    selectors: {
      AdvancedEventSelectors: [
        {
          Name: 'Management events',
          FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }],
        },
      ],
    },
    ...more,
  });

/**
 * Whether a trail keeps an account's events. In AWS an organisation's trail reaches every member; one that leaves some
 * out lets a single fleet show accounts of both kinds.
 */
export const reachesAccount = (
  { TrailARN, IsOrganizationTrail, reaches }: SandboxTrail,
  account: string,
  isMember: boolean,
): boolean =>
  TrailARN.split(':')[4] === account ||
  (IsOrganizationTrail === true && isMember && (reaches?.includes(account) ?? true));
