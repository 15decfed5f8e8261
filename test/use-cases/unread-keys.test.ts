import { expect, it, onTestFinished } from 'vitest';
import { keyEvidence, namedKey } from '../../shared/evidence/key.ts';
import type { RunStart } from '../../shared/evidence/run.ts';
import { openAws } from '../../shared/runtime/aws.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { readObject, writeObject } from '../../shared/store/store.ts';
import { openHome } from '../../shared/use-cases/collect-keys.ts';
import { central, region, toFleet, workload } from './fleets.ts';
import { serveFleet } from './scan-fleet.ts';

it('A key says why where neither its home nor the account of its cluster can be entered any more', async () => {
  const fleet = toFleet([]);
  await serveFleet({ ...fleet, accounts: fleet.accounts.map((account) => ({ ...account, roles: [] })) });
  const { signal } = new AbortController();
  const aws = await openAws({ roleName: 'keyward-member', isGentle: false, signal });
  onTestFinished(() => aws.close());
  const start: RunStart = {
    id: 'R',
    startedAt: '2026-11-24T12:00:00.000Z',
    version: '0.1.0',
    partition: 'aws',
    caller: aws.caller.arn,
    accounts: [workload],
    regions: [region],
  };
  const store = createMemoryStore();
  const names = toRunNames(start.id);
  const clusterArn = `arn:aws:eks:${region}:${workload}:cluster/a`;
  for (const key of ['1234abcd', 'alias/a'])
    await writeObject(store, names.wanted(central, region, key, clusterArn), {});

  await openHome(store, aws, start, central, signal).finish();

  const why = {
    unknown: 'access-denied',
    detail: expect.stringContaining(`account ${workload} has no role`),
  };
  expect(await readObject(store, names.key(central, region, '1234abcd'), keyEvidence)).toMatchObject({
    arn: `arn:aws:kms:${region}:${central}:key/1234abcd`,
    metadata: why,
    policy: why,
    grants: why,
  });
  expect(await readObject(store, names.key(central, region, 'alias/a'), namedKey)).toEqual({ keyArn: why });
});
