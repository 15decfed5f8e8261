/** The demo company's trails: the organisation's, and one account's own, each of which misses something. */
import type { SandboxTrail } from '../fleet.ts';
import { daysBefore } from '../names.ts';
import { fail, type SeededFinding } from '../scenario.ts';
import { organizationTrail, trail } from '../trails.ts';
import { accountIds, accounts } from './accounts.ts';

export const trailBucket = 'example-organization-trail';

/** Takes the moment that dates are counted back from. */
export const demoTrails = (now: Date): SandboxTrail[] => {
  const lab = (region: string) => ({ account: accountIds.sandbox, region, now });
  const members = accounts.filter(({ id, isOutside }) => !isOutside && id !== accountIds.sandbox);
  const selecting = (selector: object) => ({
    HasCustomEventSelectors: true,
    selectors: {
      EventSelectors: [{ ReadWriteType: 'All' as const, IncludeManagementEvents: true, ...selector }],
    },
  });
  return [
    organizationTrail({ account: accountIds.management, region: 'eu-central-1', now }, trailBucket, {
      reaches: members.map(({ id }) => id),
    }),
    trail(
      lab('us-east-1'),
      'without-kms',
      selecting({ ExcludeManagementEventSources: ['kms.amazonaws.com'] }),
    ),
    trail(lab('eu-west-1'), 'writes', selecting({ ReadWriteType: 'WriteOnly' as const })),
    trail(lab('eu-central-1'), 'stopped', {
      status: {
        IsLogging: false,
        StartLoggingTime: new Date('2024-01-15T09:00:00Z'),
        StopLoggingTime: daysBefore(now, 20),
        LatestDeliveryTime: daysBefore(now, 20),
      },
    }),
    trail(lab('eu-north-1'), 'unproven', { LogFileValidationEnabled: false }),
  ];
};

/** What a scan finds of these trails: each Region of the account has one cluster with a key. */
export const trailFindings: SeededFinding[] = [
  { cluster: 'sandbox-lab', ...fail('trail-records-key-use', 'high') },
  { cluster: 'sandbox-drill', ...fail('trail-records-key-use', 'high') },
  { cluster: 'sandbox-attic', ...fail('trail-records-key-use', 'high') },
  { cluster: 'sandbox-north', ...fail('trail-records-key-use', 'medium') },
];
