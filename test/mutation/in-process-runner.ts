import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import { build } from 'esbuild';
import { expect } from 'vitest';
import { collectTests, type Test } from './collect-tests.ts';

/** Of the pure rooms. Random and huge policies are left out: a mutant needs an answer in a moment. */
const tests = 'test/{policy,who,checks,evidence,findings}/**/*.test.ts';
const left = /\.property\.test\.ts$|\/(hostile-policies|who-table)\.test\.ts$/;

/**
 * Stryker's vitest runner starts vitest anew for each mutant, which takes a second or two; there are some eight thousand.
 * The tests of the pure rooms need nothing of vitest but `describe`, `it` and `expect`, so this runner bundles them
 * once and, for each mutant, evaluates the bundle afresh (no cache of a module outlives its mutant) and runs the tests
 * that reach the mutant, quickest first, until one fails.
 * https://stryker-mutator.io/docs/stryker-js/guides/create-a-plugin/
 */
class InProcessRunner {
  #load: (() => ReadonlyMap<string, () => Test[]>) | undefined;
  readonly #milliseconds = new Map<string, number>();

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    const files = globSync(tests)
      .filter((file) => !left.test(file))
      .sort();
    this.#load = toLoader(files, await bundle(files));
  }

  async dryRun() {
    const instrumented = toInstrumented();
    instrumented.activeMutant = undefined;
    const tests: {
      id: string;
      name: string;
      status: string;
      timeSpentMs: number;
      failureMessage?: string;
    }[] = [];
    for (const test of this.#collect(() => true)) {
      instrumented.currentTestId = test.id;
      const failureMessage = await this.#run(test);
      instrumented.currentTestId = undefined;
      const status = failureMessage === null ? ('success' as const) : ('failed' as const);
      tests.push({
        id: test.id,
        name: test.id,
        timeSpentMs: this.#milliseconds.get(test.id) ?? 0,
        ...(failureMessage === null ? { status } : { status, failureMessage }),
      });
    }
    return { status: 'complete', tests, mutantCoverage: instrumented.mutantCoverage };
  }

  async mutantRun({ testFilter, activeMutant, hitLimit }: MutantRun) {
    const instrumented = toInstrumented();
    const wanted = testFilter && new Set(testFilter);
    const wantedFiles = testFilter && new Set(testFilter.map((id) => id.split('#')[0]));
    instrumented.hitCount = 0;
    instrumented.hitLimit = hitLimit;
    instrumented.activeMutant = activeMutant.id;
    let nrOfTests = 0;
    let killed: { id: string; failureMessage: string } | null = null;
    try {
      const tests = this.#collect((file) => wantedFiles?.has(file) ?? true)
        .filter(({ id }) => wanted?.has(id) ?? true)
        .sort((a, b) => (this.#milliseconds.get(a.id) ?? 0) - (this.#milliseconds.get(b.id) ?? 0));
      for (const test of tests) {
        nrOfTests += 1;
        const failureMessage = await this.#run(test);
        if (failureMessage !== null) {
          killed = { id: test.id, failureMessage };
          break;
        }
      }
    } catch (error) {
      // The mutant was reached while the test files were loaded.
      killed = { id: testFilter?.[0] ?? 'loading', failureMessage: String(error) };
    }
    instrumented.activeMutant = undefined;
    if (hitLimit !== undefined && instrumented.hitCount > hitLimit) {
      return { status: 'timeout', reason: `Hit more than ${hitLimit} times` };
    }
    return killed === null
      ? { status: 'survived', nrOfTests }
      : { status: 'killed', killedBy: [killed.id], failureMessage: killed.failureMessage, nrOfTests };
  }

  #collect(isWanted: (file: string) => boolean): Test[] {
    const files = this.#load?.() ?? new Map<string, () => Test[]>();
    return [...files].flatMap(([file, collect]) => (isWanted(file) ? collect() : []));
  }

  /** The failure's message, or null. */
  async #run({ id, run }: Test): Promise<string | null> {
    const start = performance.now();
    try {
      await run();
      return null;
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    } finally {
      this.#milliseconds.set(id, performance.now() - start);
    }
  }
}

type MutantRun = { testFilter?: string[]; activeMutant: { id: string }; hitLimit?: number };

/** What instrumented code reads and writes. */
type Instrumented = {
  activeMutant: string | undefined;
  currentTestId: string | undefined;
  hitCount: number;
  hitLimit: number | undefined;
  mutantCoverage: unknown;
};

function toInstrumented(): Instrumented {
  const globals: typeof globalThis & { __stryker__?: Instrumented } = globalThis;
  globals.__stryker__ ??= {
    activeMutant: undefined,
    currentTestId: undefined,
    hitCount: 0,
    hitLimit: undefined,
    mutantCoverage: undefined,
  };
  return globals.__stryker__;
}

/** One script that exports, for each test file, a function that loads it. */
async function bundle(files: string[]): Promise<string> {
  const entry = files.map((file) => `${JSON.stringify(file)}: () => require(${JSON.stringify(`./${file}`)})`);
  const { outputFiles } = await build({
    stdin: { contents: `module.exports = { ${entry.join(', ')} };`, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    packages: 'external',
    plugins: [
      {
        name: 'urls of modules',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) => ({
            loader: 'ts',
            contents: readFileSync(path, 'utf8').replaceAll(
              'import.meta.url',
              JSON.stringify(pathToFileURL(path).href),
            ),
          }));
        },
      },
    ],
  });
  return outputFiles.map(({ text }) => text).join('');
}

function toLoader(files: string[], script: string): () => ReadonlyMap<string, () => Test[]> {
  const requirePackage = createRequire(resolve('package.json'));
  const evaluate = compileFunction(script, ['module', 'require']);
  return () => {
    const module: { exports: Record<string, () => void> } = { exports: {} };
    const collecting = collectTests(expect);
    evaluate(module, (name: string) => (name === 'vitest' ? collecting.vitest : requirePackage(name)));
    return new Map(files.map((file) => [file, () => collecting.of(file, () => module.exports[file]?.())]));
  };
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: InProcessRunner }];
