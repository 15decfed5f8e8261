import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../shared/evidence/settings.ts';
import { toLearnedYaml } from '../../shared/report/learned-yaml.ts';
import { toLearned } from '../../shared/who/learned.ts';
import { toKeySubject } from './key-subject.ts';
import { change, controlPlane, tally, toRole, toUsedKey } from './used.ts';

const learn = (subject = toUsedKey([]), given: object = {}) => toLearned([subject], settings.parse(given));
const key = toUsedKey(
  [controlPlane, tally(toRole('backup'), { count: 3 }), tally(toRole('prober'), { outcome: 'AccessDenied' })],
  [
    change('PutKeyPolicy', toRole('deploy')),
    change('RetireGrant', 'ec2.amazonaws.com', { kind: 'service', id: 'r' }),
    change('DisableKey', toRole('refused'), { outcome: 'AccessDenied', id: 'd' }),
  ],
);

describe('toLearned', () => {
  it('names who used and changed the key, but no service, no control plane, and nobody who only failed', () => {
    const { decrypters, administrators } = learn(key);
    expect(decrypters.map(({ principal }) => principal)).toEqual([toRole('backup')]);
    expect(administrators.map(({ principal }) => principal)).toEqual([toRole('deploy')]);
  });

  it('leaves out who only seals', () => {
    const sealing = toUsedKey([tally(toRole('writer'), { operation: 'Encrypt', context: { a: 'b' } })]);
    expect(learn(sealing).decrypters).toEqual([]);
  });

  it('leaves out whom the configuration expects already', () => {
    const expected = { decrypters: ['*/backup'], administrators: ['*/deploy'] };
    expect(learn(key, { expected })).toMatchObject({ decrypters: [], administrators: [], expected: 1 });
  });
});

describe('toLearnedYaml', () => {
  const text = toLearnedYaml(learn(key));

  it('is configuration that expects whom it names, for this cluster', () => {
    const read = settings.parse(parse(text));
    expect(read.expected.decrypters).toEqual([{ principal: toRole('backup'), clusters: 'shop' }]);
    expect(read.expected.administrators).toEqual([{ principal: toRole('deploy'), clusters: 'shop' }]);
    expect(learn(key, parse(text)).decrypters).toEqual([]);
  });

  it('says of each what was seen, and that a person must decide', () => {
    expect(text).toContain('# Decrypt 3 times, 2026-11-21 02:10 to 2026-11-21 02:10');
    expect(text).toContain('Nothing is expected because it happened');
  });

  it('says which time could not be seen', () => {
    const gap = { from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' };
    const partly = toUsedKey([], [], [{ ...gap, what: 'older ones', reason: 'over-budget' }]);
    expect(toLearnedYaml(learn(partly))).toContain(
      '# Not seen: 2026-11-20 00:00 to 2026-11-21 00:00: over-budget: older ones',
    );
  });

  it('says so where no event could be read', () => {
    expect(toLearnedYaml(learn(toKeySubject()))).toContain('No event could be read.');
  });

  it('lets no name break out of its line', () => {
    const hostile = toUsedKey([tally(`${toRole('x')}\nchecks: off # \u001b[2J`)]);
    const written = toLearnedYaml(learn(hostile));
    expect(parse(written).checks).toBeUndefined();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through.
    expect(written).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
