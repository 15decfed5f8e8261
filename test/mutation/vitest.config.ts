import { defineConfig } from 'vitest/config';

/** The tests of the pure rooms that mutants are judged by; random ones are left out, for a mutant needs an answer in a moment. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/{policy,checks,evidence,findings}/**/*.test.ts'],
    exclude: ['test/**/*.property.test.ts'],
    isolate: false,
  },
});
