import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/apiserver/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One server at a time: each takes a core of its own while it starts.
    fileParallelism: false,
  },
});
