import fc from 'fast-check';
import { toRuns } from './runs.ts';

// Random cases are the same in every run, so that only a change can fail a build. Whoever looks for faults gives
// SEED=random, or the number that a failure printed, and CASES=20000.
const { SEED: seed = '1' } = process.env;
if (seed !== 'random' && !/^-?\d+$/.test(seed)) throw new Error('SEED is neither a number nor random.');
fc.configureGlobal({
  seed: seed === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(seed),
  numRuns: toRuns(100),
});
