/**
 * Whether everything that ships may: each installed package that production needs has a licence of the list, and
 * what ships needs nothing else, so that a test oracle under a copyleft licence stays one. The script of the HTML
 * report is bundled, so its packages are development's, and ship all the same.
 * Reads package-lock.json and the source; asks no registry.
 */
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';

/** SPDX ids whose terms go well with Apache-2.0 in one program. Adding one is a decision for a review. */
const allowedLicences = [
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'],
  // Permissive as well; two packages below the client of Kubernetes have them.
  ...['PSF-2.0', 'Unlicense'],
];

/** What is published and run; tests, scripts and the bench are not. */
const shippedSource = ['cli/**/*.ts', 'functions/**/*.ts', 'shared/**/*.ts', 'sandbox/**/*.ts'];

const lockFile = z.object({
  lockfileVersion: z.literal(3, 'package-lock.json of another version than 3: run npm 7 or later'),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      dependencies: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

/** `MIT OR AGPL-3.0` may be taken as MIT; `MIT AND GPL-2.0` binds by both. Brackets are not unfolded: refused. */
const isAllowed = (licence: string): boolean =>
  licence.split(' OR ').some((choice) => choice.split(' AND ').every((id) => allowedLicences.includes(id)));

const toPackageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const getImportedPackages = (source: string): string[] =>
  [...source.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'([^'.][^']*)'/gm)]
    .flatMap(([, specifier]) => specifier ?? [])
    .filter((specifier) => !specifier.startsWith('node:') && !builtinModules.includes(specifier))
    .map(toPackageName);

const folder = resolve(parseArgs({ allowPositionals: true }).positionals[0] ?? '.');
const lock = lockFile.parse(JSON.parse(readFileSync(resolve(folder, 'package-lock.json'), 'utf8')));
const packages = Object.entries(lock.packages)
  .filter(([path]) => path.startsWith('node_modules/'))
  .map(([path, entry]) => ({ ...entry, path, name: path.slice(path.lastIndexOf('node_modules/') + 13) }));
const refused = packages.filter(({ license }) => license === undefined || !isAllowed(license));
const byPath = new Map(packages.map((entry) => [entry.path, entry]));
/** As Node.js looks for it: https://nodejs.org/api/modules.html#loading-from-node_modules-folders */
const find = (name: string, folder = ''): (typeof packages)[number] | undefined =>
  byPath.get(`${folder}node_modules/${name}`) ??
  (folder === '' ? undefined : find(name, folder.slice(0, folder.lastIndexOf('node_modules/'))));
/** Packages by these names, and all that they need. */
const reach = (names: string[], folder = '', reached = new Set<string>()): Set<string> => {
  for (const { path, dependencies } of names.flatMap((name) => find(name, folder) ?? [])) {
    if (reached.has(path)) continue;
    reached.add(path);
    reach(Object.keys(dependencies), `${path}/`, reached);
  }
  return reached;
};
const shown = ({ name, version, license }: (typeof packages)[number]) =>
  `${name}@${version ?? '?'} (${license ?? 'names no licence'})`;

const inProduction = refused
  .filter(({ dev }) => !dev)
  .map((entry) => `${shown(entry)} is a production dependency`);
const needed = globSync(shippedSource, { cwd: folder })
  .sort()
  .map((path) => ({
    path,
    reached: reach(getImportedPackages(readFileSync(resolve(folder, path), 'utf8'))),
  }));
const inSource = needed.flatMap(({ path, reached }) =>
  refused
    .filter((entry) => reached.has(entry.path))
    .map((entry) => `${path} ships and needs ${shown(entry)}`),
);

const problems = [...inProduction, ...inSource];
if (problems.length > 0) {
  process.stderr.write(
    `Not on the list of licences that may ship (${allowedLicences.join(', ')}):\n` +
      `${problems.map((problem) => `  ${problem}\n`).join('')}` +
      'Use another package. For tests alone, make it a devDependency and import it under test/ only.\n',
  );
  process.exitCode = 1;
} else {
  const shipped = packages.filter(({ path, dev }) => !dev || needed.some(({ reached }) => reached.has(path)));
  process.stdout.write(`${shipped.length} packages ship, all under a licence of the list\n`);
}
