import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/cli/**/*.test.ts'],
    // Each test starts the program, most of them the sandbox as well.
    testTimeout: 90_000,
    maxWorkers: 4,
    isolate: false,
  },
});
