import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/emulators/**', 'test/bench/**'],
    testTimeout: 20_000,
  },
});
