import { chmodSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../cli/start-keyward.ts';
import { packageFolder, packed, startPackage } from './start-package.ts';

const root = join(import.meta.dirname, '../..');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const [, last = ''] = dockerfile.split(/^FROM .*:nonroot$/m);

/** What Docker would run, with the user that it would run it as: a stranger to every file. */
const stranger = 65_532;
const readOnly = () => {
  const folder = makeFolder();
  mkdirSync(join(folder, 'home'));
  writeFileSync(
    join(folder, 'secret.yaml'),
    'apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\n',
  );
  for (const path of ['home', '.']) chmodSync(join(folder, path), 0o555);
  return folder;
};

describe('The container recipe', () => {
  // test/package/pack.ts has made the package of these files alone.
  it('sends to Docker what it copies, and nothing else', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
      sources.split(' '),
    );
    const [all, ...sent] = readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n');
    expect(all).toBe('*');
    expect(sent.map((line) => line.replace(/^!/, '')).sort()).toEqual(copied.sort());
  });

  it('has nothing in its last stage but the package, which it starts as nobody in particular', () => {
    expect(last.match(/^(RUN|ADD|COPY|USER|ENTRYPOINT) .*$/gm)).toEqual([
      'COPY --from=build /build/package /keyward',
      `USER ${stranger}`,
      'ENTRYPOINT ["/nodejs/bin/node", "/keyward/dist/keyward.js"]',
    ]);
    expect(existsSync(join(packageFolder, 'dist/keyward.js'))).toBe(true);
  });

  it.runIf(process.getuid?.() === 0)('runs where nothing can be written, as a user of no name', async () => {
    // Node's own files may lie where a stranger can't look.
    const node = join(makeFolder(), 'node');
    cpSync(packed.nodes['24'], node);
    chmodSync(join(node, '..'), 0o755);
    const folder = readOnly();
    const env = { HOME: join(folder, 'home'), PATH: `${join(node, '..')}:/usr/bin:/bin` };
    const linted = await startPackage(['lint', '.'], { folder, env, uid: stranger });
    expect(linted).toMatchObject({ stderr: '', status: 0 });
    const written = await startPackage(['lint', '.', '--format', 'json=a.json'], {
      folder,
      env,
      uid: stranger,
    });
    expect(written).toMatchObject({ status: 64, stderr: expect.stringContaining("a.json can't be written") });
    const demo = await startPackage(['demo', '--clusters', 'platform-legacy'], {
      folder,
      env,
      uid: stranger,
    });
    expect(demo).toMatchObject({ stderr: '', status: 0 });
    expect(globSync('**', { cwd: folder }).sort()).toEqual(['.', 'home', 'secret.yaml']);
  });
});
