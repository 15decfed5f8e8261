import {
  AccessDeniedException,
  DescribeClusterCommand,
  EKSClient,
  ListClustersCommand,
  ResourceNotFoundException,
  ServerException,
  ThrottlingException,
} from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { toFaultPicker } from '../../sandbox/faults.ts';
import { serve } from './serve.ts';

const list = new ListClustersCommand({ maxResults: 1 });

describe('Faults of the sandbox', () => {
  it.each([
    { kind: 'access-denied', error: AccessDeniedException, status: 403 },
    { kind: 'denied-by-scp', error: AccessDeniedException, status: 403 },
    { kind: 'throttle', error: ThrottlingException, status: 429 },
    { kind: 'server-error', error: ServerException, status: 500 },
    { kind: 'not-found', error: ResourceNotFoundException, status: 404 },
  ] as const)('answers $kind as EKS does', async ({ kind, error, status }) => {
    const { toConfig } = await serve({ faults: [{ kind, service: 'eks' }] });
    const thrown = await new EKSClient(toConfig()).send(list).catch((caught: unknown) => caught);
    expect(thrown).toBeInstanceOf(error);
    expect(thrown).toMatchObject({ $metadata: { httpStatusCode: status } });
  });

  it('says that a service control policy denied', async () => {
    const { toConfig } = await serve({ faults: [{ kind: 'denied-by-scp' }] });
    await expect(new EKSClient(toConfig()).send(list)).rejects.toThrow(
      'with an explicit deny in a service control policy',
    );
  });

  it('drops the connection', async () => {
    const { toConfig } = await serve({ faults: [{ kind: 'drop-connection' }] });
    await expect(new EKSClient(toConfig()).send(list)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('cuts a body in two', async () => {
    const { toConfig } = await serve({ faults: [{ kind: 'malformed-body' }] });
    await expect(new EKSClient(toConfig()).send(list)).rejects.toBeInstanceOf(SyntaxError);
  });

  it('answers slowly, and still answers', async () => {
    const { toConfig } = await serve({ latencyMs: 1, faults: [{ kind: 'slow', latencyMs: 20 }] });
    expect((await new EKSClient(toConfig()).send(list)).clusters).toEqual(['c-000']);
  });

  it('touches only the resource that a rule names', async () => {
    const { toConfig } = await serve({ faults: [{ kind: 'access-denied', resource: 'c-001' }] });
    const client = new EKSClient(toConfig());
    await expect(client.send(new DescribeClusterCommand({ name: 'c-001' }))).rejects.toBeInstanceOf(
      AccessDeniedException,
    );
    expect((await client.send(new DescribeClusterCommand({ name: 'c-002' }))).cluster?.name).toBe('c-002');
  });

  it('lets the SDK’s own retries pass a throttle that ends', async () => {
    const { sandbox, toConfig } = await serve({
      faults: [{ kind: 'throttle', operation: 'ListClusters', times: 2 }],
    });
    const client = new EKSClient({ ...toConfig(), maxAttempts: 3 });
    expect((await client.send(list)).$metadata.attempts).toBe(3);
    expect(sandbox.requests.counts.get('eks:ListClusters')).toBe(3);
  });

  it('takes new rules while it runs, and forgets the old ones', async () => {
    const { sandbox, toConfig } = await serve({ faults: [{ kind: 'server-error' }] });
    const client = new EKSClient(toConfig());
    await expect(client.send(list)).rejects.toBeInstanceOf(ServerException);
    sandbox.setFaults([]);
    expect((await client.send(list)).clusters).toEqual(['c-000']);
  });

  it.each([
    { rule: { times: 2 }, hits: [true, true, false, false, false, false] },
    { rule: { every: 3 }, hits: [false, false, true, false, false, true] },
    { rule: { every: 2, times: 3 }, hits: [false, true, false, false, false, false] },
    { rule: { account: '999999999999' }, hits: [false, false, false, false, false, false] },
  ])('picks the calls of $rule', ({ rule, hits }) => {
    const pick = toFaultPicker([{ kind: 'throttle', ...rule }]);
    const subject = {
      service: 'eks',
      operation: 'ListClusters',
      account: '111122223333',
      region: 'eu-west-1',
      input: {},
    };
    expect(hits.map(() => pick(subject).length === 1)).toEqual(hits);
  });
});
