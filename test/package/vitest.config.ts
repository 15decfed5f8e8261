import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    globalSetup: 'test/package/pack.ts',
    // Three times the whole demo.
    testTimeout: 240_000,
    maxWorkers: 2,
  },
});
