import { AccessAnalyzerClient } from '@aws-sdk/client-accessanalyzer';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../../sandbox/faults.ts';
import { analyzerFinding } from '../../../sandbox/fleets/analyzer-finding.ts';
import type { SandboxAnalyzer } from '../../../sandbox/fleets/fleet.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';
import { createFindingAsker } from '../../../shared/collect/access-analyzer/collect-findings.ts';
import { isKnown } from '../../../shared/evidence/fact.ts';

const account = '111122223333';
const region = 'eu-central-1';
const keyArn = `arn:aws:kms:${region}:${account}:key/1234abcd`;
const toArn = (name: string, inRegion = region) =>
  `arn:aws:access-analyzer:${inRegion}:${account}:analyzer/${name}`;
const partner = { AWS: '666677778888' };

const open = async (analyzers: SandboxAnalyzer[], faults: Fault[] = []) => {
  const credential = { accessKeyId: 'AKIAONE', secretAccessKey: 's' };
  const sandbox = await startSandbox(
    {
      accounts: [{ id: account, name: 'one', regions: [region], roles: [] }],
      credentials: [{ ...credential, account, arn: `arn:aws:iam::${account}:user/ci` }],
      clusters: [],
      keys: [],
      analyzers,
    },
    { faults },
  );
  onTestFinished(() => sandbox.close());
  const client = new AccessAnalyzerClient({
    endpoint: sandbox.endpoint,
    region,
    credentials: credential,
    maxAttempts: 1,
  });
  return { ask: createFindingAsker(client, new AbortController().signal), requests: sandbox.requests };
};

describe('createFindingAsker', () => {
  it('tells the active findings about the key itself', async () => {
    const { ask } = await open([
      {
        arn: toArn('external'),
        findings: [
          analyzerFinding(`${keyArn}-other`, partner, ['kms:Decrypt']),
          analyzerFinding(keyArn, partner, ['kms:Decrypt'], { status: 'RESOLVED' }),
          analyzerFinding(keyArn, partner, ['kms:Decrypt'], { condition: { 'aws:SourceVpc': 'vpc-1' } }),
        ],
      },
    ]);
    expect(await ask(keyArn)).toEqual({
      value: {
        analyzers: [toArn('external')],
        findings: [
          {
            id: '9a3f6f1e-8a0b-4c5d-9e7f-000000000001',
            principal: partner,
            action: ['kms:Decrypt'],
            condition: { 'aws:SourceVpc': 'vpc-1' },
            isPublic: false,
            analyzedAt: '2026-10-01T09:00:00.000Z',
          },
        ],
      },
      missing: [],
    });
  });

  it.each<[string, SandboxAnalyzer[]]>([
    ['there is none', []],
    ['it is in another Region', [{ arn: toArn('west', 'eu-west-1'), findings: [] }]],
    ['it is off', [{ arn: toArn('off'), status: 'DISABLED', findings: [] }]],
    ['it looks for unused access', [{ arn: toArn('u'), type: 'ACCOUNT_UNUSED_ACCESS', findings: [] }]],
  ])('misses nothing where %s', async (_, analyzers) => {
    const { ask, requests } = await open(analyzers);
    expect(await ask(keyArn)).toEqual({ value: { analyzers: [], findings: [] }, missing: [] });
    expect(requests.counts.get('access-analyzer:ListFindings')).toBeUndefined();
  });

  it('lists the analyzers once for all keys, and the findings of each key page by page', async () => {
    const findings = Array.from({ length: 60 }, (_, index) =>
      analyzerFinding(keyArn, partner, ['kms:Decrypt'], { id: String(index) }),
    );
    const { ask, requests } = await open([{ arn: toArn('o'), type: 'ORGANIZATION', findings }]);
    const [fact] = await Promise.all([ask(keyArn), ask(`${keyArn}-other`)]);
    expect(isKnown(fact) && fact.value.findings).toHaveLength(60);
    expect(Object.fromEntries(requests.counts)).toEqual({
      'access-analyzer:ListAnalyzers': 1,
      'access-analyzer:ListFindings': 3,
    });
  });

  it.each<[string, Fault['kind'], string]>([
    ['ListAnalyzers', 'access-denied', 'access-denied'],
    ['ListFindings', 'denied-by-scp', 'denied-by-organization'],
    ['ListFindings', 'throttle', 'throttled'],
  ])('is unknown where %s meets %s', async (operation, kind, reason) => {
    const { ask } = await open(
      [{ arn: toArn('external'), findings: [] }],
      [{ kind, service: 'access-analyzer', operation }],
    );
    expect(await ask(keyArn)).toMatchObject({ unknown: reason });
  });
});
