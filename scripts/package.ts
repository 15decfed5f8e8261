/**
 * What `npm pack` does before and after: the command line is bundled into dist/, and for as long as npm packs, package.json
 * is the package's own, which needs nothing installed. `--restore` puts the checkout's back.
 */
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { bundle, oldestNode } from './package/bundle.ts';
import { collectPackages } from './package/packages.ts';
import { toBillOfMaterials } from './package/sbom.ts';
import { toThirdPartyLicences } from './package/third-party.ts';
import { bundlePage } from './page-assets.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifestFile = join(root, 'package.json');
const savedFile = join(root, '.cache/package.json');
const outdir = join(root, 'dist');

const readJson = async <T>(file: string, shape: z.ZodType<T>): Promise<T> =>
  shape.parse(JSON.parse(await readFile(join(root, file), 'utf8')));

const prepare = async () => {
  const { name, version, description, license } = await readJson(
    'package.json',
    z.object({ name: z.string(), version: z.string(), description: z.string(), license: z.string() }),
  );
  const lock = await readJson(
    'package-lock.json',
    z.object({ packages: z.record(z.string(), z.object({ integrity: z.string().optional() })) }),
  );
  const integrity = new Map(
    Object.entries(lock.packages).map(([path, entry]) => [path, entry.integrity ?? '']),
  );
  // The page's script lies in the bundle as a text, whose packages esbuild does not see.
  const [program, page] = [await bundle(root, outdir), (await bundlePage(root, 'main.ts')).metafile];
  const packages = await collectPackages(root, {
    inputs: { ...program.inputs, ...page.inputs },
    outputs: { ...program.outputs, ...page.outputs },
  });
  const apache = await readFile(join(root, 'LICENSE'), 'utf8');
  await writeFile(join(outdir, 'THIRD-PARTY-LICENSES.txt'), toThirdPartyLicences(packages, apache));
  await writeFile(
    join(outdir, 'sbom.cdx.json'),
    toBillOfMaterials({ name, version, license }, packages, integrity),
  );
  const manifest = {
    ...{ name, version, description, license, type: 'module' },
    bin: { keyward: 'dist/keyward.js' },
    // Nothing of it is to be imported.
    exports: { './package.json': './package.json' },
    engines: { node: `>=${oldestNode}` },
    // What the pages in docs/ link to is there with them.
    files: ['dist', 'docs', 'infra/athena/table.sql', 'infra/kubernetes/cluster-role.yml', 'CHANGELOG.md'],
  };
  await mkdir(join(root, '.cache'), { recursive: true });
  await copyFile(manifestFile, savedFile);
  await writeFile(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
};

const { restore } = parseArgs({ options: { restore: { type: 'boolean' } } }).values;
await (restore ? rename(savedFile, manifestFile) : prepare());
