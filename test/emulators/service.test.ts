import {
  DescribeRuleCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { DisableKeyCommand, EnableKeyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import type { AwsSecurityFinding } from '@aws-sdk/client-securityhub';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { eksGrant } from '../../sandbox/fleets/grants.ts';
import { centralPolicy, type Statement, terraformEksPolicy } from '../../sandbox/fleets/policies.ts';
import { toData, toMarkup } from '../report/page.ts';
import { person, toCall, toKmsEvent, toUse } from './events.ts';
import { openSite } from './seed.ts';
import { deployMember, deployService, keyward, readHub, toRoot } from './service.ts';

const aws = z.url().parse(process.env.MINISTACK_ENDPOINT);
const securityHub = z.url().parse(process.env.MOTO_ENDPOINT);
const region = 'eu-central-1';

const hub = '111111111111';
const platform = '222222222222';
const central = '333333333333';
const locked = '444444444444';
const site = openSite(aws, platform, region, toRoot(platform));
const home = openSite(aws, central, region, toRoot(central));

const configuration = `
organizationAccounts: ["${hub}", "${platform}", "${central}", "${locked}"]
`;
const forAnyone: Statement = {
  Sid: 'ForAnyone',
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: ['kms:Decrypt'],
  Resource: '*',
};

let service: Awaited<ReturnType<typeof deployService>>;
let openKey: { id: string };
let farKey: { id: string; arn: string };

/** Security Hub's failures and former failures, each as `check cluster-or-key status`. */
const tell = (findings: readonly AwsSecurityFinding[]) =>
  findings
    .filter(({ Compliance }) => Compliance?.Status !== 'NOT_AVAILABLE')
    .map(({ GeneratorId, Compliance }) => `${GeneratorId} ${Compliance?.Status}`)
    .sort();
const readPlatform = () => readHub(securityHub, platform);

beforeAll(async () => {
  await deployMember(aws, hub, platform);
  await deployMember(aws, hub, central);
  await deployMember(aws, hub, locked, 'of somebody else');

  const grants = (name: string) => [eksGrant(name, platform, region)];
  const policy = terraformEksPolicy(platform, 'open', forAnyone);
  const key = await site.addKey({ policy, grants: grants('open') });
  await site.addCluster('open', { keyArn: key.arn });
  openKey = key;
  farKey = await home.addKey({ policy: centralPolicy(central, [platform]), grants: grants('far') });
  await site.addCluster('far', { keyArn: farKey.arn });
  await home.kms.send(new DisableKeyCommand({ KeyId: farKey.id }));
  await site.addCluster('keyless', { audits: false });

  const configObject = 'keyward.config.yaml';
  const accounts = [platform, central, locked].join(',');
  const asked = {
    accounts,
    regions: region,
    configObject,
    tripwire: 'true',
    schedule: 'at(2026-11-24T02:00:00)',
  };
  service = await deployService(aws, hub, asked);
  await service.bucket.write(configObject, configuration);
}, 120_000);

describe('What is deployed', () => {
  it('is one zip of at most a megabyte for each function', () => {
    expect(service.zips.map(({ name }) => name).sort()).toEqual([
      'collectClusters',
      'collectKeyUse',
      'collectKeys',
      'collectKubernetes',
      'evaluateAccount',
      'listAccounts',
      'routeChange',
      'summariseRun',
    ]);
    for (const zip of service.zips) {
      expect(zip.bytes, zip.name).toBeLessThanOrEqual(1_000_000);
      expect(zip.bytes, zip.name).toBeGreaterThan(10_000);
    }
  });
});

describe('The schedule', () => {
  it('starts the state machine with the input that names its night', async () => {
    const isOfSchedule = (input: unknown) =>
      JSON.stringify(input) === '{"scheduledTime":"<aws.scheduler.scheduled-time>"}';
    // AWS puts the moment in the place of its name; the emulator leaves it, and that is no moment.
    expect(await service.waitForInput(isOfSchedule)).toMatchObject({
      status: 'FAILED',
      cause: expect.stringContaining('The event is not understood: input'),
    });
  });
});

describe('A night', () => {
  const run = '2026-11-24T020000Z';

  it('runs to its end in the functions as they are packaged, each in its own role', async () => {
    expect(await service.run({ scheduledTime: '2026-11-24T02:00:00Z' })).toEqual({ status: 'SUCCEEDED' });
  });

  it('leaves what it saw, found and has open in the bucket', async () => {
    const names = await service.bucket.list('');
    const accounts = [platform, central, locked];
    expect(names).toEqual(
      expect.arrayContaining([
        ...accounts.map((account) => `runs/${run}/clusters/${account}/${region}`),
        ...accounts.map((account) => `runs/${run}/findings/${account}`),
        `runs/${run}/keys/${central}/${region}/${farKey.id}`,
        `runs/${run}/end`,
        `state/${platform}/${region}`,
        `index/${encodeURIComponent(farKey.arn)}/${platform}/${region}/far`,
      ]),
    );
  });

  it('publishes its failures where the clusters are, wherever their keys are', async () => {
    expect(tell(await readPlatform())).toEqual([
      'keyward/control-plane-audit-log-is-on FAILED',
      'keyward/key-decrypters-are-expected FAILED',
      'keyward/key-is-usable FAILED',
      'keyward/key-policy-has-no-public-statement FAILED',
      'keyward/secrets-use-customer-key FAILED',
      // Nobody made a trail here.
      'keyward/trail-records-key-use FAILED',
      'keyward/trail-records-key-use FAILED',
    ]);
    expect(await readHub(securityHub, central)).toEqual([]);
  });

  it('tells each new critical, then all that changed and what it could not scan', async () => {
    const messages = await service.readMessages();
    const digest = messages.at(-1);
    expect(messages.map(({ MessageAttributes: { type, check } }) => [type?.Value, check?.Value])).toEqual([
      ['finding', expect.stringMatching(/^key-(is-usable|policy-has-no-public-statement)$/)],
      ['finding', expect.stringMatching(/^key-(is-usable|policy-has-no-public-statement)$/)],
      ['digest', undefined],
    ]);
    expect(digest?.Subject).toMatch(/7 new, see what failed/);
    expect(digest?.Message).toContain(`Not scanned: ${locked}/${region}: access-denied`);
    expect(digest?.Message).toContain(`${service.bucket.location}runs/${run}/report.html`);
  });

  it('leaves a page of its failures, what changed, and who may use the keys', async () => {
    const { type, page } = await service.bucket.readPage(`runs/${run}/report.html`);
    expect(type).toBe('text/html; charset=utf-8');
    const { findings, counts, access, clusters, texts } = toData(page);
    const failures = findings.filter(([, , status]) => status === 'fail');
    expect(failures).toHaveLength(7);
    expect(failures.every(([, , , , detail]) => detail?.isNew)).toBe(true);
    expect(findings.filter(([, , status]) => status === 'pass')).toEqual([]);
    expect(counts.some(([, , outcome]) => outcome === 'pass')).toBe(true);
    const tell = (numbers: number[]) => numbers.map((number) => texts[clusters[number]?.[2] ?? -1]).sort();
    expect(tell(access.map(({ cluster }) => cluster))).toEqual(['far', 'open']);
    expect(toMarkup(page)).toContain('The chain is broken: 7 failures');
    expect(toMarkup(page)).toContain('<p>7 new.</p>');
    expect(toMarkup(page)).toContain(`${locked} / ${region}: access-denied`);
  });

  it('ends at its first step when it is delivered a second time', async () => {
    const end = await service.bucket.read(`runs/${run}/end`);
    expect(await service.run({ scheduledTime: '2026-11-24T02:00:00Z' })).toEqual({ status: 'SUCCEEDED' });
    expect(await service.bucket.read(`runs/${run}/end`)).toEqual(end);
    expect(await service.readMessages()).toEqual([]);
  });
});

describe('The nights after', () => {
  it('change nothing where nothing changed', async () => {
    const before = await readPlatform();
    expect(await service.run({ scheduledTime: '2026-11-25T02:00:00Z' })).toEqual({ status: 'SUCCEEDED' });
    expect(await readPlatform()).toEqual(before);
    const messages = await service.readMessages();
    expect(messages.map(({ Subject }) => Subject)).toEqual(['Keyward: nothing changed, see what failed']);
  });

  it('turn a failure that was fixed into a pass, and say so', async () => {
    const policy = terraformEksPolicy(platform, 'open');
    await site.kms.send(
      new PutKeyPolicyCommand({ KeyId: openKey.id, PolicyName: 'default', Policy: policy }),
    );
    expect(await service.run({ scheduledTime: '2026-11-26T02:00:00Z' })).toEqual({ status: 'SUCCEEDED' });
    expect(tell(await readPlatform())).toContain('keyward/key-policy-has-no-public-statement PASSED');
    const messages = await service.readMessages();
    expect(messages.map(({ Subject }) => Subject)).toEqual(['Keyward: 2 resolved, see what failed']);
  });
});

describe('A change of a key', () => {
  it('starts one run, however many its events, and looks at the clusters that hang on the key elsewhere', async () => {
    await home.kms.send(new EnableKeyCommand({ KeyId: farKey.id }));
    const event = {
      source: 'aws.kms',
      'detail-type': 'AWS API Call via CloudTrail',
      account: central,
      region,
      time: '2026-11-26T09:30:14Z',
      detail: {
        eventSource: 'kms.amazonaws.com',
        eventName: 'EnableKey',
        eventTime: '2026-11-26T09:30:12Z',
        resources: [{ ARN: farKey.arn }],
      },
    };
    await Promise.all(Array.from({ length: 10 }, () => service.routeChange(event)));
    expect(await service.waitForChanges()).toEqual([`change-${central}-${region}-2026-11-26T0930`]);
    expect(tell(await readPlatform())).toContain('keyward/key-is-usable PASSED');
    const messages = await service.readMessages();
    expect(messages.map(({ Subject }) => Subject)).toEqual(['Keyward: 1 resolved']);
  });
});

describe('The hub’s bus', () => {
  const bus = 'keyward-prod';
  const isMatch = async (rule: string, event: object) => {
    const Name = (await service.getName(rule)).split('/').at(-1)?.split('|').at(-1);
    const { EventPattern } = await service.events.send(new DescribeRuleCommand({ Name, EventBusName: bus }));
    const test = new TestEventPatternCommand({ EventPattern, Event: JSON.stringify(event) });
    return (await service.events.send(test)).Result;
  };

  it.each([
    ['a change of a key', toCall('kms', 'PutKeyPolicy'), 'ChangesRule'],
    ['a change of a cluster', toCall('eks', 'CreateAccessEntry'), 'ChangesRule'],
    ['a trail that is stopped', toCall('cloudtrail', 'StopLogging'), 'ChangesRule'],
    ['KMS’s own event', toKmsEvent('KMS CMK Deletion'), 'ChangesRule'],
    ['a use of a key', toUse('Decrypt', person), 'TripwireRule'],
    ['a call of another service', toCall('s3', 'DeleteBucket'), undefined],
  ])('knows where %s belongs', async (_, event, rule) => {
    for (const each of ['ChangesRule', 'TripwireRule'])
      expect(await isMatch(each, event), each).toBe(each === rule);
  });

  it('tells of a use of a key in words: whose, which, when and where', async () => {
    const Rule = (await service.getName('TripwireRule')).split('/').at(-1)?.split('|').at(-1);
    const { Targets = [] } = await service.events.send(
      new ListTargetsByRuleCommand({ Rule, EventBusName: bus }),
    );
    // Nobody may put events of AWS: the same targets, for an event that says that it is a sample.
    const sample = { Name: 'sample', EventBusName: bus };
    const EventPattern = JSON.stringify({ source: ['keyward.sample'] });
    await service.events.send(new PutRuleCommand({ ...sample, EventPattern }));
    await service.events.send(new PutTargetsCommand({ Rule: sample.Name, EventBusName: bus, Targets }));
    const { detail } = toUse('Decrypt', person);
    const entry = { Source: 'keyward.sample', DetailType: 'AWS API Call via CloudTrail', EventBusName: bus };
    await service.events.send(
      new PutEventsCommand({ Entries: [{ ...entry, Detail: JSON.stringify(detail) }] }),
    );
    const told: string[] = [];
    await vi.waitFor(async () => {
      told.push(...(await service.readMessages()).map(({ Message }) => Message));
      expect(told).toHaveLength(1);
    }, 10_000);
    // The emulator follows no index of a list, so that the key, `resources[0].ARN`, stays empty here.
    expect(told[0]).toMatch(
      /was used by another than EKS: Decrypt with \S* ?by arn:aws:sts:\S+:assumed-role\/export\/nightly at 2026-11-26T09:30:12Z\./,
    );
    expect(told[0]).toContain(`Account ${hub}, ${region}, CloudTrail event 24042d65-`);
  });
});

describe('The chain of nights', () => {
  const verify = () => {
    const place = `s3://${service.bucket.name}`;
    return keyward(aws, hub, ['verify', place, '--format', 'json', '--public-key', service.signingKeyArn]);
  };
  const toStatuses = ({ nights }: { nights: { run: string; status: string }[] }) =>
    nights.map(({ run, status }) => `${run} ${status}`);

  it('is whole, signed by the stack’s own key, and tells what could not be scanned', () => {
    const told = verify();
    expect(toStatuses(told)).toEqual([
      '2026-11-26T020000Z whole',
      '2026-11-25T020000Z whole',
      '2026-11-24T020000Z whole',
    ]);
    expect(told.nights.map(({ number }: { number: number }) => number)).toEqual([3, 2, 1]);
    expect(told.nights[0]).toMatchObject({ key: service.signingKeyArn, notSeen: { targets: 1 } });
  });

  it('tells of an object that somebody wrote anew', async () => {
    const name = `runs/2026-11-25T020000Z/findings/${platform}`;
    await service.bucket.write(name, '[]');
    const told = verify();
    expect(toStatuses(told)[1]).toBe('2026-11-25T020000Z altered');
    expect(told.nights[1].objects.altered).toEqual([name]);
    expect(told.status).toBe(1);
  });
});

describe('A configuration in a parameter', () => {
  const name = '/keyward/config';
  const night = { scheduledTime: '2026-11-27T02:00:00Z' };

  beforeAll(() => service.change({ ConfigObject: '', ConfigParameter: name }));

  it('fails the run where the parameter is missing, and says which', async () => {
    expect(await service.run(night)).toEqual({
      status: 'FAILED',
      cause: expect.stringContaining(`There is no parameter ${name} in this account and Region`),
    });
  });

  it('fails the run where the parameter has a mistake, and says where', async () => {
    const Value = 'organizationAcounts: []';
    await service.parameters.send(new PutParameterCommand({ Name: name, Type: 'String', Value }));
    const { cause } = await service.run(night);
    expect(cause).toContain(`${name}, line 1, column 1: organizationAcounts: this name is not known`);
  });

  it('judges the run by what the parameter says', async () => {
    const Value = `${configuration}checks: { control-plane-audit-log-is-on: off }\n`;
    await service.parameters.send(
      new PutParameterCommand({ Name: name, Type: 'String', Value, Overwrite: true }),
    );
    expect(await service.run(night)).toEqual({ status: 'SUCCEEDED' });
    expect(await service.bucket.read('runs/2026-11-27T020000Z/settings')).toMatchObject({
      checks: { 'control-plane-audit-log-is-on': 'off' },
    });
  });
});

describe('An input that is not understood', () => {
  it('fails the run, and says what is wrong', async () => {
    const { status, cause } = await service.run({ scheduleTime: '2026-11-24T02:00:00Z' });
    expect({ status, cause }).toEqual({
      status: 'FAILED',
      cause: expect.stringContaining('The event is not understood: input'),
    });
  });
});

describe('A service that knows of a trail', () => {
  it('asks Athena, goes on where that gives no answer, as the emulator gives none, and notes why', async () => {
    const trailLocation = 's3://trail-of-nobody/AWSLogs/o-exampleorgid';
    const accounts = [platform, central].join(',');
    const asking = await deployService(aws, hub, { accounts, regions: region, trailLocation });
    expect(await asking.run({})).toEqual({ status: 'SUCCEEDED' });
    const names = (await asking.bucket.list('runs/')).filter((name) => name.includes('/key-use/'));
    const [asked = '', ended = '', plan] = names;
    expect([asked, ended, plan].map((name) => name?.split('/').slice(3).join('/'))).toEqual([
      '0/asked',
      '0/ended',
      'plan',
    ]);
    expect(await asking.bucket.read(asked)).toMatchObject({ homes: [platform, central] });
    expect(await asking.bucket.read(ended)).toEqual({
      failure: { reason: 'failed', what: expect.stringContaining('Athena gave no answer') },
    });
  }, 120_000);
});
