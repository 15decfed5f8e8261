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
const left = /\.property\.test\.ts$|\/(hostile-policies|limits|who-table)\.test\.ts$/;

/**
 * Stryker's vitest runner starts vitest anew for each mutant, which takes a second or two; there are some eight thousand.
 * The tests of the pure rooms need nothing of vitest but `describe`, `it` and `expect`, so this runner bundles them
 * once and, for each mutant, evaluates the bundle afresh (no cache of a module outlives its mutant) and runs the tests
 * that reach the mutant until one fails.
 * https://stryker-mutator.io/docs/stryker-js/guides/create-a-plugin/
 */
class InProcessRunner {
  #load: (() => ReadonlyMap<string, () => Test[]>) | undefined;
  /** What a test, or all of a file with loading it, took last. */
  readonly #milliseconds = new Map<string, number>();
  /** By source, the test file that last killed a mutant of it. */
  readonly #killers = new Map<string, string>();

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
    for (const test of [...this.#files().values()].flatMap((collect) => collect())) {
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
    instrumented.hitCount = 0;
    instrumented.hitLimit = hitLimit;
    instrumented.activeMutant = activeMutant.id;
    const { nrOfTests, killed } = await this.#kill(testFilter, activeMutant.fileName);
    instrumented.activeMutant = undefined;
    if (hitLimit !== undefined && instrumented.hitCount > hitLimit) {
      return { status: 'timeout', reason: `Hit more than ${hitLimit} times` };
    }
    return killed === null
      ? { status: 'survived', nrOfTests }
      : { status: 'killed', killedBy: [killed.id], failureMessage: killed.failureMessage, nrOfTests };
  }

  /** Loads one test file after the other: first that which last killed a mutant of this source, then the quickest. */
  async #kill(testFilter: string[] | undefined, source: string) {
    const wanted = testFilter && new Set(testFilter);
    const wantedFiles = testFilter && new Set(testFilter.map((id) => id.split('#')[0]));
    const toCost = (file: string) =>
      this.#killers.get(source) === file ? -1 : (this.#milliseconds.get(file) ?? 0);
    const files = [...this.#files()]
      .filter(([file]) => wantedFiles?.has(file) ?? true)
      .sort(([a], [b]) => toCost(a) - toCost(b));
    let nrOfTests = 0;
    for (const [file, collect] of files) {
      const start = performance.now();
      let id = file;
      try {
        const tests = collect().filter((test) => wanted?.has(test.id) ?? true);
        for (const test of tests.sort((a, b) => this.#compare(a, b))) {
          ({ id } = test);
          nrOfTests += 1;
          const failureMessage = await this.#run(test);
          if (failureMessage === null) continue;
          this.#killers.set(source, file);
          return { nrOfTests, killed: { id, failureMessage } };
        }
      } catch (error) {
        // The mutant was reached while the file was loaded.
        const [first = id] = testFilter?.filter((one) => one.startsWith(`${file}#`)) ?? [];
        return { nrOfTests, killed: { id: first, failureMessage: String(error) } };
      }
      this.#milliseconds.set(file, performance.now() - start);
    }
    return { nrOfTests, killed: null };
  }

  #compare(one: Test, other: Test): number {
    return (this.#milliseconds.get(one.id) ?? 0) - (this.#milliseconds.get(other.id) ?? 0);
  }

  #files(): ReadonlyMap<string, () => Test[]> {
    return this.#load?.() ?? new Map();
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

type MutantRun = { testFilter?: string[]; activeMutant: { id: string; fileName: string }; hitLimit?: number };

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
