import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeRuleCommand,
  EventBridgeClient,
  ListTargetsByRuleCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { GetRoleCommand, GetRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { changes, parseChangeEvent } from '../../shared/use-cases/change-event.ts';
import { eks, otherService, person, toCall, toKmsEvent, toUse } from './events.ts';
import { deployTemplate, toConfig } from './service.ts';

const endpoint = z.url().parse(process.env.MINISTACK_ENDPOINT);
const member = '666666666666';
const hub = '111111111111';
const HubBusArn = `arn:aws:events:eu-central-1:${hub}:event-bus/keyward-prod`;
const config = toConfig(endpoint, member);
const client = new EventBridgeClient(config);

/** The rules of the member account, by the names that the template gives them. */
let rules: Record<'ChangesRule' | 'KeyEventsRule' | 'TripwireRule', { Name: string; EventPattern: string }>;

const findRules = async () => {
  const { StackResourceSummaries = [] } = await new CloudFormationClient(config).send(
    new ListStackResourcesCommand({ StackName: 'keyward-member-events' }),
  );
  const describeRule = async (logicalId: string) => {
    const found = StackResourceSummaries.find(({ LogicalResourceId }) => LogicalResourceId === logicalId);
    const Name = found?.PhysicalResourceId?.split('/').at(-1) ?? '';
    const { EventPattern = '' } = await client.send(new DescribeRuleCommand({ Name }));
    return { Name, EventPattern };
  };
  return {
    ChangesRule: await describeRule('ChangesRule'),
    KeyEventsRule: await describeRule('KeyEventsRule'),
    TripwireRule: await describeRule('TripwireRule'),
  };
};

const isMatch = async (rule: keyof typeof rules, event: object): Promise<boolean | undefined> => {
  const { EventPattern } = rules[rule];
  const test = new TestEventPatternCommand({ EventPattern, Event: JSON.stringify(event) });
  return (await client.send(test)).Result;
};

beforeAll(async () => {
  await deployTemplate(endpoint, member, 'member-role', { HubAccountId: hub, HubBusArn });
  await deployTemplate(endpoint, member, 'member-events', { HubBusArn, Tripwire: 'true' });
  rules = await findRules();
});

describe('The rule for changes in a member account', () => {
  const all = Object.entries(changes).flatMap(([source, names]) =>
    [...names].map(
      (name) => [z.enum(['kms', 'eks', 'cloudtrail']).parse(source.split('.')[0]), name] as const,
    ),
  );

  it.each(all)('forwards %s %s, for which the router starts a run', async (service, name) => {
    const event = toCall(service, name);
    expect(await isMatch('ChangesRule', event)).toBe(true);
    expect(parseChangeEvent(event)).not.toHaveProperty('ignored');
  });

  it.each([
    ['a call that failed', toCall('kms', 'PutKeyPolicy', { errorCode: 'AccessDenied' })],
    ['a call that reads', toCall('kms', 'GetKeyPolicy')],
    ['a use of a key', toUse('Decrypt', person)],
    ['another service’s call', toCall('s3', 'DeleteBucket')],
    ['KMS’s own event', toKmsEvent('KMS CMK Deletion')],
  ])('does not forward %s', async (_, event) => {
    expect(await isMatch('ChangesRule', event)).toBe(false);
  });
});

describe('The rule for KMS’s own events', () => {
  it.each([
    ['KMS CMK Deletion', true],
    ['KMS Imported Key Material Expiration', true],
    ['KMS CMK Rotation', false],
  ])('forwards %s: %s, and the router agrees', async (type, isForwarded) => {
    expect(await isMatch('KeyEventsRule', toKmsEvent(type))).toBe(isForwarded);
    expect('ignored' in parseChangeEvent(toKmsEvent(type))).toBe(!isForwarded);
  });
});

describe('The tripwire', () => {
  it.each([
    ['a person’s Decrypt under a cluster’s context', toUse('Decrypt', person), true],
    ['a person’s Encrypt under a cluster’s context', toUse('Encrypt', person), true],
    ['another service’s Decrypt under a cluster’s context', toUse('Decrypt', otherService), true],
    [
      'one that was denied',
      toCall('kms', 'Decrypt', { ...toUse('Decrypt', person).detail, errorCode: 'AccessDenied' }),
      true,
    ],
    ['EKS’s own Decrypt', toUse('Decrypt', eks), false],
    [
      'EKS’s own, by the cluster’s role',
      toUse('Decrypt', { ...person, invokedBy: 'eks.amazonaws.com' }),
      false,
    ],
    ['a Decrypt of a volume', toUse('Decrypt', person, { 'aws:ebs:id': 'vol-0123456789abcdef0' }), false],
    ['a Decrypt without a context', toUse('Decrypt', person, null), false],
    ['a change of the key', toCall('kms', 'PutKeyPolicy'), false],
  ])('tells whether %s is one', async (_, event, isTripped) => {
    expect(await isMatch('TripwireRule', event)).toBe(isTripped);
  });

  it('is in the state that lets read-only events through', async () => {
    const { State } = await client.send(new DescribeRuleCommand({ Name: rules.TripwireRule.Name }));
    expect(State).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS');
  });
});

describe('Each rule of a member account', () => {
  it('has the hub’s bus for its target, in a role that may put events there and nowhere else', async () => {
    const RoleName = 'KeywardMemberForwarding';
    const iam = new IAMClient(config);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    const { PolicyDocument = '' } = await iam.send(
      new GetRolePolicyCommand({ RoleName, PolicyName: 'forward' }),
    );
    expect(JSON.parse(decodeURIComponent(PolicyDocument)).Statement).toEqual([
      { Effect: 'Allow', Action: 'events:PutEvents', Resource: HubBusArn },
    ]);
    for (const { Name } of Object.values(rules)) {
      const { Targets } = await client.send(new ListTargetsByRuleCommand({ Rule: Name }));
      expect(Targets).toEqual([{ Id: 'keyward', Arn: HubBusArn, RoleArn: Role?.Arn }]);
    }
  });
});
