import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { demoFleet, demoMemberRole, demoTrailBucket } from '../../sandbox/fleets/demo.ts';
import { writeLogFiles } from '../../sandbox/write-log-files.ts';
import type { EventsToCollect } from '../../shared/use-cases/collect-run.ts';
import { scanFleet } from './scan-fleet.ts';

const checks = [
  'decrypt-context-matches-cluster',
  'decrypt-denials-are-rare',
  'decrypts-come-from-the-cluster',
  'key-changes-are-expected',
  'key-was-not-opened',
];
const days = 4;

/** What a scan of clusters of the demo says of their events. */
const scanBy = async (now: Date, events: EventsToCollect) => {
  const { result } = await scanFleet(demoFleet(now), {
    accounts: ['888899990000'],
    regions: ['eu-central-1'],
    clusters: 'data-warehouse',
    roleName: demoMemberRole,
    checks,
    events,
    // LookupEvents is read for most of a minute, at its whole quota.
    attempts: 3,
  });
  return (
    result.findings
      // What an unknown says of the time it lacks moves with the clock.
      .map(({ id, status, severity, message, subject }) =>
        status === 'unknown' ? { id, status } : { id, status, severity, message, subject },
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  );
};

// Athena's part of it: test/emulators/athena.test.ts has the same tallies from its SQL as from these files.
it('The same events give the same findings, by LookupEvents, from a bucket and from a folder', async () => {
  const now = new Date();
  const folder = await mkdtemp(join(tmpdir(), 'keyward-logs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeLogFiles(demoFleet(now), folder, { from: now.getTime() - days * 86_400_000, to: now.getTime() });

  const sinceHours = days * 24;
  const byFolder = await scanBy(now, { sinceHours, logs: { kind: 'folder', path: folder, isWhole: false } });
  expect(byFolder.filter(({ status }) => status === 'fail').length).toBeGreaterThan(2);
  const bucket = { kind: 'bucket', bucket: demoTrailBucket, prefix: '' } as const;
  expect(await scanBy(now, { sinceHours, logs: bucket })).toEqual(byFolder);
  expect(await scanBy(now, { sinceHours })).toEqual(byFolder);
  // Without a time, the folder's own.
  const whole = { kind: 'folder', path: folder, isWhole: true } as const;
  expect(await scanBy(now, { sinceHours: 90 * 24, logs: whole })).toEqual(byFolder);
}, 120_000);
