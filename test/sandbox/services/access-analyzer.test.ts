import {
  AccessAnalyzerClient,
  ListAnalyzersCommand,
  ListFindingsCommand,
} from '@aws-sdk/client-accessanalyzer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { demoFleet } from '../../../sandbox/fleets/demo.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';

const fleet = demoFleet(new Date('2026-11-24T12:00:00Z'));
const [analyzer] = fleet.analyzers ?? [];
const [, , , region = '', account = ''] = analyzer?.arn.split(':') ?? [];

const serve = async (inRegion = region) => {
  const credential = { accessKeyId: 'AKIAONE', secretAccessKey: 's' };
  const sandbox = await startSandbox({
    ...fleet,
    credentials: [{ ...credential, account, arn: `arn:aws:iam::${account}:user/ci` }],
  });
  onTestFinished(() => sandbox.close());
  return new AccessAnalyzerClient({
    endpoint: sandbox.endpoint,
    region: inRegion,
    credentials: credential,
    maxAttempts: 1,
  });
};

describe('IAM Access Analyzer of the sandbox', () => {
  it('has one finding in the demo, about a key that a partner may use', async () => {
    const client = await serve();
    const { analyzers } = await client.send(new ListAnalyzersCommand({ type: 'ACCOUNT' }));
    expect(analyzers).toMatchObject([{ arn: analyzer?.arn, name: 'external-access', status: 'ACTIVE' }]);
    const { findings } = await client.send(
      new ListFindingsCommand({ analyzerArn: analyzer?.arn, filter: { status: { eq: ['ACTIVE'] } } }),
    );
    expect(findings).toMatchObject([{ principal: { AWS: '666677778888' }, analyzedAt: expect.any(Date) }]);
  });

  it('has none in another Region, and none of another type', async () => {
    const elsewhere = await serve('us-east-1');
    expect((await elsewhere.send(new ListAnalyzersCommand({}))).analyzers).toEqual([]);
    const client = await serve();
    const unused = new ListAnalyzersCommand({ type: 'ACCOUNT_UNUSED_ACCESS' });
    expect((await client.send(unused)).analyzers).toEqual([]);
  });

  it.each([
    ['ResourceNotFoundException', { analyzerArn: `${analyzer?.arn}-gone` }],
    ['ValidationException', { analyzerArn: analyzer?.arn, filter: { isPublic: { eq: ['true'] } } }],
  ])('answers %s to what it does not know', async (name, input) => {
    const client = await serve();
    await expect(client.send(new ListFindingsCommand(input))).rejects.toMatchObject({ name });
  });
});
