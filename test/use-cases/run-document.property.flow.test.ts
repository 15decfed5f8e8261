import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { demoFleet, demoMemberRole } from '../../sandbox/fleets/demo.ts';
import { generateFleet } from '../../sandbox/fleets/generated.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { toJson } from '../../shared/report/json.ts';
import { toRuns } from '../runs.ts';
import { scanFleet } from './scan-fleet.ts';

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../docs/schema/keyward-v1.json'), 'utf8'),
);
const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

type Result = Awaited<ReturnType<typeof scanFleet>>['result'];

/** What must hold of every run. */
const expectSound = async (result: Result) => {
  const document = JSON.parse((await Array.fromAsync(toJson(result))).join(''));
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  const ids = result.findings.map(({ id }) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  const { byStatus } = result.summary;
  expect(Object.values(byStatus).reduce((sum, count) => sum + count, 0)).toBe(ids.length);
  for (const { status, reason } of result.findings)
    expect(reason === undefined).toBe(status === 'pass' || status === 'fail');
  // A pass is a check's only word about its resource.
  const places = (wanted: string) =>
    result.findings
      .filter(({ status }) => (status === 'pass') === (wanted === 'pass'))
      .map(({ check, account, region, cluster, resource }) =>
        JSON.stringify([check, account, region, cluster, resource]),
      );
  const others = new Set(places('other'));
  expect(places('pass').filter((place) => others.has(place))).toEqual([]);
};

const regions = ['eu-central-1', 'eu-west-1'];
const kinds = [
  'access-denied',
  'denied-by-scp',
  'throttle',
  'server-error',
  'not-found',
  'drop-connection',
  'malformed-body',
] as const satisfies Fault['kind'][];
const operations = [
  'AssumeRole',
  'DescribeOrganization',
  'ListRegions',
  'ListClusters',
  'DescribeCluster',
  'DescribeKey',
  'GetKeyPolicy',
  'GetKeyRotationStatus',
  'ListKeyRotations',
  'ListGrants',
];
const fault: fc.Arbitrary<Fault> = fc.record(
  {
    kind: fc.constantFrom(...kinds),
    operation: fc.constantFrom(...operations),
    region: fc.constantFrom(...regions),
    every: fc.integer({ min: 1, max: 3 }),
    times: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: ['kind', 'operation'] },
);

const exception = {
  check: 'key-*',
  resource: '*',
  cluster: 'cluster-00001',
  reason: 'as it should be',
  owner: 'platform',
  expires: '2020-01-01',
};

describe('Every run', () => {
  it('is a valid document with unique ids, whatever the fleet and the weather', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat({ max: 1000 }),
          accounts: fc.integer({ min: 1, max: 3 }),
          clusters: fc.integer({ min: 0, max: 12 }),
          keys: fc.integer({ min: 1, max: 6 }),
        }),
        fc.array(fault, { maxLength: 4 }),
        async (size, faults) => {
          const fleet = generateFleet({ ...size, regions, now: new Date() });
          const { result } = await scanFleet(fleet, { faults });
          await expectSound(result);
        },
      ),
      { numRuns: toRuns(25) },
    );
  }, 60_000);

  it('is so of the demo’s fleet, with exceptions that are past their day, given twice, or stale', async () => {
    const stale = { ...exception, cluster: 'none', expires: '2100-01-01' };
    const { result } = await scanFleet(demoFleet(new Date()), {
      roleName: demoMemberRole,
      settings: settings.parse({ exceptions: [exception, exception, stale, { ...stale, owner: 'else' }] }),
    });
    expect(result.findings.some(({ check }) => check === 'exceptions-are-in-date')).toBe(true);
    await expectSound(result);
  });
});
