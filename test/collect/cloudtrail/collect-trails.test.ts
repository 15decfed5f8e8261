import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { describe, expect, it } from 'vitest';
import { type AskOwner, createTrailReader } from '../../../shared/collect/cloudtrail/collect-trails.ts';
import { toKnown, toUnknown } from '../../../shared/evidence/fact.ts';
import { type Asked, serveJson } from '../serve-json.ts';
import { toError } from './serve-event-history.ts';

const [home, west, north] = ['eu-central-1', 'eu-west-1', 'eu-north-1'];
const account = '111122223333';
const toTrail = (name: string, { region = home, of = account, ...more }: Record<string, unknown> = {}) => ({
  Name: name,
  TrailARN: `arn:aws:cloudtrail:${region}:${of}:trail/${name}`,
  HomeRegion: region,
  IsMultiRegionTrail: true,
  IsOrganizationTrail: of !== account,
  LogFileValidationEnabled: true,
  S3BucketName: 'logs',
  IncludeGlobalServiceEvents: true,
  HasCustomEventSelectors: true,
  ...more,
});
const own = toTrail('own');
const ofOrganization = toTrail('all', { of: '999988887777' });
const management = { ReadWriteType: 'All', IncludeManagementEvents: true, ExcludeManagementEventSources: [] };
const delivered = '2026-11-28T11:55:00.000Z';

type Answers = Record<string, (input: Asked['input'], region: string) => object>;
const ordinary: Answers = {
  DescribeTrails: () => ({ trailList: [own] }),
  GetTrailStatus: () => ({ IsLogging: true, LatestDeliveryTime: Date.parse(delivered) / 1000 }),
  GetEventSelectors: ({ TrailName }) => ({
    TrailARN: TrailName,
    EventSelectors: [{ ...management, DataResources: [] }],
  }),
};

/** What the organisation's account says where nobody may ask it. */
const withheld = toUnknown('access-denied', 'only its owner is told');

/** Reads the trails of some Regions of an account; gives them and what was asked where. */
const read = async (regions: string[], answers: Answers = {}, askOwner: AskOwner = async () => withheld) => {
  const asked: string[] = [];
  const clients = new Map<string, CloudTrailClient>();
  for (const region of [home, west, north]) {
    const access = await serveJson(({ operation, input }) => {
      asked.push(`${operation} ${region}`);
      return { ...ordinary, ...answers }[operation]?.(input, region) ?? new Error('not asked for here');
    });
    clients.set(region, new CloudTrailClient({ ...access, region }));
  }
  const opened: string[] = [];
  const openClient = (region: string) => {
    opened.push(region);
    const client = clients.get(region);
    if (!client) throw new Error(`${region} is not served`);
    return client;
  };
  const reader = createTrailReader(openClient, askOwner, new AbortController().signal);
  return { facts: await Promise.all(regions.map(reader)), asked: asked.sort(), opened: opened.sort() };
};

describe('The trails of a Region', () => {
  it('are told with their status and selectors', async () => {
    const { facts } = await read([home]);
    const { Name, IncludeGlobalServiceEvents, HasCustomEventSelectors, ...kept } = own;
    expect(facts).toEqual([
      toKnown([
        {
          ...kept,
          status: toKnown({ IsLogging: true, LatestDeliveryTime: delivered }),
          selectors: toKnown({ EventSelectors: [management] }),
        },
      ]),
    ]);
  });

  it('may have advanced selectors in their place', async () => {
    const AdvancedEventSelectors = [
      { Name: 'a', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
      { FieldSelectors: [{ Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] }] },
    ];
    const { facts } = await read([home], { GetEventSelectors: () => ({ AdvancedEventSelectors }) });
    expect(facts).toMatchObject([{ value: [{ selectors: toKnown({ AdvancedEventSelectors }) }] }]);
  });

  it('may be none', async () => {
    const { facts, asked } = await read([home], { DescribeTrails: () => ({ trailList: [] }) });
    expect([facts, asked]).toEqual([[toKnown([])], ['DescribeTrails eu-central-1']]);
  });

  it('show in other Regions, whose status is their own; their selectors are read once, at home', async () => {
    const { facts, asked, opened } = await read([west, north, home], {
      GetTrailStatus: (_, region) => ({ IsLogging: region !== north, LatestDeliveryError: 'NoSuchBucket' }),
    });
    expect(asked).toEqual(
      [
        ...[home, west, north].flatMap((region) => [`DescribeTrails ${region}`, `GetTrailStatus ${region}`]),
        `GetEventSelectors ${home}`,
      ].sort(),
    );
    expect(opened).toEqual([home, west, north].sort());
    expect(facts).toMatchObject(
      [true, false, true].map((IsLogging) => ({
        value: [{ status: toKnown({ IsLogging, LatestDeliveryError: 'NoSuchBucket' }) }],
      })),
    );
  });

  it('tell their status at home where another Region does not know them', async () => {
    const { facts, asked } = await read([west], {
      GetTrailStatus: (_, region) =>
        region === west ? toError('TrailNotFoundException') : { IsLogging: true },
    });
    expect(asked).toContain('GetTrailStatus eu-central-1');
    expect(facts).toMatchObject([{ value: [{ status: toKnown({ IsLogging: true }) }] }]);
  });

  it.each([
    [
      'CloudTrailARNInvalidException',
      `AccountID in ARN is wrong, you can only access resources with AccountID ${account}.`,
    ],
    ['TrailNotFoundException', `Unknown trail: ${ofOrganization.TrailARN} for the user: ${account}`],
  ])(
    'keep what is known of an organisation’s trail, whose selectors its owner alone is told (%s)',
    async (name, message) => {
      const { facts } = await read([home], {
        DescribeTrails: () => ({ trailList: [ofOrganization, own] }),
        GetEventSelectors: ({ TrailName }) =>
          TrailName === own.TrailARN ? { EventSelectors: [management] } : toError(name, message),
      });
      expect(facts).toMatchObject([
        {
          value: [
            {
              IsOrganizationTrail: true,
              status: toKnown({ IsLogging: true, LatestDeliveryTime: delivered }),
              selectors: withheld,
            },
            { selectors: toKnown({ EventSelectors: [management] }) },
          ],
        },
      ]);
    },
  );
});

describe('An organisation’s trail', () => {
  const refuse: Answers = {
    DescribeTrails: () => ({ trailList: [ofOrganization] }),
    GetEventSelectors: () => toError('TrailNotFoundException', 'Unknown trail'),
  };

  it('has the selectors that its owner tells, who is asked once', async () => {
    const asked: string[] = [];
    const told = toKnown({ EventSelectors: [management] });
    const { facts } = await read([home, west], refuse, async ({ TrailARN }) => {
      asked.push(TrailARN);
      return told;
    });
    expect(facts).toMatchObject([{ value: [{ selectors: told }] }, { value: [{ selectors: told }] }]);
    expect(asked).toEqual([ofOrganization.TrailARN]);
  });

  it('is asked of its owner only where it is withheld', async () => {
    const throttled = { ...refuse, GetEventSelectors: () => toError('ThrottlingException') };
    const { facts } = await read([home], throttled, async () => toKnown({}));
    expect(facts).toMatchObject([{ value: [{ selectors: { unknown: 'throttled' } }] }]);
  });
});

describe('Trouble', () => {
  it.each([
    ['AccessDeniedException', 'access-denied'],
    ['ThrottlingException', 'throttled'],
    ['UnknownOperationException', 'unsupported'],
    ['TrailNotFoundException', 'failed'],
  ])('%s is a fact of what it met', async (name, unknown) => {
    const fact = { unknown, detail: `${name}: so it is` };
    const trouble = () => toError(name);
    expect((await read([home], { DescribeTrails: trouble })).facts).toEqual([fact]);
    const { facts } = await read([home], { GetTrailStatus: trouble });
    expect(facts).toMatchObject([{ value: [{ status: fact, selectors: { value: {} } }] }]);
    const { facts: more } = await read([home], { GetEventSelectors: trouble });
    expect(more).toMatchObject([{ value: [{ selectors: fact, status: { value: {} } }] }]);
  });

  it('with the shape of a trail makes the trails unknown', async () => {
    const { facts } = await read([home], { DescribeTrails: () => ({ trailList: [{ Name: 'no ARN' }] }) });
    expect(facts).toMatchObject([{ unknown: 'failed', detail: expect.stringContaining('TrailARN') }]);
  });
});
