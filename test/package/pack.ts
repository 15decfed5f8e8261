/** Packs and installs Keyward once for all tests of the package, and fetches the Node.js versions that run it. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { z } from 'zod';

export interface Packed {
  /** What the container recipe copies of the checkout: the package was made of it alone. */
  source: string;
  tarball: string;
  /** Of the package, as the tarball has them. */
  files: string[];
  /** Where `npm install TARBALL` put it, far from the checkout. */
  installed: string;
  /** The programs of Node.js: one too old, the oldest that will do, the one of development. */
  nodes: { '20': string; '22': string; '24': string };
}

declare module 'vitest' {
  interface ProvidedContext {
    packed: Packed;
  }
}

const root = resolve(import.meta.dirname, '../..');
const versions = { '20': '20.9.0', '22': '22.0.0' };

/** The sources of each COPY of the Dockerfile but those between its stages. */
const copied = [
  ...readFileSync(join(root, 'Dockerfile'), 'utf8').matchAll(/^COPY (?!--)(.+) \S+$/gm),
].flatMap(([, sources = '']) => sources.split(' '));

const npm = (words: string[], cwd: string) =>
  execFileSync('npm', [...words, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
  });

const fetchNode = (version: string): string => {
  const folder = join(root, '.cache/nodes', version);
  const name = `node-${process.platform}-${process.arch}`;
  const program = join(folder, 'node_modules', name, 'bin/node');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    npm(['install', '--no-save', '--prefix', '.', `${name}@${version}`], folder);
  }
  return program;
};

export const setup = ({ provide }: TestProject) => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-package-'));
  // Another user runs it, too.
  chmodSync(folder, 0o755);
  const source = join(folder, 'source');
  for (const path of copied) cpSync(join(root, path), join(source, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(source, 'node_modules'));
  const told = z
    .array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) }))
    .length(1)
    .parse(JSON.parse(npm(['pack', '--json', '--pack-destination', folder], source)));
  const tarball = join(folder, told[0]?.filename ?? '');
  const installed = join(folder, 'installed');
  mkdirSync(installed);
  // Offline: whatever else the package needed could not be had.
  npm(['install', '--prefix', '.', '--offline', '--ignore-scripts', tarball], installed);
  provide('packed', {
    ...{ source, tarball, installed },
    files: told.flatMap(({ files }) => files.map(({ path }) => path)),
    nodes: { '20': fetchNode(versions['20']), '22': fetchNode(versions['22']), '24': process.execPath },
  });
  return () => rmSync(folder, { recursive: true, force: true });
};
