import {
  DescribeClusterCommand,
  EKSClient,
  InvalidParameterException,
  ListAccessEntriesCommand,
  ListClustersCommand,
  paginateListClusters,
  ResourceNotFoundException,
} from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { collectPages, serve, workload } from '../serve.ts';

describe('EKS of the sandbox', () => {
  it('pages the clusters of one account and Region, sorted', async () => {
    const { sandbox, toConfig } = await serve();
    const pages = await collectPages(
      paginateListClusters({ client: new EKSClient(toConfig()), pageSize: 60 }, {}),
    );
    expect(pages.map(({ clusters }) => clusters?.length)).toEqual([60, 60, 10]);
    expect(pages[2]?.clusters?.at(-1)).toBe('c-129');
    expect(sandbox.requests.counts.get('eks:ListClusters')).toBe(3);
  });

  it.each([0, 101])('refuses maxResults %i', async (maxResults) => {
    const { toConfig } = await serve();
    const asked = new EKSClient(toConfig()).send(new ListClustersCommand({ maxResults }));
    await expect(asked).rejects.toBeInstanceOf(InvalidParameterException);
  });

  it('describes a cluster with its dates and lists', async () => {
    const { toConfig } = await serve();
    const { cluster } = await new EKSClient(toConfig()).send(new DescribeClusterCommand({ name: 'c-007' }));
    expect(cluster).toMatchObject({ name: 'c-007', status: 'ACTIVE', health: { issues: [] } });
    expect(cluster?.createdAt?.toISOString()).toBe('2025-09-30T12:00:00.000Z');
  });

  it.each([
    { accessKeyId: 'AKIAMANAGEMENT', region: 'eu-central-1', name: 'western', why: 'another Region' },
    { accessKeyId: 'AKIAMANAGEMENT', region: 'eu-central-1', name: 'working', why: 'another account' },
  ])('does not find a cluster of $why', async ({ accessKeyId, region, name }) => {
    const { toConfig } = await serve();
    const asked = new EKSClient(toConfig(accessKeyId, region)).send(new DescribeClusterCommand({ name }));
    await expect(asked).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it('refuses any credentials in a Region that the account has not enabled', async () => {
    const { toConfig } = await serve();
    const asked = new EKSClient(toConfig('AKIAWORKLOAD', 'eu-west-1')).send(new ListClustersCommand({}));
    await expect(asked).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('tells whom it lets in, and refuses to where the ConfigMap aws-auth alone counts', async () => {
    const { toConfig } = await serve();
    const client = new EKSClient(toConfig('AKIAWORKLOAD'));
    const { accessEntries = [] } = await client.send(
      new ListAccessEntriesCommand({ clusterName: 'working' }),
    );
    expect(accessEntries).toContain(`arn:aws:iam::${workload}:role/working-nodes`);
    const western = new EKSClient(toConfig('AKIAMANAGEMENT', 'eu-west-1'));
    await expect(
      western.send(new ListAccessEntriesCommand({ clusterName: 'western' })),
    ).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: expect.stringContaining('authentication mode must be set to one of [API, API_AND_CONFIG_MAP]'),
    });
  });
});
