import { EKSClient } from '@aws-sdk/client-eks';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../../sandbox/faults.ts';
import { standardEntry, usualEntries } from '../../../sandbox/fleets/access.ts';
import { cluster } from '../../../sandbox/fleets/build.ts';
import type { SandboxCluster } from '../../../sandbox/fleets/fleet.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import { collectAccessEntries } from '../../../shared/collect/eks/collect-access-entries.ts';
import { collectPodIdentity } from '../../../shared/collect/eks/collect-pod-identity.ts';
import { isKnown } from '../../../shared/evidence/fact.ts';
import { serveJson } from '../serve-json.ts';

const account = '111122223333';
const site = { account, region: 'eu-central-1', now: new Date('2026-11-24T12:00:00Z') };
const credential = { accessKeyId: 'AKIAONE', secretAccessKey: 's' };
const { signal } = new AbortController();
const toRole = (name: string) => `arn:aws:iam::${account}:role/${name}`;

const open = async (more: Partial<SandboxCluster>, faults: Fault[] = []) => {
  const sandbox = await startSandbox(
    {
      accounts: [{ id: account, name: 'one', regions: [site.region], roles: [] }],
      credentials: [{ ...credential, account, arn: `arn:aws:iam::${account}:user/ci` }],
      clusters: [cluster(site, 'shop', more)],
      keys: [],
    },
    { faults },
  );
  onTestFinished(() => sandbox.close());
  const client = new EKSClient({
    endpoint: sandbox.endpoint,
    region: site.region,
    credentials: credential,
    maxAttempts: 1,
  });
  const ask = (isDescribed = false, authenticationMode: string | undefined = 'API') =>
    collectAccessEntries(client, { clusterName: 'shop', authenticationMode, isDescribed }, signal);
  return { client, ask, counts: sandbox.requests.counts };
};

describe('collectAccessEntries', () => {
  it('tells who is let in and what access policies say, at one request an entry and one for the list', async () => {
    const { ask, counts } = await open({ accessEntries: usualEntries(account, 'shop') });
    expect(await ask()).toEqual({
      value: [
        {
          principalArn: toRole('deploy'),
          accessPolicies: [
            {
              policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy',
              accessScope: { type: 'namespace', namespaces: ['shop', 'shop-*'] },
            },
          ],
        },
        { principalArn: toRole('keyward-member'), accessPolicies: [] },
        { principalArn: toRole('shop-nodes'), accessPolicies: [] },
        {
          principalArn: toRole('terraform'),
          accessPolicies: [
            {
              policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
              accessScope: { type: 'cluster', namespaces: [] },
            },
          ],
        },
      ],
      missing: [],
    });
    expect(Object.fromEntries(counts)).toEqual({
      'eks:ListAccessEntries': 1,
      'eks:ListAssociatedAccessPolicies': 4,
    });
  });

  it('describes entries when asked to, and then knows that nodes have no access policies', async () => {
    const { ask, counts } = await open({ accessEntries: usualEntries(account, 'shop') });
    const fact = await ask(true);
    expect(isKnown(fact) && fact.value.map(({ type, kubernetesGroups }) => [type, kubernetesGroups])).toEqual(
      [
        ['STANDARD', []],
        ['STANDARD', ['keyward']],
        ['EC2_LINUX', ['system:nodes']],
        ['STANDARD', []],
      ],
    );
    expect(Object.fromEntries(counts)).toEqual({
      'eks:ListAccessEntries': 1,
      'eks:DescribeAccessEntry': 4,
      'eks:ListAssociatedAccessPolicies': 3,
    });
  });

  it.each(['CONFIG_MAP', undefined])('asks nothing where the mode is %s', async (mode) => {
    const { client, counts } = await open({});
    const asked = { clusterName: 'shop', authenticationMode: mode, isDescribed: false };
    expect(await collectAccessEntries(client, asked, signal)).toEqual({ value: [], missing: [] });
    expect(counts.size).toBe(0);
  });

  it('reads every page', async () => {
    const accessEntries = Array.from({ length: 130 }, (_, index) => standardEntry(toRole(`r-${index}`)));
    const { ask, counts } = await open({ accessEntries });
    const fact = await ask();
    expect(isKnown(fact) && fact.value).toHaveLength(130);
    expect(counts.get('eks:ListAccessEntries')).toBe(2);
  });

  it.each<[Fault['kind'], string]>([
    ['access-denied', 'access-denied'],
    ['denied-by-scp', 'denied-by-organization'],
    ['throttle', 'throttled'],
  ])('is unknown where the listing meets %s', async (kind, reason) => {
    const { ask } = await open({}, [{ kind, service: 'eks', operation: 'ListAccessEntries' }]);
    expect(await ask()).toMatchObject({ unknown: reason });
  });

  it('asks no further once it is refused the policies of the first', async () => {
    const fault: Fault = { kind: 'access-denied', operation: 'ListAssociatedAccessPolicies' };
    const { ask, counts } = await open({}, [fault]);
    expect(await ask()).toMatchObject({ unknown: 'access-denied' });
    expect(counts.get('eks:ListAssociatedAccessPolicies')).toBe(1);
  });

  it('names the entry whose policies could not be read, and keeps the others', async () => {
    const fault: Fault = { kind: 'throttle', resource: 'shop-nodes' };
    const { ask } = await open({}, [fault]);
    const fact = await ask();
    expect(isKnown(fact) && fact.value).toHaveLength(4);
    expect(isKnown(fact) && fact.missing).toEqual([
      {
        what: expect.stringContaining(`the access policies of ${toRole('shop-nodes')}`),
        reason: 'throttled',
      },
    ]);
  });

  it('leaves out an entry that is gone before it is asked about', async () => {
    const fault: Fault = { kind: 'not-found', resource: 'role/deploy' };
    const { ask } = await open({}, [fault]);
    const fact = await ask();
    expect(isKnown(fact) && fact.value.map(({ principalArn }) => principalArn)).toEqual([
      toRole('keyward-member'),
      toRole('shop-nodes'),
      toRole('terraform'),
    ]);
    expect(isKnown(fact) && fact.missing).toEqual([]);
  });

  it('is unknown where the answer has another shape', async () => {
    const access = await serveJson(({ operation }) =>
      operation.includes('/access-policies')
        ? { associatedAccessPolicies: [{ accessScope: {} }] }
        : { accessEntries: [toRole('one')] },
    );
    const asked = { clusterName: 'shop', authenticationMode: 'API', isDescribed: false };
    expect(await collectAccessEntries(new EKSClient(access), asked, signal)).toEqual({
      value: [{ principalArn: toRole('one'), accessPolicies: [] }],
      missing: [{ what: expect.stringContaining('not of the documented shape'), reason: 'failed' }],
    });
  });
});

describe('collectPodIdentity', () => {
  const association = (serviceAccount: string) => ({
    associationId: `a-${serviceAccount}`,
    associationArn: `arn:aws:eks:eu-central-1:${account}:podidentityassociation/shop/a-${serviceAccount}`,
    namespace: 'shop',
    serviceAccount,
    roleArn: toRole(serviceAccount),
  });

  it('tells the role of each service account', async () => {
    const podIdentityAssociations = [
      { ...association('cart'), targetRoleArn: 'arn:aws:iam::444455556666:role/cart' },
      {
        ...association('search'),
        policy: '{"Version":"2012-10-17","Statement":[]}',
        disableSessionTags: true,
      },
    ];
    const { client, counts } = await open({ podIdentityAssociations });
    const [cart, search] = podIdentityAssociations.map(({ associationId: _, ...told }) => told);
    expect(await collectPodIdentity(client, 'shop', signal)).toEqual({ value: [cart, search], missing: [] });
    expect(Object.fromEntries(counts)).toEqual({
      'eks:ListPodIdentityAssociations': 1,
      'eks:DescribePodIdentityAssociation': 2,
    });
  });

  it('is one request for a cluster without any', async () => {
    const { client, counts } = await open({});
    expect(await collectPodIdentity(client, 'shop', signal)).toEqual({ value: [], missing: [] });
    expect(Object.fromEntries(counts)).toEqual({ 'eks:ListPodIdentityAssociations': 1 });
  });

  it('names the service account whose role could not be read', async () => {
    const podIdentityAssociations = [association('cart'), association('search')];
    const { client } = await open({ podIdentityAssociations }, [{ kind: 'throttle', resource: 'a-search' }]);
    const fact = await collectPodIdentity(client, 'shop', signal);
    expect(isKnown(fact) && fact.value.map(({ roleArn }) => roleArn)).toEqual([toRole('cart'), undefined]);
    expect(isKnown(fact) && fact.missing).toEqual([
      { what: expect.stringContaining('service account shop/search'), reason: 'throttled' },
    ]);
  });

  it('is unknown where nobody may describe one', async () => {
    const fault: Fault = { kind: 'access-denied', operation: 'DescribePodIdentityAssociation' };
    const { client } = await open({ podIdentityAssociations: [association('cart')] }, [fault]);
    expect(await collectPodIdentity(client, 'shop', signal)).toMatchObject({ unknown: 'access-denied' });
  });
});
