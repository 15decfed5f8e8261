import {
  BatchImportFindingsCommand,
  BatchUpdateFindingsCommand,
  paginateGetFindings,
  SecurityHubClient,
} from '@aws-sdk/client-securityhub';
import { describe, expect, it } from 'vitest';
import { collectPages, management, serve, workload } from '../serve.ts';

const region = 'eu-central-1';

const toFinding = (given: object = {}) => ({
  SchemaVersion: '2018-10-08',
  Id: 'one',
  ProductArn: `arn:aws:securityhub:${region}:${management}:product/${management}/default`,
  GeneratorId: 'keyward/key-rotates',
  AwsAccountId: management,
  CreatedAt: '2026-11-24T00:00:00.000Z',
  UpdatedAt: '2026-11-24T00:00:00.000Z',
  Title: 'title',
  Description: 'description',
  Resources: [{ Type: 'Other', Id: 'resource' }],
  FindingProviderFields: { Severity: { Label: 'HIGH' as const } },
  ...given,
});

const open = async () => {
  const { sandbox, toConfig } = await serve();
  const client = new SecurityHubClient(toConfig());
  const send = (...findings: object[]) =>
    client.send(new BatchImportFindingsCommand({ Findings: findings.map(toFinding) }));
  const read = async (Filters = {}) =>
    (await collectPages(paginateGetFindings({ client, pageSize: 100 }, { Filters }))).flatMap(
      ({ Findings = [] }) => Findings,
    );
  return { sandbox, toConfig, client, send, read };
};

describe('Security Hub of the sandbox', () => {
  it('takes 100 findings a call and gives them in pages', async () => {
    const { send, read, sandbox } = await open();
    const many = Array.from({ length: 100 }, (_, index) => ({ Id: `id-${index}` }));
    expect(await send(...many)).toMatchObject({ SuccessCount: 100, FailedCount: 0 });
    await send({ Id: 'id-100' });
    expect(await read()).toHaveLength(101);
    expect(sandbox.requests.counts.get('securityhub:GetFindings')).toBe(2);
  });

  it.each([
    [
      'of 101 findings',
      Array.from({ length: 101 }, (_, index) => ({ Id: `id-${index}` })),
      'InvalidInputException',
    ],
    ['of no finding', [], 'InvalidInputException'],
    [
      'for another account’s product',
      [{ ProductArn: `arn:aws:securityhub:${region}:${workload}:product/${workload}/default` }],
      'AccessDeniedException',
    ],
    [
      'for another Region’s product',
      [{ ProductArn: `arn:aws:securityhub:eu-west-1:${management}:product/${management}/default` }],
      'AccessDeniedException',
    ],
    [
      'above 6 MB',
      Array.from({ length: 40 }, (_, index) => ({
        Id: `id-${index}`,
        Note: { Text: 'x'.repeat(200_000), UpdatedBy: 'x', UpdatedAt: 'x' },
      })),
      'RequestEntityTooLargeException',
    ],
  ])('refuses a call %s', async (_, findings, name) => {
    const { send } = await open();
    await expect(send(...findings)).rejects.toMatchObject({ name });
  });

  it.each([
    ['without a title', { Title: undefined }],
    ['without a severity', { FindingProviderFields: {} }],
    ['with a long title', { Title: 'x'.repeat(257) }],
    ['with a long description', { Description: 'x'.repeat(1025) }],
    ['of another account', { AwsAccountId: workload }],
    ['above 240 KB', { Note: { Text: 'x'.repeat(250_000), UpdatedBy: 'x', UpdatedAt: 'x' } }],
  ])('fails one finding %s, and takes its neighbours', async (_, given) => {
    const { send } = await open();
    const answer = await send({ Id: 'good' }, { Id: 'bad', ...given });
    expect(answer).toMatchObject({ SuccessCount: 1, FailedCount: 1, FailedFindings: [{ Id: 'bad' }] });
  });

  it('says so where it is not enabled', async () => {
    const { send, read, sandbox } = await open();
    const account = sandbox.world.accounts.get(management);
    if (account) account.securityHub = [];
    await expect(send({})).rejects.toMatchObject({ name: 'InvalidAccessException' });
    await expect(read()).rejects.toMatchObject({ name: 'InvalidAccessException' });
    if (account) account.securityHub = undefined;
  });

  it('takes what is newer, and nothing that is older', async () => {
    const { send, read } = await open();
    await send({ UpdatedAt: '2026-11-24T02:00:00.000Z', Title: 'newer' });
    expect(await send({ Title: 'older' })).toMatchObject({ SuccessCount: 1 });
    expect(await read()).toMatchObject([{ Title: 'newer' }]);
  });

  it.each([
    ['RESOLVED', 'ARCHIVED', 'FAILED', 'NEW'],
    ['NOTIFIED', 'ACTIVE', 'PASSED', 'NEW'],
    ['SUPPRESSED', 'ARCHIVED', 'FAILED', 'SUPPRESSED'],
    ['RESOLVED', 'ACTIVE', 'FAILED', 'RESOLVED'],
  ] as const)(
    'keeps what people made of a finding, unless it comes back: %s, %s %s, then %s',
    async (made, RecordState, Status, then) => {
      const { client, send, read } = await open();
      await send({ RecordState, Compliance: { Status } });
      const FindingIdentifiers = [{ Id: 'one', ProductArn: toFinding().ProductArn }];
      await client.send(new BatchUpdateFindingsCommand({ FindingIdentifiers, Workflow: { Status: made } }));
      await send({ UpdatedAt: '2026-11-24T02:00:00.000Z', Compliance: { Status: 'FAILED' } });
      expect(await read()).toMatchObject([{ Workflow: { Status: then } }]);
    },
  );

  it('finds by generator and product', async () => {
    const { send, read } = await open();
    await send({ Id: 'one' }, { Id: 'two', GeneratorId: 'another' });
    const GeneratorId = [{ Value: 'keyward/', Comparison: 'PREFIX' }];
    expect(await read({ GeneratorId })).toMatchObject([{ Id: 'one' }]);
    expect(await read({ ProductArn: [{ Value: 'x', Comparison: 'EQUALS' }] })).toEqual([]);
  });
});
