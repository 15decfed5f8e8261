import { describe, expect, it } from 'vitest';
import {
  demoDays,
  demoEventFaults,
  demoFaults,
  demoFleet,
  demoMemberRole,
  demoTrailBucket,
} from '../../sandbox/fleets/demo.ts';
import { scanFleet } from './scan-fleet.ts';

const roleName = demoMemberRole;
/** One key of the demo is throttled for good, one Region now and then. */
const attempts = 2;
/** What the demo asks of CloudTrail. */
const events = {
  sinceHours: demoDays * 24,
  logs: { kind: 'bucket', bucket: demoTrailBucket, prefix: '' },
} as const;
const faults = [...demoFaults, ...demoEventFaults.filter(({ needsDays = 0 }) => needsDays <= demoDays)];

describe('A scan of the demo’s fleet', () => {
  it('fails exactly what was seeded, and does not know what was made unreadable', async () => {
    const { result } = await scanFleet(demoFleet(new Date()), { roleName, attempts, events });
    const hasSubject = new Set(
      faults.filter(({ subject }) => subject).map(({ check, cluster }) => `${check} ${cluster}`),
    );
    const found = result.findings.map(({ check, cluster, status, severity, subject }) =>
      JSON.stringify({
        check,
        cluster,
        status,
        ...(status === 'fail' ? { severity } : {}),
        ...(hasSubject.has(`${check} ${cluster}`) ? { subject } : {}),
      }),
    );
    const seeded = faults.map(({ check, cluster, status, severity, subject }) =>
      JSON.stringify({ check, cluster, status, severity, subject }),
    );
    const failed = found.filter((line, index) => {
      const finding = result.findings[index];
      return finding?.status === 'fail' && finding.severity !== 'info' && line;
    });
    expect(failed.toSorted()).toEqual(seeded.filter((line) => line.includes('"fail"')).toSorted());
    expect(seeded.filter((line) => !found.includes(line))).toEqual([]);
  }, 120_000);
});
