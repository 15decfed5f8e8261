import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { createFolderStore } from '../../shared/store/folder-store.ts';
import { makeFolder } from './stores.ts';

const module = resolve(import.meta.dirname, '../../shared/store/folder-store.ts');

/** Another process that uses the store of a folder. */
const runProcess = (folder: string, script: string) =>
  spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `const { createFolderStore } = await import(${JSON.stringify(`file://${module}`)});
       const store = createFolderStore(${JSON.stringify(folder)});
       ${script}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

it('lets nobody but the owner read', async () => {
  const folder = join(await makeFolder(), 'new');
  const store = createFolderStore(folder);
  await store.put('iam/111122223333', '{}');
  const [file = ''] = await readdir(join(folder, 'iam'));
  expect((await stat(join(folder, 'iam', file))).mode & 0o777).toBe(0o600);
  for (const path of [folder, join(folder, 'iam')]) expect((await stat(path)).mode & 0o777).toBe(0o700);
});

it('writes nowhere but below its folder', async () => {
  const outer = await makeFolder();
  const store = createFolderStore(join(outer, 'inner'));
  for (const name of ['..', '../x', 'a/../../x', '/x']) await store.put(name, '{}');
  expect(await readdir(outer)).toEqual(['inner']);
});

it('does not take what is no object of its for one', async () => {
  const folder = await makeFolder();
  for (const file of ['a.json.lock', 'a.json.1234567', 'README']) await writeFile(join(folder, file), '{');
  const store = createFolderStore(folder);
  const names: string[] = [];
  for await (const name of store.list('')) names.push(name);
  expect(names).toEqual([]);
});

it('is left with whole objects alone by a writer that is killed', async () => {
  const folder = await makeFolder();
  const writer = runProcess(
    folder,
    `const body = JSON.stringify('x'.repeat(4_000_000));
     for (let count = 0; ; count += 1) {
       await store.put('object-' + (count % 5), body);
       if (count === 5) console.log('writing');
     }`,
  );
  await once(writer.stdout, 'data');
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  const store = createFolderStore(folder);
  const names: string[] = [];
  for await (const name of store.list('')) {
    names.push(name);
    expect(JSON.parse((await store.get(name))?.body ?? '')).toHaveLength(4_000_000);
  }
  expect(names).toEqual(['object-0', 'object-1', 'object-2', 'object-3', 'object-4']);
});

it('lets one of several processes win', async () => {
  const folder = await makeFolder();
  const store = createFolderStore(folder);
  const etag = await store.put('state', '0');
  const script = `const won = await store.put('state', String(process.pid), { ifMatch: '${etag}' }).then(() => true, () => false);
    console.log(won);`;
  const answers = await Promise.all(
    [1, 2, 3].map(async () => {
      const child = runProcess(folder, script);
      const [output] = await once(child.stdout, 'data');
      return { won: String(output).trim() === 'true', pid: String(child.pid) };
    }),
  );
  const winners = answers.filter(({ won }) => won);
  expect(winners).toHaveLength(1);
  expect((await store.get('state'))?.body).toBe(winners[0]?.pid);
});
