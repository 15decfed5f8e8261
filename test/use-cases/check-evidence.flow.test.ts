import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { demoFleet, demoMemberRole } from '../../sandbox/fleets/demo.ts';
import { checks } from '../../shared/checks/index.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { createFolderStore } from '../../shared/store/folder-store.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { loadEvidence, toEvidenceLines } from '../../shared/store/saved-evidence.ts';
import { checkEvidence } from '../../shared/use-cases/check-evidence.ts';
import { makeFolder } from '../store/stores.ts';
import { gather, scanFleet } from './scan-fleet.ts';

/** Scans the demo's fleet, saves its evidence, loads that again. */
const saveAndLoad = async (judgedBy = settings.parse({})) => {
  const { result, store } = await scanFleet(demoFleet(new Date()), {
    roleName: demoMemberRole,
    attempts: 2,
    settings: judgedBy,
  });
  const { runId, ...scanned } = result;
  const path = join(await mkdtemp(join(tmpdir(), 'keyward-evidence-')), 'evidence.jsonl');
  const lines: string[] = [];
  for await (const line of toEvidenceLines(store, runId)) lines.push(line);
  await writeFile(path, lines.join(''));
  return { scanned, ...(await loadEvidence(path)) };
};

/** Judges saved evidence; gives the result with its findings at hand. */
const judge = async (...given: Parameters<typeof checkEvidence>) => gather(await checkEvidence(...given));

afterEach(() => {
  vi.useRealTimers();
});

describe('Saved evidence', { timeout: 120_000 }, () => {
  it('gives the findings of its scan, this year and next, again and again, and in another store', async () => {
    const { scanned, store, run } = await saveAndLoad();
    expect(await judge(store, run, checks)).toEqual(scanned);

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 366 * 86_400_000 });
    expect(await judge(store, run, checks)).toEqual(scanned);
    vi.useRealTimers();

    const folder = createFolderStore(await makeFolder());
    for await (const name of store.list('')) {
      const stored = await store.get(name);
      if (stored) await folder.put(name, stored.body);
    }
    expect(await judge(folder, run, checks)).toEqual(scanned);
  });

  it('is judged by the settings saved with it, or by others', async () => {
    const strict = settings.parse({
      thresholds: { rotationDays: 90 },
      checks: { 'key-is-dedicated': 'off', 'key-owner-is-trusted': { severity: 'low' } },
    });
    const { scanned, store, run } = await saveAndLoad(strict);
    expect(scanned.findings.some(({ check }) => check === 'key-is-dedicated')).toBe(false);
    expect(await judge(store, run, checks)).toEqual(scanned);

    const fair = settings.parse({ trustedAccounts: ['666677778888'] });
    const again = await judge(store, run, checks, { settings: fair });
    expect(again.findings.some(({ check }) => check === 'key-is-dedicated')).toBe(true);
    const trusted = again.findings.filter(({ check }) => check === 'key-owner-is-trusted');
    expect(trusted.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(again.run.notAsked).toEqual([
      expect.stringMatching(/^decrypt-.*: nothing was asked of CloudTrail/),
      expect.stringMatching(/^bootstrap-.*: no cluster was read from within/),
      expect.stringMatching(/^secret-changes-.*: no audit log was read/),
    ]);
    // What the settings don't touch stays as it was, ids included.
    const pickUsable = ({ findings }: typeof again) =>
      findings.filter(({ check }) => check === 'key-is-usable');
    expect(pickUsable(again)).toEqual(pickUsable({ ...again, ...scanned }));
  });

  it('answers for the checks asked for alone, with the same findings', async () => {
    const { scanned, store, run } = await saveAndLoad();
    const asked = ['key-rotates', 'key-is-usable'];
    const { findings, run: told } = await judge(store, run, checks, { checks: asked });
    expect(findings).toEqual(scanned.findings.filter(({ check }) => asked.includes(check)));
    expect(told.notAsked).toEqual([
      'all but key-rotates, key-is-usable: not among the checks that were asked for',
    ]);
  });

  it.each(['accounts', 'settings'])('that lacks its %s is refused', async (missing) => {
    const store = createMemoryStore();
    const start = {
      id: 'R',
      startedAt: '2026-11-24T12:00:00.000Z',
      version: '0.1.0',
      partition: 'aws',
      caller: 'arn:aws:iam::111122223333:user/ci',
      accounts: [],
      regions: 'all',
    };
    if (missing !== 'accounts') await store.put('runs/R/accounts', JSON.stringify(start));
    if (missing !== 'settings') await store.put('runs/R/settings', '{}');
    await expect(checkEvidence(store, 'R', checks)).rejects.toMatchObject({
      name: 'EvidenceError',
      code: 'EVIDENCE_INCOMPLETE',
    });
  });
});
