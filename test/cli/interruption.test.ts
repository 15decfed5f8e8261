/** Ctrl-C in a real process. Nothing here measures time: what is waited for would outlast the test. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { key } from '../../sandbox/fleets/build.ts';
import { region, site, threeClusters, toFleet, workload } from '../use-cases/fleets.ts';
import { makeFolder, serveFleet, startKeyward } from './start-keyward.ts';

const forever = 10 * 60 * 1000;

const makePipe = (path: string) => execFileSync('sh', ['-c', 'mkfifo "$0"', path]);

const until = async (isSo: () => boolean) => {
  while (!isSo()) await sleep(20);
};

/** Opens a pipe for writing as soon as somebody has it open for reading. */
const openOnceRead = async (pipe: string): Promise<number> => {
  for (;;) {
    try {
      return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      await sleep(20);
    }
  }
};

/** Interrupts a scan of the three clusters once the sandbox was asked for an operation. */
const interruptAt = async (operation: string, fault: Fault, env: NodeJS.ProcessEnv = {}) => {
  const { sandbox, env: access } = await serveFleet(toFleet(threeClusters()), [fault]);
  const words = ['scan', '--accounts', workload, '--role-name', 'keyward-member', '--regions', region];
  const files = ['--format', 'json=run.json', '--save-evidence', 'evidence.jsonl'];
  const started = startKeyward([...words, ...files], { env: { ...access, ...env } });
  await until(() => sandbox.requests.counts.has(operation));
  // What was asked beside it is answered by then, at least once in a while.
  await sleep(500);
  started.child.kill('SIGINT');
  const run = await started.ended;
  const readRun = () => JSON.parse(readFileSync(join(started.folder, 'run.json'), 'utf8'));
  return { ...run, folder: started.folder, readRun };
};

const counted = /\d+ passed.* · interrupted: what was not read by then is missing or unknown\n/;

describe('Ctrl-C', () => {
  it('ends a scan with 2 and what is known, and so does the judging of its evidence', async () => {
    const { status, stderr, folder, readRun } = await interruptAt('kms:GetKeyPolicy', {
      kind: 'slow',
      operation: 'GetKeyPolicy',
      resource: key(site, 'b').metadata.KeyId,
      latencyMs: forever,
    });
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('finishing with') });
    expect(stderr).toMatch(counted);
    const { findings } = readRun();
    expect(findings).toContainEqual(
      expect.objectContaining({ cluster: 'b', message: expect.stringContaining('interrupted') }),
    );
    expect(findings).toContainEqual(expect.objectContaining({ cluster: 'a', status: 'pass' }));

    const words = ['check', 'evidence.jsonl', '--format', 'json'];
    const check = await startKeyward(words, { folder }).ended;
    expect(check.status).toBe(2);
    expect(JSON.parse(check.stdout)).toEqual(readRun());
    const table = await startKeyward(['check', 'evidence.jsonl'], { folder }).ended;
    expect(table.stdout).toMatch(counted);
  });

  it('does not wait for a role to be assumed', async () => {
    const { status, readRun } = await interruptAt('sts:AssumeRole', {
      kind: 'slow',
      operation: 'AssumeRole',
      latencyMs: forever,
    });
    expect(status).toBe(2);
    expect(readRun().run.targets).toEqual([
      expect.objectContaining({ status: 'failed', reason: expect.stringContaining('interrupted') }),
    ]);
  });

  it.each(['standard', 'adaptive'])('does not sit out a retry (%s)', async (mode) => {
    const { status, readRun } = await interruptAt(
      'eks:ListClusters',
      { kind: 'throttle', operation: 'ListClusters' },
      { AWS_MAX_ATTEMPTS: '1000', AWS_RETRY_MODE: mode },
    );
    expect(status).toBe(2);
    expect(readRun().run.targets).toEqual([expect.objectContaining({ status: 'failed' })]);
  });

  it('ends at once when it comes again, and leaves no half a file behind', async () => {
    const fault = { kind: 'slow', operation: 'GetCallerIdentity', latencyMs: forever } as const;
    const { sandbox, env } = await serveFleet(toFleet([]), [fault]);
    // Whether the second one still meets the program is a matter of luck.
    const folder = makeFolder();
    const { child, ended } = startKeyward(['scan', '--format', 'json=run.json'], { folder, env });
    await until(() => sandbox.requests.counts.has('sts:GetCallerIdentity'));
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect([2, 130]).toContain((await ended).status);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not wait for a process that fetches credentials', async () => {
    const folder = makeFolder();
    writeFileSync(
      join(folder, 'config'),
      '[profile slow]\nregion = eu-central-1\ncredential_process = touch asked; sleep 20\n',
    );
    const env = { AWS_CONFIG_FILE: join(folder, 'config') };
    const { child, ended } = startKeyward(['scan', '--profile', 'slow'], { folder, env });
    await until(() => existsSync(join(folder, 'asked')));
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ status: 2, stderr: expect.stringContaining('before anything') });
  });

  it.each([
    ['the configuration of a scan', ['scan', '--config', 'pipe']],
    ['the configuration of a check', ['check', 'evidence.jsonl', '--config', 'pipe']],
    ['evidence', ['check', 'pipe']],
  ])('does not wait for a pipe that is to give %s', async (_, words) => {
    const folder = makeFolder();
    const pipe = join(folder, 'pipe');
    makePipe(pipe);
    const { child, ended } = startKeyward(words, { folder });
    const writer = await openOnceRead(pipe);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ status: 2, stderr: expect.stringContaining('before anything') });
    closeSync(writer);
  });

  it('does not wait for a reader of its report, and leaves nothing behind', async () => {
    const folder = makeFolder();
    makePipe(join(folder, 'pipe'));
    const words = ['scan', '--format', 'json=first.json', '--format', 'jsonl=pipe'];
    const { child, ended } = startKeyward(words, { folder });
    await until(() => readdirSync(folder).length > 1);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ status: 2, stderr: expect.stringContaining('before anything') });
    expect(readdirSync(folder)).toEqual(['pipe']);
  });
});
