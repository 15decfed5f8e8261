import { describe, expect, it } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { demoFleet } from '../../sandbox/fleets/demo.ts';
import { keyEvidence } from '../../shared/evidence/key.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { readObject } from '../../shared/store/store.ts';
import { collectRun } from '../../shared/use-cases/collect-run.ts';
import { serveFleet } from './scan-fleet.ts';

const data = '888899990000';

/** Reads the demo's shared key, as somebody who wants these facts; gives what is said of it and what was asked. */
const readShared = async (facts: Parameters<typeof collectRun>[2][number]['facts'], faults: Fault[] = []) => {
  const sandbox = await serveFleet(demoFleet(new Date('2026-11-24T12:00:00Z')), { faults });
  const store = createMemoryStore();
  const start = await collectRun(
    store,
    {
      accounts: [data],
      regions: 'all',
      clusters: 'data-share',
      roleName: 'keyward-member',
      settings: settings.parse({}),
      isGentle: false,
      signal: new AbortController().signal,
    },
    [{ facts }],
  );
  const names = await Array.fromAsync(store.list(`${toRunNames(start.id).prefix}keys/`));
  const key = await readObject(store, names[0] ?? '', keyEvidence);
  const asked = [...sandbox.requests.counts.keys()].filter((name) => name.startsWith('access-analyzer:'));
  return { key, asked };
};

describe('What IAM Access Analyzer says of a key', () => {
  it('is read where somebody asks for it', async () => {
    const { key } = await readShared(['key.policy', 'key.accessAnalyzer']);
    expect(key?.accessAnalyzer).toMatchObject({
      value: {
        analyzers: [expect.stringContaining(`:${data}:analyzer/`)],
        findings: [{ principal: { AWS: '666677778888' }, action: ['kms:Decrypt', 'kms:DescribeKey'] }],
      },
      missing: [],
    });
  });

  it('is absent where nobody does', async () => {
    const { key, asked } = await readShared(['key.policy']);
    expect(key).toHaveProperty('policy');
    expect(key).not.toHaveProperty('accessAnalyzer');
    expect(asked).toEqual([]);
  });

  it('is unknown, with the reason, where the caller may not ask, and the rest of the key is read', async () => {
    const { key } = await readShared(
      ['key.accessAnalyzer'],
      [{ kind: 'access-denied', service: 'access-analyzer' }],
    );
    expect(key?.accessAnalyzer).toMatchObject({ unknown: 'access-denied' });
    expect(key?.policy).toHaveProperty('value');
  });
});
