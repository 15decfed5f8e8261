import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/use-cases/**/*.flow.test.ts'],
    setupFiles: 'test/random.ts',
    testTimeout: 120_000,
    maxWorkers: 4,
    isolate: false,
  },
});
