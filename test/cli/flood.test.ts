import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

/** Counts one request each of so many usernames that somebody impersonates, and tells how many tallies that makes. */
const program = `
import { createReadCounter } from './shared/activity/read-tally.ts';
const counter = createReadCounter({ from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' });
const impersonator = { identity: 'flooder', username: 'flooder', groups: ['system:authenticated'] };
for (let index = 0; index < 200_000; index += 1) {
  const name = 'name-' + ((index * 7919) % 200_000);
  counter.add({
    identity: name, username: name, groups: [], impersonator, id: name, request: name,
    time: '2026-11-20T10:00:00.000Z', verb: 'get', namespace: 'payments', secret: 'stripe', isOfHelm: false,
    client: 'other', outcome: 'success', source: '192.0.2.10', agent: 'kubectl',
  });
}
console.log(counter.get().get('2026-11-20').length);
`;

describe('An audit log with 200,000 usernames', () => {
  it('is counted in little memory', async () => {
    const words = ['--max-old-space-size=48', '--input-type=module-typescript', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root });
    expect(Number(stdout)).toBe(2_001);
  }, 60_000);
});
