import { globSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import configuration from '../../vitest.config.ts';
import flows from '../use-cases/vitest.config.ts';

describe('Random cases', () => {
  it('are the same in every run', () => {
    expect(fc.readConfigureGlobal()).toHaveProperty('seed', expect.any(Number));
    const [first, second] = [1, 2].map(() => fc.sample(fc.string(), 20));
    expect(first).toEqual(second);
  });

  it('are asserted only where the seed is set', () => {
    const files = globSync('test/**/*.test.ts').filter((file) =>
      /\bfc\.assert\(/.test(readFileSync(file, 'utf8')),
    );
    expect(files.length).toBeGreaterThan(10);
    expect([configuration, flows].map(({ test }) => test?.setupFiles)).toEqual(
      Array(2).fill('test/random.ts'),
    );
    const left = (configuration.test?.exclude ?? []).filter((files) => !files.endsWith('.flow.test.ts'));
    const elsewhere = new Set(left.flatMap((folder) => globSync(folder)));
    expect(files.filter((file) => elsewhere.has(file))).toEqual([]);
  });
});
