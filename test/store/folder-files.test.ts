import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { digestFile, readFileWhole } from '../../shared/store/files.ts';
import { openFolderFiles } from '../../shared/store/folder-files.ts';
import { makeFolder } from './stores.ts';

it('A copied bucket is read as the bytes that it is, and nothing outside it, nor what is no file', async () => {
  const folder = await makeFolder();
  const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x0a]);
  mkdirSync(join(folder, 'copy/runs/a'), { recursive: true });
  writeFileSync(join(folder, 'copy/runs/a/b'), bytes);
  writeFileSync(join(folder, 'outside'), 'secret');
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'copy/runs/pipe')]);
  const files = openFolderFiles(join(folder, 'copy'));
  expect(await Array.fromAsync(files.list('runs/'))).toEqual(['runs/a/b', 'runs/pipe']);
  expect(await Array.fromAsync(files.list('manifests/'))).toEqual([]);
  expect((await readFileWhole(files, 'runs/a/b', 1000))?.body.equals(bytes)).toBe(true);
  // printf '\377\000\376\n' | sha256sum
  const sha256 = '4dcbcbb81b13115df031ee26fcb1652860159d80426df68969df75dee9e7e9b4';
  expect(await digestFile(files, 'runs/a/b')).toMatchObject({ bytes: 4, sha256 });
  for (const name of ['../outside', 'runs/a', 'runs/pipe', 'runs/a/b/c', 'runs/none'])
    expect(await digestFile(files, name), name).toBeUndefined();
});

it('What is too large to be ours is not read to its end', async () => {
  let pieces = 0;
  const open = async () =>
    (async function* () {
      for (;;) {
        pieces += 1;
        yield Buffer.alloc(10);
      }
    })();
  expect((await readFileWhole({ open }, 'manifests/000001.json', 25))?.body).toHaveLength(30);
  expect(pieces).toBe(3);
});
