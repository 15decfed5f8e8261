/** Bundles the command line, with every package it needs, to JavaScript that Node.js 22 runs. */
import { globSync, readFileSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { z } from 'zod';

export const oldestNode = 22;

const plugins: Plugin[] = createRequire(import.meta.url)('../../infra/esbuild-plugins.cjs');

/** A file that is started by its address: `new URL('./log-worker.ts', import.meta.url)`. */
const startedFile = /new URL\('\.\/([\w-]+)\.ts', import\.meta\.url\)/g;

/** Everything lies side by side in the bundle, so the address stays the same but for its ending. */
const startedFiles: Plugin = {
  name: 'started-files',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/](cli|shared|sandbox)[\\/].*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(startedFile, "new URL('./$1.js', import.meta.url)"),
      loader: 'ts',
    }));
  },
};

/** Of the manifest only what is asked of it: the list of development's packages does not belong to the program. */
const versionAlone: Plugin = {
  name: 'version-alone',
  setup: ({ onLoad, initialOptions: { absWorkingDir = '' } }) => {
    onLoad({ filter: /[\\/]package\.json$/ }, async ({ path }) => {
      if (path !== join(absWorkingDir, 'package.json')) return undefined;
      const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(path, 'utf8')));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** The client of Kubernetes is 17 MB, nearly all of it models of objects: what reads a kubeconfig needs none. */
const kubeconfigAlone: Plugin = {
  name: 'kubeconfig-alone',
  setup: ({ onResolve, initialOptions: { absWorkingDir = '' } }) => {
    const client = join(absWorkingDir, 'node_modules/@kubernetes/client-node/dist');
    onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({ path: join(client, 'config.js') }));
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) =>
      resolveDir.startsWith(client) && path.endsWith('.js')
        ? { path: join(resolveDir, path), sideEffects: false }
        : undefined,
    );
  },
};

/**
 * What nothing here ever asks for. `debug` takes colours from a package that is here for development alone, and does
 * without where it is not. The client of Kubernetes has undici for its own requests, which Keyward makes by itself, and
 * undici doesn't even load in Node.js before 22.19.
 */
const leftOut: Record<string, string> = {
  'supports-color': '',
  undici: 'export const Agent = undefined, ProxyAgent = undefined, fetch = undefined;',
};

const unneeded: Plugin = {
  name: 'unneeded',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(supports-color|undici)$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /^/, namespace: 'left-out' }, ({ path }) => ({ contents: leftOut[path] }));
  },
};

/**
 * Starts the bundle, with the flags of V8 that cli/keyward.js has in its first line: not every `env` passes options
 * on (BusyBox), and npm starts it in its own way on Windows. An old Node.js is told so, not shown a stack.
 */
const toStart = (flags: string[]) => `#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';

if (Number(process.versions.node.split('.')[0]) < ${oldestNode}) {
  process.stderr.write('keyward: Node.js ${oldestNode} or later is needed, and this is ' + process.versions.node + '\\n');
  process.exitCode = 64;
} else {
  for (const flag of ${JSON.stringify(flags)}) setFlagsFromString(flag);
  // The first releases of Node.js 22 warn of more than ten requests that one signal can end.
  setMaxListeners(0);
  import('./main.js');
}
`;

/** Takes the checkout's folder and the one to write to; gives what esbuild tells of the bundle. */
export const bundle = async (root: string, outdir: string): Promise<Metafile> => {
  await rm(outdir, { recursive: true, force: true });
  const sources = globSync('{cli,shared,sandbox}/**/*.ts', { cwd: root }).sort();
  const started = sources.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(startedFile)].map(([, name]) =>
      join(path, '..', `${name}.ts`),
    ),
  );
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['cli/main.ts', ...started],
    outdir,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: `node${oldestNode}`,
    mainFields: ['module', 'main'],
    // Not minified: whoever hands it their credentials can read it. The licences are in a file of their own.
    legalComments: 'none',
    // Packages of CommonJS call require, which a module has not.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    // Where node_modules is a link, packages are still known by their place in it.
    preserveSymlinks: true,
    plugins: [...plugins, startedFiles, versionAlone, kubeconfigAlone, unneeded],
    metafile: true,
  });
  const [first = ''] = readFileSync(join(root, 'cli/keyward.js'), 'utf8').split('\n');
  const bin = join(outdir, 'keyward.js');
  await writeFile(bin, toStart(first.match(/--\S+/g) ?? []));
  await chmod(bin, 0o755);
  return metafile;
};
