import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../../sandbox/faults.ts';
import type { Fleet } from '../../../sandbox/fleets/fleet.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import type { AccountControlPolicies } from '../../../shared/collect/organizations/collect-control-policies.ts';
import { createControlPolicyReader } from '../../../shared/collect/organizations/collect-control-policies.ts';
import { getGap, isKnown } from '../../../shared/evidence/fact.ts';

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

const everyone = [first, second, management];

const open = async (
  accessKeyId = 'AKIAMANAGEMENT',
  faults: Fault[] = [],
  served = fleet,
  accounts = everyone,
) => {
  const sandbox = await startSandbox(served, { faults });
  onTestFinished(() => sandbox.close());
  const client = new OrganizationsClient({
    endpoint: sandbox.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 's' },
    maxAttempts: 1,
  });
  return {
    read: createControlPolicyReader(client, new AbortController().signal, accounts),
    requests: sandbox.requests,
  };
};

const toLevels = (policies: AccountControlPolicies, type: keyof AccountControlPolicies) => {
  const fact = policies[type];
  return isKnown(fact)
    ? fact.value.levels.map((level) => [level.target, ...level.policies.map(({ Id }) => Id)])
    : fact;
};

/** The service control policies of the first account. */
const onFirst = [
  ['r-exam', 'p-FullAWSAccess'],
  ['ou-exam-workloads', 'p-FullAWSAccess', 'p-service01'],
  ['ou-exam-production', 'p-FullAWSAccess'],
  [first, 'p-FullAWSAccess'],
];

describe('createControlPolicyReader', () => {
  it('gives the policies of each level from the root to the account', async () => {
    const { read } = await open();
    const policies = await read(first, false);
    expect(toLevels(policies, 'serviceControl')).toEqual(onFirst);
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

  it('asks each policy where it is attached and walks the tree while that is cheap, each once', async () => {
    const { read, requests } = await open();
    await Promise.all([read(first, false), read(second, false), read(management, true), read(first, false)]);
    expect(Object.fromEntries(requests.counts)).toEqual({
      'organizations:DescribeOrganization': 1,
      'organizations:ListRoots': 1,
      // The root's, which tell of the management account and the upper unit: more would exceed three requests.
      'organizations:ListAccountsForParent': 1,
      'organizations:ListOrganizationalUnitsForParent': 1,
      // The two others and the lower unit.
      'organizations:ListParents': 3,
      'organizations:ListPolicies': 2,
      // Of every policy but the one that is attached everywhere for good.
      'organizations:ListTargetsForPolicy': 3,
      'organizations:DescribePolicy': 4,
    });
  });

  it('asks the places of a single account, where that is fewer', async () => {
    const { read, requests } = await open('AKIAMANAGEMENT', [], fleet, [first]);
    const policies = await read(first, false);
    expect(toLevels(policies, 'serviceControl')).toEqual(onFirst);
    expect(Object.fromEntries(requests.counts)).toEqual({
      'organizations:DescribeOrganization': 1,
      'organizations:ListRoots': 1,
      'organizations:ListParents': 3,
      'organizations:ListPolicies': 2,
      // Root, two units, account; both types.
      'organizations:ListPoliciesForTarget': 8,
      'organizations:DescribePolicy': 4,
    });
  });

  it('costs the pages of units and policies, however many accounts there are', async () => {
    const many = Array.from({ length: 300 }, (_, index) => String(300000000000 + index));
    const { read, requests } = await open(
      'AKIAMANAGEMENT',
      [],
      { ...fleet, accounts: many.map((id, index) => toAccount(id, { unit: units[index % 2]?.id })) },
      many,
    );
    const all = await Promise.all(many.map((account) => read(account, false)));
    const depths = all.map((one) => {
      const levels = toLevels(one, 'serviceControl');
      return 'unknown' in levels ? levels.detail : levels.length;
    });
    // Half of them stand one unit deeper.
    expect(depths).toEqual(many.map((_, index) => 3 + (index % 2)));
    expect(Object.fromEntries(requests.counts)).toMatchObject({
      // The root has none of its own; each unit has 150, 20 a page.
      'organizations:ListAccountsForParent': 1 + 2 * 8,
      'organizations:ListOrganizationalUnitsForParent': 3,
      // 303 targets of full access, one page of each other.
      'organizations:ListTargetsForPolicy': 16 + 2,
    });
    expect(requests.counts.get('organizations:ListParents')).toBeUndefined();
  });

  it('costs the paths of a few accounts, however large the organisation is', async () => {
    const few = [first, second, ...Array.from({ length: 4 }, (_, index) => String(400000000000 + index))];
    const others = Array.from({ length: 300 }, (_, index) => toAccount(String(300000000000 + index)));
    const accounts = [...others, ...few.map((id) => toAccount(id, { unit: 'ou-exam-production' }))];
    const { read, requests } = await open('AKIAMANAGEMENT', [], { ...fleet, accounts }, few);
    const [of] = await Promise.all(few.map((account) => read(account, false)));
    expect(of && toLevels(of, 'serviceControl')).toEqual(onFirst);
    expect(Object.fromEntries(requests.counts)).toMatchObject({
      // Given up after as many requests as there are accounts.
      'organizations:ListAccountsForParent': 5,
      'organizations:ListOrganizationalUnitsForParent': 1,
      'organizations:ListTargetsForPolicy': 6 + 1,
      'organizations:ListParents': 7,
      // Six accounts, two units and the root.
      'organizations:ListPoliciesForTarget': 9,
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
    expect(Object.fromEntries(requests.counts)).toEqual({
      'organizations:DescribeOrganization': 1,
      'organizations:ListRoots': 1,
    });
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

  it.each([
    ['ListPolicies', everyone],
    ['ListPoliciesForTarget', [first]],
  ])('is unknown in one type where its %s fails, and known in the other', async (operation, accounts) => {
    const fault: Fault = { kind: 'server-error', operation, resource: 'SERVICE_CONTROL_POLICY' };
    const { read } = await open('AKIAMANAGEMENT', [fault], fleet, accounts);
    const { serviceControl, resourceControl } = await read(first, false);
    expect(serviceControl).toMatchObject({ unknown: 'failed' });
    expect(resourceControl).toMatchObject({ missing: [] });
  });

  it('names a policy of which it is not known where it is attached', async () => {
    const { read } = await open('AKIAMANAGEMENT', [
      { kind: 'throttle', operation: 'ListTargetsForPolicy', resource: 'p-service01' },
    ]);
    const { serviceControl, resourceControl } = await read(second, false);
    expect(serviceControl).toMatchObject({
      value: { levels: [{}, { policies: [{ Id: 'p-FullAWSAccess' }] }, {}, {}] },
      missing: [{ reason: 'throttled', what: expect.stringMatching(/^where control policy p-service01 is/) }],
    });
    expect(resourceControl).toMatchObject({ missing: [] });
  });

  it('does not take a list of policies that broke off, or of their targets, for all there are', async () => {
    const policies = Array.from({ length: 25 }, (_, index) => ({
      id: `p-extra${String(index).padStart(3, '0')}`,
      name: `extra ${index}`,
      type: 'SERVICE_CONTROL_POLICY' as const,
      content,
      targets: ['ou-exam-workloads'],
    }));
    const many = Array.from({ length: 40 }, (_, index) => String(300000000000 + index));
    const served: Fleet = {
      ...fleet,
      organization: { id: 'o-exampleorgid', managementAccount: management, units, policies },
      accounts: [toAccount(management), ...many.map((id) => toAccount(id, { unit: 'ou-exam-workloads' }))],
    };
    const readLast = async (operation: string, resource: string) => {
      const fault: Fault = { kind: 'server-error', operation, resource, every: 2 };
      const { read } = await open('AKIAMANAGEMENT', [fault], served, many);
      return (await read(many[39] ?? '', false)).serviceControl;
    };
    expect(await readLast('ListPolicies', 'SERVICE_CONTROL_POLICY')).toMatchObject({
      missing: [{ reason: 'failed', what: expect.stringMatching(/^page 2 and later of .*ListPolicies/) }],
    });
    const gaps = getGap(await readLast('ListTargetsForPolicy', 'p-FullAWSAccess'));
    expect(gaps?.detail).toMatch(/^page 2 and later of organizations:ListTargetsForPolicy of p-FullAWS/);
  });

  it.each(['ListAccountsForParent', 'ListOrganizationalUnitsForParent'])(
    'asks for parents where %s is refused',
    async (operation) => {
      const { read } = await open('AKIAMANAGEMENT', [{ kind: 'access-denied', operation }]);
      expect(toLevels(await read(first, false), 'serviceControl')).toEqual(onFirst);
    },
  );

  it('says why where neither the tree nor the parents may be asked', async () => {
    const { read } = await open('AKIAMANAGEMENT', [
      { kind: 'access-denied', operation: 'ListAccountsForParent' },
      { kind: 'denied-by-scp', operation: 'ListParents' },
    ]);
    expect((await read(first, false)).serviceControl).toMatchObject({ unknown: 'denied-by-organization' });
  });

  it('is unknown where the root cannot be asked', async () => {
    const { read } = await open('AKIAMANAGEMENT', [{ kind: 'access-denied', operation: 'ListRoots' }]);
    expect((await read(first, false)).resourceControl).toMatchObject({ unknown: 'access-denied' });
  });
});
