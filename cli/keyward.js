#!/usr/bin/env -S node --max-semi-space-size=2 --heap-growing-percent=20
/**
 * Starts the program, and keeps what Node makes of its TypeScript for the next start: to load what makes it takes a tenth
 * of a second and twenty megabytes, in each thread. Whoever may write where it is kept may write the program, too.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Threads look there for it. Where nothing can be written, nothing is kept.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/keyward', import.meta.url));
enableCompileCache();
await import('./main.ts');
