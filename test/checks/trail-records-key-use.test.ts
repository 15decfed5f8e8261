import { describe, expect, it } from 'vitest';
import { trailRecordsKeyUse } from '../../shared/checks/trail-records-key-use.ts';
import { toKnown } from '../../shared/evidence/fact.ts';
import type { Trail, TrailSelectors, TrailStatus } from '../../shared/evidence/trail.ts';
import { denied, type Given, judge, keyArn, saysDenied } from './cases.ts';

const arn = 'arn:aws:cloudtrail:us-east-1:111122223333:trail/management';
const keepsAll: TrailSelectors = {
  EventSelectors: [{ ReadWriteType: 'All', IncludeManagementEvents: true }],
};
const trail = (more: Partial<Trail> = {}): Trail => ({
  TrailARN: arn,
  HomeRegion: 'us-east-1',
  IsMultiRegionTrail: true,
  LogFileValidationEnabled: true,
  status: toKnown({ IsLogging: true }),
  selectors: toKnown(keepsAll),
  ...more,
});
const status = (more: TrailStatus) => trail({ status: toKnown({ IsLogging: true, ...more }) });
const basic = (...EventSelectors: NonNullable<TrailSelectors['EventSelectors']>) =>
  trail({ selectors: toKnown({ EventSelectors }) });
type Field = NonNullable<TrailSelectors['AdvancedEventSelectors']>[number]['FieldSelectors'][number];
const management: Field = { Field: 'eventCategory', Equals: ['Management'] };
const advanced = (...selectors: Field[][]) =>
  trail({
    selectors: toKnown({ AdvancedEventSelectors: selectors.map((FieldSelectors) => ({ FieldSelectors })) }),
  });
const notKms: Field = { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] };
const notRdsData: Field = { Field: 'eventSource', NotEquals: ['rdsdata.amazonaws.com'] };
const readOnly = (value: string): Field => ({ Field: 'readOnly', Equals: [value] });
const ask = (trails: Trail[], more: Given = {}) => judge(trailRecordsKeyUse, { trails, ...more });

describe('trail-records-key-use', () => {
  it.each<[string, Trail[]]>([
    ['a multi-Region trail of another home', [trail()]],
    ['a trail of the key’s Region', [trail({ IsMultiRegionTrail: false, HomeRegion: 'eu-west-1' })]],
    ['Control Tower’s, of the organisation', [trail({ IsOrganizationTrail: true })]],
    ['a trail without selectors, which keeps all', [trail({ selectors: toKnown({}) })]],
    ['read events alone', [basic({ ReadWriteType: 'ReadOnly', IncludeManagementEvents: true })]],
    ['selectors that leave the rest to their defaults', [basic({})]],
    [
      'one selector that keeps what the other leaves out',
      [basic({ ExcludeManagementEventSources: ['kms.amazonaws.com'] }, { ReadWriteType: 'ReadOnly' })],
    ],
    ['a trail without the Data API', [basic({ ExcludeManagementEventSources: ['rdsdata.amazonaws.com'] })]],
    ['advanced selectors for all management events', [advanced([management])]],
    ['advanced selectors without the Data API', [advanced([management, notRdsData])]],
    ['advanced selectors of read events', [advanced([management, readOnly('true')])]],
    [
      'advanced selectors of read and of write events',
      [advanced([management, readOnly('false'), notKms], [management, readOnly('true')])],
    ],
    ['one good trail among bad ones', [status({ IsLogging: false }), trail({ selectors: denied }), trail()]],
  ])('passes for %s', (_, trails) => {
    expect(ask(trails)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it.each<[string, Trail, string]>([
    ['a trail of another Region alone', trail({ IsMultiRegionTrail: false }), 'records us-east-1 alone'],
    ['a stopped trail', status({ IsLogging: false }), 'is not logging'],
    ['a trail whose state is not told', trail({ status: toKnown({}) }), 'is not logging'],
    [
      'a trail whose bucket refuses it',
      status({ LatestDeliveryError: 'AccessDenied' }),
      'does not deliver its files (AccessDenied)',
    ],
    ['write events alone', basic({ ReadWriteType: 'WriteOnly' }), 'keeps write events alone'],
    ['data events alone', basic({ IncludeManagementEvents: false }), 'keeps no management events'],
    [
      'a trail without KMS',
      basic({ ExcludeManagementEventSources: ['rdsdata.amazonaws.com', 'kms.amazonaws.com'] }),
      'excludes the events of KMS',
    ],
    [
      'selectors that together keep only writes of KMS',
      basic(
        { ReadWriteType: 'WriteOnly' },
        { ReadWriteType: 'ReadOnly', ExcludeManagementEventSources: ['kms.amazonaws.com'] },
      ),
      'excludes the events of KMS',
    ],
    ['advanced selectors without KMS', advanced([management, notKms]), 'drop events of KMS'],
    ['advanced selectors of writes', advanced([management, readOnly('false')]), 'drop events of KMS'],
    [
      'advanced selectors of data alone',
      advanced([{ Field: 'eventCategory', Equals: ['Data'] }]),
      'drop events of KMS',
    ],
    [
      'advanced selectors of another service',
      advanced([management, { Field: 'eventSource', Equals: ['s3.amazonaws.com'] }]),
      'drop events of KMS',
    ],
    [
      'advanced selectors that drop services by their beginning',
      advanced([management, { Field: 'eventSource', NotStartsWith: ['k'] }]),
      'drop events of KMS',
    ],
    [
      'advanced selectors that leave somebody out',
      advanced([management, { Field: 'userIdentity.arn', NotEndsWith: ['/operator'] }]),
      'drop events of KMS',
    ],
    [
      'advanced selectors without Decrypt',
      advanced([management, { Field: 'eventName', NotEquals: ['Decrypt'] }]),
      'drop events of KMS',
    ],
  ])('fails for %s, and says why', (_, blind, why) => {
    const [verdict, ...rest] = ask([blind]);
    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({
      status: 'fail',
      severity: 'high',
      subject: null,
      evidence: { key: keyArn, region: 'eu-west-1', trails: [{ trail: arn }] },
    });
    expect(verdict?.message).toContain(`${arn} `);
    expect(verdict?.message).toContain(why);
    expect(verdict?.message).toContain('no change there starts a new scan');
  });

  it('fails for no trail at all, and says what still shows', () => {
    expect(ask([])).toMatchObject([
      {
        status: 'fail',
        severity: 'high',
        message: expect.stringMatching(
          /^No trail shows in account 111122223333, Region eu-west-1\. .*LookupEvents still shows 90 days/,
        ),
      },
    ]);
  });

  it('is medium about files that nobody can tell to be whole', () => {
    expect(ask([trail({ LogFileValidationEnabled: false }), status({ IsLogging: false })])).toMatchObject([
      {
        status: 'fail',
        severity: 'medium',
        message: expect.stringContaining(`recorded by ${arn}, whose log files are not validated`),
        fix: `aws cloudtrail update-trail --name ${arn} --enable-log-file-validation`,
        evidence: { trails: [{ trail: arn }] },
      },
    ]);
    expect(ask([trail({ LogFileValidationEnabled: false }), trail()])).toMatchObject([{ status: 'pass' }]);
  });

  it.each<[string, Trail[], string]>([
    [
      'an organisation’s trail whose selectors cannot be read',
      [trail({ selectors: denied })],
      'not allowed to ask',
    ],
    ['a trail whose state cannot be read', [trail({ status: denied })], 'not allowed to ask'],
    [
      'that beside a trail without validation',
      [trail({ LogFileValidationEnabled: false }), trail({ TrailARN: `${arn}-2`, selectors: denied })],
      `${arn}-2`,
    ],
  ])('is unknown for %s', (_, trails, words) => {
    expect(ask(trails)).toMatchObject([
      { status: 'unknown', reason: 'access-denied', message: expect.stringContaining(words) },
    ]);
  });

  it('needs no answer of a trail that cannot help', () => {
    const off = trail({ status: toKnown({ IsLogging: false }), selectors: denied });
    expect(ask([off])).toMatchObject([{ status: 'fail', severity: 'high' }]);
    const unvalidated = trail({ LogFileValidationEnabled: false });
    const other = trail({ LogFileValidationEnabled: false, selectors: denied });
    expect(ask([unvalidated, other])).toMatchObject([{ status: 'fail', severity: 'medium' }]);
  });

  it('is unknown where the trails could not be listed, or not all of them', () => {
    expect(judge(trailRecordsKeyUse, { trails: denied })).toMatchObject(saysDenied);
    expect(judge(trailRecordsKeyUse)).toMatchObject([{ status: 'unknown' }]);
    expect(ask([], { missing: ['key.trails'] })).toMatchObject([{ status: 'unknown', reason: 'throttled' }]);
  });
});
