import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cluster } from '../../sandbox/fleets/build.ts';
import { ordinaryFleet } from '../../sandbox/fleets/ordinary.ts';
import { scenario } from '../../sandbox/fleets/scenario.ts';
import { type RunDocument, runDocument } from '../../shared/findings/finding.ts';
import { toFinding } from '../report/findings.ts';
import { site, toFleet, workload } from '../use-cases/fleets.ts';
import { makeFolder, serveFleet, startKeyward } from './start-keyward.ts';

const pod = (name: string, secret: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop}
spec:
  containers:
    - name: app
      image: app
      envFrom: [{secretRef: {name: ${secret}}}]
---
`;
const calm = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';

/** A folder of manifests, and how `keyward lint` of it ends. */
const openFolder = (files: Record<string, string>) => {
  const folder = makeFolder();
  const write = (changed: Record<string, string>) => {
    for (const [name, text] of Object.entries(changed)) writeFileSync(join(folder, name), text);
  };
  write(files);
  const lint = (...words: string[]) => startKeyward(['lint', ...words], { folder }).ended;
  const read = (name: string): RunDocument =>
    runDocument.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  return { folder, write, lint, read };
};
const check = ['--checks', 'env-from-imports-no-secret', '--fail-on', 'info'];

describe('--baseline', () => {
  it.each(['json', 'jsonl'])('of %s counts only what is new since then', async (format) => {
    const { write, lint, read } = openFolder({ 'a.yaml': pod('a', 'db') });
    expect((await lint('.', ...check, '--format', `${format}=before.txt`)).status).toBe(1);

    const same = await lint('.', ...check, '--baseline', 'before.txt');
    expect(same).toMatchObject({ status: 0, stderr: '' });
    expect(same.stdout).toMatch(/ · since .+: 0 new, 1 unchanged, 0 fixed, 0 not seen · /);

    write({ 'a.yaml': pod('a', 'db') + pod('b', 'db') });
    const more = await lint('.', ...check, '--baseline', 'before.txt', '--format', 'json=now.json');
    expect(more).toMatchObject({ status: 1, stdout: '' });
    const { findings, baseline } = read('now.json');
    expect(findings.map((finding) => [finding.subject, finding.baseline])).toEqual([
      ['pod/shop/a', 'unchanged'],
      ['pod/shop/b', 'new'],
    ]);
    expect(baseline?.run === null).toBe(format === 'jsonl');
  });

  it('says what was fixed, and what was not looked at', async () => {
    const { write, lint, read } = openFolder({ 'a.yaml': pod('a', 'db'), 'b.yaml': pod('b', 'db') });
    await lint('.', ...check, '--format', 'json=before.json');
    write({ 'a.yaml': calm });
    const { status, stdout } = await lint('a.yaml', ...check, '--baseline', 'before.json');
    expect(status).toBe(0);
    expect(stdout).toContain(
      [
        'Gone since the earlier run',
        '  fixed     env-from-imports-no-secret (medium) of file:a.yaml#secret/shop/db, pod/shop/a',
        '  not seen  env-from-imports-no-secret (medium) of file:b.yaml#secret/shop/db, pod/shop/b\n',
      ].join('\n'),
    );
    await lint('./', ...check, '--baseline', 'before.json', '--format', 'json=now.json');
    expect(read('now.json').baseline?.gone).toMatchObject([
      { baseline: 'fixed', origin: { file: 'a.yaml' } },
    ]);
  });

  it('takes what a later version may add, and what a run with a baseline wrote', async () => {
    const { write, lint, read } = openFolder({ 'a.yaml': pod('a', 'db') });
    await lint('.', ...check, '--format', 'json=first.json');
    await lint('.', ...check, '--baseline', 'first.json', '--format', 'json=second.json');
    const { run, findings, ...rest } = read('second.json');
    const later = {
      ...rest,
      run: { ...run, more: 1 },
      findings: findings.map((one) => ({ ...one, more: 1 })),
      more: 1,
    };
    write({ 'later.json': JSON.stringify(later) });
    expect((await lint('.', ...check, '--baseline', 'later.json')).status).toBe(0);
  });

  it('is the same for a scan and for what it saved', async () => {
    const clusters = ['a', 'b'].map((name) => cluster(site, name));
    const { env } = await serveFleet(toFleet([scenario('open', { clusters })]));
    const folder = makeFolder();
    const account = ['--accounts', workload, '--role-name', 'keyward-member'];
    const run = (...words: string[]) =>
      startKeyward(
        [...words, ...(words[0] === 'scan' ? account : []), '--fail-on', 'info', '--format', 'json'],
        { folder, env },
      ).ended;
    const first = await run('scan', '--save-evidence', 'e.jsonl');
    expect(first.status).toBe(1);
    const { findings } = runDocument.parse(JSON.parse(first.stdout));
    const [known, ...failures] = findings.filter(({ status }) => status === 'fail');
    writeFileSync(join(folder, 'F'), JSON.stringify(known));
    for (const words of [['scan'], ['check', 'e.jsonl']]) {
      const { status, stdout } = await run(...words, '--baseline', 'F');
      const { baseline, summary } = runDocument.parse(JSON.parse(stdout));
      const added = Object.values(baseline?.newBySeverity ?? {}).reduce((sum, count) => sum + count, 0);
      expect({ status, added, unchanged: baseline?.unchanged }).toEqual({
        status: 1,
        added: failures.length,
        unchanged: 1,
      });
      expect(summary.byStatus.fail).toBe(failures.length + 1);
    }
    writeFileSync(join(folder, 'F'), first.stdout);
    for (const words of [['scan'], ['check', 'e.jsonl']])
      expect((await run(...words, '--baseline', 'F')).status).toBe(0);
  });

  const evidence = '{"schema":"keyward/evidence-v1","run":"R"}\n{"name":"x"}\n';
  const { severity: _, ...incomplete } = toFinding({});
  it.each([
    ['that is not there', undefined, "F can't be read\nReason: ENOENT"],
    ['that is empty', '\n', 'not what --format json or jsonl writes: it is empty'],
    ['that broke off', '{\n  "schema": "keyward/v1",\n', 'writes: line 1 is not JSON'],
    ['of lines that broke off', `${JSON.stringify(toFinding({}))}\n{"id":`, 'writes: line 2 is not JSON'],
    ['with a finding that lacks a part', JSON.stringify(incomplete), 'line 1, severity: Invalid option'],
    [
      'of another schema',
      '{"schema":"keyward/v2","run":{},"findings":[]}',
      'is of schema "keyward/v2", not keyward/v1',
    ],
    ['of saved evidence', evidence, 'Judge it first: keyward check FILE --format json=BASELINE.'],
    ["of somebody else's tool", '[{"CheckID":"eks_1"}]', 'line 1, its root: Invalid input: expected object'],
    [
      'of a run without its findings',
      '{"schema":"keyward/v1","run":{"id":"a","startedAt":"2026-11-24T02:00:00Z"}}',
      'findings: Invalid input',
    ],
  ])('%s is wrong usage, before anything is asked of AWS', async (_, content, message) => {
    const { sandbox, env } = await serveFleet(ordinaryFleet(new Date()));
    const folder = makeFolder();
    if (content !== undefined) writeFileSync(join(folder, 'F'), content);
    const { status, stderr, stdout } = await startKeyward(['scan', '--baseline', 'F'], { folder, env }).ended;
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
    expect(stderr).toMatch(/^keyward: --baseline: F /);
    expect(stderr).toContain(message);
    expect(sandbox.requests.total).toBe(0);
  });

  it('is not written over by the run that is compared with it', async () => {
    const { lint, read } = openFolder({ 'a.yaml': pod('a', 'db') });
    await lint('.', ...check, '--format', 'json=before.json');
    const { status, stderr } = await lint('.', '--baseline', 'before.json', '--format', 'json=before.json');
    expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining('names are the same') });
    expect(read('before.json').findings).toHaveLength(1);
  });
});
