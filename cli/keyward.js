#!/usr/bin/env -S node --max-semi-space-size=2 --heap-growing-percent=20
/**
 * Starts the program, and keeps what Node makes of its TypeScript for the next start: to load what makes it takes a tenth
 * of a second and twenty megabytes, in each thread. Whoever may write where it is kept may write the program, too.
 */
import { statSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

// By name an old Node.js could not even import what it lacks, and would show a stack. From 22.18 on it runs TypeScript.
if (!process.features.typescript) {
  process.stderr.write(`keyward: Node.js 22.18 or later is needed, and this is ${process.versions.node}\n`);
  process.exit(64);
}
const folder = fileURLToPath(new URL('..', import.meta.url));
// Whom the program does not belong to keeps nothing there: what root wrote its owner could not remove. Where nothing can
// be written, nothing is kept. It is told by no variable, which every plugin for credentials would inherit.
if (statSync(folder).uid === (process.getuid?.() ?? 0))
  nodeModule.enableCompileCache(`${folder}node_modules/.cache/keyward`);
await import('./main.ts');
