import { describe, expect, it } from 'vitest';
import { toVerifyTable } from '../../shared/report/verify-table.ts';
import { toRunNames } from '../../shared/store/names.ts';
import {
  days,
  keyArn,
  makeNights,
  otherArn,
  ours,
  signers,
  theirs,
  toRun,
  verifyNights,
  writeNight,
} from '../chain/nights.ts';

const draw = (told: Awaited<ReturnType<typeof verifyNights>>) =>
  [...toVerifyTable(told, { width: 200, colour: false })].join('');

describe('The table of what was verified', () => {
  it('says that nobody said which key is the right one', async () => {
    const table = draw(await verifyNights(await makeNights(), { pin: { by: 'manifest' } }));
    expect(table).toContain(
      `4 nights signed by the key ${keyArn}, which the newest manifest names: nobody said`,
    );
    expect(table).toContain(`SHA-256 of its public key: ${ours.sha256}`);
  });

  it('counts what each key signed, and names one that does not count', async () => {
    const store = await makeNights();
    await writeNight(store, '2026-11-28', signers.theirs);
    const now = '2026-11-28T12:00:00.000Z';
    const oneCounts = draw(await verifyNights(store, { now }));
    expect(oneCounts).toContain(`named key: ${otherArn}`);
    expect(oneCounts).toContain('5 nights, 4 whole, 1 other-key, 0 gaps');
    const both = draw(await verifyNights(store, { now, pin: { by: 'file', keys: [ours, theirs] } }));
    expect(both).toContain(`4 nights signed by the key ${keyArn}, which was given`);
    expect(both).toContain(`1 night signed by the key ${otherArn}, which was given`);
  });

  it('names ten objects of a kind, and counts the others', async () => {
    const store = await makeNights();
    for (let index = 0; index < 12; index += 1)
      await store.put(`${toRunNames(toRun(days[0] ?? '')).prefix}more/${index}\u202e`, '');
    const table = draw(await verifyNights(store));
    expect(table.match(/added: runs/g)).toHaveLength(10);
    expect(table).toContain('added: and 2 more, in --format json');
    expect(table).not.toContain('\u202e');
  });
});
