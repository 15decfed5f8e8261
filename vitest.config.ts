import { defineConfig } from 'vitest/config';
import { longest } from './test/runs.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/**/*.flow.test.ts',
      'test/cli/**',
      'test/package/**',
      'test/emulators/**',
      'test/apiserver/**',
      'test/browser/**',
      'test/bench/**',
    ],
    setupFiles: 'test/random.ts',
    // Generous: a busy machine is no defect.
    testTimeout: process.env.CASES === undefined ? 60_000 : longest,
    // Most of the time goes by in waiting, for rates and retries.
    maxWorkers: 4,
    // Loading the SDK and the sandbox anew for each file takes half as long as all tests do. Each test puts back what it
    // changes of its surroundings.
    isolate: false,
  },
});
