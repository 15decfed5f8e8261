import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Values } from '../../cli/arguments.ts';
import { toTableOptions } from '../../cli/report.ts';
import { main, makeFolder, startKeyward } from './start-keyward.ts';

const legacy = ['demo', '--clusters', 'platform-legacy'];

describe('Colour', () => {
  it.each<[string, NodeJS.ProcessEnv, boolean, Values, boolean]>([
    ['a terminal', {}, true, {}, true],
    ['a pipe', {}, false, {}, false],
    ['a terminal that can do nothing', { TERM: 'dumb' }, true, {}, false],
    ['a terminal with NO_COLOR', { NO_COLOR: '1' }, true, {}, false],
    ['a terminal with an empty NO_COLOR', { NO_COLOR: '' }, true, {}, true],
    ['a terminal with --no-color', {}, true, { 'no-color': true }, false],
    ['a terminal with FORCE_COLOR=0', { FORCE_COLOR: '0' }, true, {}, false],
    ['a pipe with FORCE_COLOR', { FORCE_COLOR: '1' }, false, {}, true],
    ['a pipe with both', { FORCE_COLOR: '1', NO_COLOR: '1' }, false, {}, false],
    ['a pipe with FORCE_COLOR and --no-color', { FORCE_COLOR: '1' }, false, { 'no-color': true }, false],
  ])(
    'on %s is as https://no-color.org and https://force-color.org say',
    (_, env, isTTY, values, expected) => {
      const surroundings = { env, stdout: { isTTY, columns: 77 } };
      expect(toTableOptions(values, surroundings)).toEqual({ colour: expected, width: isTTY ? 77 : 100 });
    },
  );

  it.each([
    ['goes into no pipe', {}, false],
    ['goes into a pipe that is to have it', { FORCE_COLOR: '1' }, true],
  ])('%s', async (_, env, expected) => {
    const { stdout, stderr, status } = await startKeyward(legacy, { env }).ended;
    expect({ status, stderr, isColoured: stdout.includes('\u001b[') }).toEqual({
      status: 0,
      stderr: '',
      isColoured: expected,
    });
  });
});

describe('Standard output', () => {
  it('that is full ends with 2 and says so', () => {
    const script = '"$0" "$1" checks > /dev/full';
    try {
      execFileSync('sh', ['-c', script, process.execPath, main], { encoding: 'utf8', stdio: 'pipe' });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        status: 2,
        stderr:
          'keyward: standard output could not be written\nReason: ENOSPC: no space left on device, write\n',
      });
    }
  });

  it('that is closed ends quietly', () => {
    const script = '{ "$0" "$1" checks --format json; echo "ended with $?" >&2; } | head -c 1';
    const printed = execFileSync('sh', ['-c', `{ ${script}; } 2>&1`, process.execPath, main]);
    expect(printed.toString()).toBe('[ended with 0\n');
  });

  it('can be named as a file, and stays the pipe that it is', () => {
    const script = '"$0" "$@" --quiet --format json=/dev/fd/1 | cat';
    const printed = execFileSync('sh', ['-c', script, process.execPath, main, ...legacy]);
    expect(JSON.parse(printed.toString())).toMatchObject({ schema: 'keyward/v1' });
  });
});

describe('A file', () => {
  it.each([
    ['the evidence that is judged', ['check', 'link', '--format', 'json=evidence.jsonl']],
    ['another report', ['demo', '--format', 'json=evidence.jsonl', '--format', 'jsonl=link']],
    ['one of a linked folder', ['demo', '--format', 'json=new.json', '--save-evidence', 'folder/new.json']],
  ])('is not written where it is %s by another name', async (_, words) => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'evidence.jsonl'), '{"schema":"keyward/evidence-v1","run":"R"}\n');
    symlinkSync('evidence.jsonl', join(folder, 'link'));
    symlinkSync('.', join(folder, 'folder'));
    const { status, stderr } = await startKeyward(words, { folder }).ended;
    expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining('names are the same') });
    expect(readdirSync(folder)).toEqual(['evidence.jsonl', 'folder', 'link']);
    expect(existsSync(join(folder, 'new.json'))).toBe(false);
  });
});
