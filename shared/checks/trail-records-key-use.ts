/**
 * Claims that a trail that logs in the key's Region keeps the calls that open something with a key of KMS, delivers
 * its files, and lets everybody see whether they were changed. Does not claim that anybody looks at them, that the
 * files are kept, nor that calls that change the key are among them: CloudTrail shows those for 90 days without a trail.
 */
import { toCoverage } from '../activity/trail-coverage.ts';
import { getGap } from '../evidence/fact.ts';
import { defineCheck } from './check.ts';

interface Blind {
  key: string;
  region: string;
  account: string;
  /** The trails that show there, and why none of them keeps the calls. */
  trails: { trail: string; why: string }[];
}

const whatIsBlind =
  'Log files and Athena show no use of the key; LookupEvents still shows 90 days. EventBridge delivers events only where a trail logs them, so no change there starts a new scan, and no alarm hears of one.';

export const trailRecordsKeyUse = defineCheck({
  id: 'trail-records-key-use',
  kind: 'state',
  link: 4,
  scope: 'family',
  subject: null,
  facts: ['key.trails'],
  title: 'A trail records the use of the key',
  rationale:
    'Who used the key is known from CloudTrail alone. Without a trail that keeps events of KMS in the key’s Region there is nothing to look at after 90 days, and nothing hears of a use when it happens. Trails are often told to leave KMS out, since it is noisy.',
  remediation: {
    text: 'Make a multi-Region trail, best of the organisation, that keeps all management events, with log file validation: aws cloudtrail create-trail --name NAME --s3-bucket-name BUCKET --is-multi-region-trail --enable-log-file-validation, then start-logging; on a trail that leaves KMS out: aws cloudtrail put-event-selectors --trail-name NAME --event-selectors ReadWriteType=All,IncludeManagementEvents=true',
    url: 'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html',
    'https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html',
    'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html',
  ],
  frameworks: {
    'AWS Security Hub': ['CloudTrail.1', 'CloudTrail.4'],
    'NIST 800-53': ['AU-2', 'AU-6', 'AU-9', 'AU-12'],
    'PCI DSS 4': ['10.2', '10.3'],
    Prowler: ['cloudtrail_multi_region_enabled', 'cloudtrail_log_file_validation_enabled'],
  },
  outcomes: {
    notRecorded: {
      severity: 'high',
      message: ({ account, region, trails }: Blind) =>
        `${
          trails.length === 0
            ? `No trail shows in account ${account}, Region ${region}`
            : `No trail that shows in account ${account}, Region ${region}, keeps the use of keys: ${trails.map(({ trail, why }) => `${trail} ${why}`).join('; ')}`
        }. ${whatIsBlind}`,
    },
    notValidated: {
      severity: 'medium',
      message: ({ key, trails }: Blind) =>
        `The use of ${key} is recorded by ${trails.map(({ trail }) => trail).join(', ')}, whose log files are not validated: whoever can write to the bucket can take a use out of them, and nobody would see.`,
      fix: ({ trails }: Blind) =>
        trails
          .map(({ trail }) => `aws cloudtrail update-trail --name ${trail} --enable-log-file-validation`)
          .join('; '),
    },
  },
  pass: 'A trail that logs in the key’s Region keeps events that only read of KMS, delivers its files and has them validated.',
  *evaluate({ read, peek, key }) {
    const trails = read('key.trails');
    const seen = trails.map((trail) => ({ trail, coverage: toCoverage(trail, key.region) }));
    const keeping = seen.filter(({ coverage }) => 'keeps' in coverage && coverage.keeps);
    if (keeping.some(({ trail }) => trail.LogFileValidationEnabled)) return;
    const place = { key: key.arn, region: key.region, account: key.account };
    const unread = seen.flatMap(({ trail, coverage }) =>
      'unknown' in coverage ? [{ trail, ...coverage }] : [],
    );
    // A trail that cannot be looked at from here, as an organisation's from a member account, may be the answer.
    const better = unread.filter(({ trail }) => keeping.length === 0 || trail.LogFileValidationEnabled);
    if (better.length > 0 || getGap(peek('key.trails'))) {
      for (const { trail, unknown, detail } of better)
        yield { unknown, detail: `what ${trail.TrailARN} keeps: ${detail}` };
      return;
    }
    if (keeping.length > 0)
      return yield {
        outcome: 'notValidated',
        evidence: {
          ...place,
          trails: keeping.map(({ trail }) => ({ trail: trail.TrailARN, why: 'is not validated' })),
        },
      };
    const blind = seen.flatMap(({ trail, coverage }) =>
      'keeps' in coverage && !coverage.keeps ? [{ trail: trail.TrailARN, why: coverage.why }] : [],
    );
    yield { outcome: 'notRecorded', evidence: { ...place, trails: blind } };
  },
});
