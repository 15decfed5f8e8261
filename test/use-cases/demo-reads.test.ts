import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { demoFleet, demoMemberRole, demoReadFaults } from '../../sandbox/fleets/demo.ts';
import { writeAuditLogs } from '../../sandbox/write-audit-logs.ts';
import { scanFleet } from './scan-fleet.ts';

const readChecks = [
  'secret-readers-are-expected',
  'secret-listing-is-rare',
  'secret-denials-are-rare',
  'secret-changes-are-expected',
];
const days = 7;

it('The audit logs of the demo’s clusters fail exactly what was seeded, and nothing of a quiet one', async () => {
  const now = new Date();
  const folder = await mkdtemp(join(tmpdir(), 'keyward-audit-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const fleet = demoFleet(now);
  await writeAuditLogs(fleet, folder, {
    from: now.getTime() - (days * 24 + 2) * 3_600_000,
    to: now.getTime(),
  });
  const { result } = await scanFleet(fleet, {
    roleName: demoMemberRole,
    attempts: 2,
    checks: readChecks,
    reads: { sinceHours: days * 24, log: { kind: 'folder', path: folder } },
  });
  const failed = result.findings.filter(({ status }) => status === 'fail');
  const toLine = ({
    check,
    cluster,
    severity,
    subject,
  }: (typeof demoReadFaults)[number] | (typeof failed)[number]) =>
    JSON.stringify({ check, cluster, severity, subject });
  expect(failed.map(toLine).toSorted()).toEqual(demoReadFaults.map(toLine).toSorted());
  const unknown = new Set(
    result.findings.flatMap(({ status, cluster }) => (status === 'unknown' ? cluster : [])),
  );
  expect([...unknown]).toEqual(['platform-ci']);
}, 120_000);
