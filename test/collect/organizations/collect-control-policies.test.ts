import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../../sandbox/faults.ts';
import type { Fleet } from '../../../sandbox/fleets/fleet.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import type { AccountControlPolicies } from '../../../shared/collect/organizations/collect-control-policies.ts';
import { createControlPolicyReader } from '../../../shared/collect/organizations/collect-control-policies.ts';
import { isKnown } from '../../../shared/evidence/fact.ts';

const management = '111122223333';
const [first, second, stranger] = ['123456789012', '210987654321', '666677778888'];
const content = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: 'kms:*', Resource: '*' }],
});
const units = [
  { id: 'ou-exam-workloads', name: 'Workloads' },
  { id: 'ou-exam-production', name: 'Produktion', parent: 'ou-exam-workloads' },
];
const toAccount = (id: string, more: object = {}) => ({ id, name: id, regions: [], roles: [], ...more });
const toCredential = (account: string, accessKeyId: string) => ({
  accessKeyId,
  secretAccessKey: 's',
  account,
  arn: `arn:aws:iam::${account}:user/ci`,
});

const fleet: Fleet = {
  organization: {
    id: 'o-exampleorgid',
    managementAccount: management,
    units,
    policies: [
      {
        id: 'p-service01',
        name: 'Schlüssel',
        type: 'SERVICE_CONTROL_POLICY',
        content,
        targets: ['ou-exam-workloads'],
      },
      { id: 'p-resource1', name: 'Keys', type: 'RESOURCE_CONTROL_POLICY', content, targets: [first] },
    ],
  },
  accounts: [
    toAccount(management),
    toAccount(first, { unit: 'ou-exam-production' }),
    toAccount(second, { unit: 'ou-exam-production' }),
    toAccount(stranger, { isOutside: true }),
  ],
  credentials: [
    toCredential(management, 'AKIAMANAGEMENT'),
    toCredential(first, 'AKIAFIRST'),
    toCredential(stranger, 'AKIASTRANGER'),
  ],
  clusters: [],
  keys: [],
};

const open = async (accessKeyId = 'AKIAMANAGEMENT', faults: Fault[] = [], served = fleet) => {
  const sandbox = await startSandbox(served, { faults });
  onTestFinished(() => sandbox.close());
  const client = new OrganizationsClient({
    endpoint: sandbox.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 's' },
    maxAttempts: 1,
  });
  return {
    read: createControlPolicyReader(client, new AbortController().signal),
    requests: sandbox.requests,
  };
};

const toLevels = (policies: AccountControlPolicies, type: keyof AccountControlPolicies) => {
  const fact = policies[type];
  return isKnown(fact)
    ? fact.value.levels.map((level) => [level.target, ...level.policies.map(({ Id }) => Id)])
    : fact;
};

describe('createControlPolicyReader', () => {
  it('gives the policies of each level from the root to the account', async () => {
    const { read } = await open();
    const policies = await read(first, false);
    expect(toLevels(policies, 'serviceControl')).toEqual([
      ['r-exam', 'p-FullAWSAccess'],
      ['ou-exam-workloads', 'p-FullAWSAccess', 'p-service01'],
      ['ou-exam-production', 'p-FullAWSAccess'],
      [first, 'p-FullAWSAccess'],
    ]);
    expect(toLevels(policies, 'resourceControl')).toMatchObject([
      {},
      {},
      {},
      [first, 'p-RCPFullAWSAccess', 'p-resource1'],
    ]);
    expect(policies.serviceControl).toMatchObject({
      value: {
        managementAccount: management,
        levels: [
          {},
          {
            policies: [
              {},
              {
                Name: 'Schlüssel',
                Arn: `arn:aws:organizations::${management}:policy/o-exampleorgid/service_control_policy/p-service01`,
                Content: content,
              },
            ],
          },
          {},
          {},
        ],
      },
      missing: [],
    });
  });

  it('asks about each account, unit and policy once, however many accounts there are', async () => {
    const { read, requests } = await open();
    await Promise.all([read(first, false), read(second, false), read(management, true), read(first, false)]);
    expect(Object.fromEntries(requests.counts)).toEqual({
      'organizations:DescribeOrganization': 1,
      // Three accounts and two units.
      'organizations:ListParents': 5,
      // Those and the root, of both types.
      'organizations:ListPoliciesForTarget': 12,
      'organizations:DescribePolicy': 4,
    });
  });

  it('is refused once in a member account, and knows nothing of any', async () => {
    const { read, requests } = await open('AKIAFIRST');
    for (const account of [first, second, management]) {
      const { serviceControl, resourceControl } = await read(account, account === first);
      expect([serviceControl, resourceControl]).toMatchObject([
        { unknown: 'access-denied' },
        { unknown: 'access-denied' },
      ]);
    }
    expect(requests.counts.get('organizations:ListParents')).toBe(1);
  });

  it('knows that a caller in no organisation is bound by none, and nothing of other accounts', async () => {
    const { read } = await open('AKIASTRANGER');
    expect((await read(stranger, true)).serviceControl).toEqual({ value: { levels: [] }, missing: [] });
    expect((await read(first, false)).serviceControl).toMatchObject({ unknown: 'unsupported' });
  });

  it('does not find an account outside the organisation, and finds the next one', async () => {
    const { read } = await open();
    expect((await read(stranger, false)).resourceControl).toMatchObject({ unknown: 'not-found' });
    expect((await read(first, false)).resourceControl).toHaveProperty('value');
  });

  it('keeps a policy that could not be read without its content, and names it', async () => {
    const { read } = await open('AKIAMANAGEMENT', [
      { kind: 'throttle', operation: 'DescribePolicy', resource: 'p-service01' },
    ]);
    const { serviceControl, resourceControl } = await read(first, false);
    expect(serviceControl).toMatchObject({
      value: {
        levels: [{}, { policies: [{ Id: 'p-FullAWSAccess' }, { Id: 'p-service01' }] }, {}, {}],
      },
      missing: [{ reason: 'throttled', what: expect.stringContaining('p-service01 of ou-exam-workloads') }],
    });
    expect(JSON.stringify(serviceControl)).not.toContain('kms:*');
    expect(resourceControl).toMatchObject({ missing: [] });
  });

  it('gives no level of a type that the organisation has switched off', async () => {
    const { read } = await open('AKIAMANAGEMENT', [], {
      ...fleet,
      organization: {
        id: 'o-exampleorgid',
        managementAccount: management,
        units,
        offTypes: ['RESOURCE_CONTROL_POLICY'],
      },
    });
    const policies = await read(first, false);
    expect(toLevels(policies, 'resourceControl')).toEqual([]);
    expect(toLevels(policies, 'serviceControl')).toHaveLength(4);
  });

  it('is unknown in one type where its listing fails, and known in the other', async () => {
    const { read } = await open('AKIAMANAGEMENT', [
      { kind: 'server-error', operation: 'ListPoliciesForTarget', resource: 'SERVICE_CONTROL_POLICY' },
    ]);
    const { serviceControl, resourceControl } = await read(first, false);
    expect(serviceControl).toMatchObject({ unknown: 'failed' });
    expect(resourceControl).toMatchObject({ missing: [] });
  });
});
