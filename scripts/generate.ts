/**
 * Writes what is generated: the index of checks and their facts, their catalogue page, the published JSON Schemas, the tables of the
 * configuration's page, the script and style of the HTML report, and the README's picture of the demo.
 * With --check it writes nothing, and exits 1 naming the files that are out of date.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { verifyDocument } from '../shared/chain/document.ts';
import { manifest } from '../shared/chain/manifest.ts';
import { runDocument } from '../shared/findings/finding.ts';
import { planDocument } from '../shared/plan/document.ts';
import { configuration } from '../shared/runtime/config.ts';
import { canDocument, whoDocument } from '../shared/who/document.ts';
import { whoSecretDocument } from '../shared/who/secret-document.ts';
import { loadCatalogue, toCataloguePage, toFactsSource, toIndexSource } from './check-catalogue.ts';
import { withReference } from './config-reference.ts';
import { toPageAssets } from './page-assets.ts';
import { withDemoOutput } from './readme-demo.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const biome = fileURLToPath(new URL('../node_modules/@biomejs/biome/bin/biome', import.meta.url));

/** As `biome check` wants the file to look, so that generated files need no exception from it. */
const format = (path: string, text: string): string =>
  execFileSync(process.execPath, [biome, 'check', '--write', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
  });

const toSchema = (title: string, schema: z.ZodType, io: 'input' | 'output'): string =>
  JSON.stringify({ title, ...z.toJSONSchema(schema, { io }) }, null, 2);

const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const catalogue = await loadCatalogue();
const files = {
  'shared/checks/index.ts': toIndexSource(catalogue),
  'shared/checks/facts.ts': toFactsSource(catalogue),
  'docs/checks.md': toCataloguePage(catalogue),
  'docs/configuration.md': withReference(await readFile(`${root}docs/configuration.md`, 'utf8')),
  'shared/report/html/page-assets.ts': await toPageAssets(root),
  'docs/schema/keyward-v1.json': toSchema('Keyward findings, keyward/v1', runDocument, 'output'),
  'docs/schema/keyward-who-v1.json': toSchema('Keyward who, keyward/who-v1', whoDocument, 'output'),
  'docs/schema/keyward-can-v1.json': toSchema('Keyward who --can, keyward/can-v1', canDocument, 'output'),
  'docs/schema/keyward-who-secret-v1.json': toSchema(
    'Keyward who --secret, keyward/who-secret-v1',
    whoSecretDocument,
    'output',
  ),
  'docs/schema/keyward-plan-v1.json': toSchema('Keyward plan, keyward/plan-v1', planDocument, 'output'),
  'docs/schema/keyward-manifest-v1.json': toSchema(
    'Keyward manifest, keyward/manifest-v1',
    manifest,
    'output',
  ),
  'docs/schema/keyward-verify-v1.json': toSchema(
    'Keyward verify, keyward/verify-v1',
    verifyDocument,
    'output',
  ),
  'docs/schema/keyward-config.json': toSchema('Keyward configuration', configuration, 'input'),
};

// The demo runs by the index as it lies there: where that is out of date, a second run draws the right picture.
const readme = { 'README.md': withDemoOutput(await readFile(`${root}README.md`, 'utf8')) };

const outdated: string[] = [];
for (const [path, source] of Object.entries({ ...files, ...readme })) {
  const text = path in files ? format(path, source) : source;
  if ((await readIfThere(`${root}${path}`)) === text) continue;
  outdated.push(path);
  if (values.check) continue;
  await mkdir(dirname(`${root}${path}`), { recursive: true });
  await writeFile(`${root}${path}`, text);
}

if (values.check && outdated.length > 0) {
  process.stderr.write(
    `Out of date, run "npm run generate":\n${outdated.map((path) => `  ${path}\n`).join('')}`,
  );
  process.exitCode = 1;
} else process.stdout.write(outdated.map((path) => `wrote ${path}\n`).join(''));
