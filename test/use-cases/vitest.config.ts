import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/use-cases/**/*.flow.test.ts'],
    testTimeout: 120_000,
    maxWorkers: 4,
    isolate: false,
  },
});
