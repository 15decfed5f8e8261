import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../shared/evidence/settings.ts';
import { toLearnedYaml } from '../../shared/report/learned-yaml.ts';
import { toLearned } from '../../shared/who/learned.ts';
import { toEksGrant, toSubject } from '../checks/cases.ts';
import { acrossAll, callers, quietLines, readBy, toReads } from '../checks/reads.ts';
import { toKeySubject } from './key-subject.ts';
import { change, controlPlane, strayUse, tally, toRole, toUsedKey } from './used.ts';

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

  it('suggests nobody in whose name a service made or ended a grant, who made EKS’s, or who mended', () => {
    const { administrators } = learn(
      toUsedKey(
        [],
        [
          change('CreateGrant', toRole('karpenter'), { invokedBy: 'ec2.amazonaws.com', id: 'a' }),
          change('RetireGrant', toRole('aws:ec2-infrastructure'), { id: 'b' }),
          change('CreateGrant', toRole('creator'), { id: 'c', grant: toEksGrant('shop', 'context-1') }),
          change('CancelKeyDeletion', toRole('mender'), { id: 'd' }),
          change('DisableKey', toRole('backup'), { invokedBy: 'backup.amazonaws.com', id: 'e' }),
        ],
      ),
    );
    expect(administrators.map(({ principal }) => principal)).toEqual([toRole('backup')]);
  });

  it('leaves out who only seals', () => {
    const sealing = toUsedKey([tally(toRole('writer'), { operation: 'Encrypt', context: { a: 'b' } })]);
    expect(learn(sealing).decrypters).toEqual([]);
  });

  it('suggests nobody for what EKS did under a context that no grant has', () => {
    const stray = learn(toUsedKey([controlPlane, strayUse]));
    expect(stray).toMatchObject({ decrypters: [], ordinaryCalls: 48, strayCalls: 56 });
    expect(toLearnedYaml(stray)).toMatch(
      /# EKS used it 56 times under a context that no grant has\..*\n# Otherwise only expected principals opened anything with it \(48 times\)/,
    );
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

  it.each([
    [
      'only expected principals were seen',
      [controlPlane],
      '# Only expected principals opened anything with it (48 times)',
    ],
    ['nobody was seen', [], '# Nobody opened anything with it, and nobody unexpected changed it.'],
  ])('says why its lists are empty: %s', (_, uses, line) => {
    expect(toLearnedYaml(learn(toUsedKey(uses)))).toContain(line);
    expect(text).not.toContain('expected principals opened');
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

describe('Readers that are learned', () => {
  const lines = [
    ...quietLines,
    readBy(callers.ana),
    readBy(callers.oidc, { code: 403 }),
    readBy(callers.argo, { verb: 'list', objectRef: acrossAll }),
    readBy(callers.argo, { verb: 'watch', objectRef: acrossAll, at: '2026-11-21T02:10:00Z' }),
    readBy(callers.coreDns, { impersonatedUser: callers.api }),
    readBy({ username: '*', groups: ['system:authenticated'] }),
    readBy({ username: 'system:serviceaccount:shop:fake', groups: ['system:authenticated'] }),
  ];
  const toCluster = (more: object = {}) => toSubject({ reads: toReads(lines), ...more });
  const read = (given: object = {}, subject = toCluster()) =>
    toLearned([subject], settings.parse(given)).readers;

  it('are those who were answered though nobody expects it, and who impersonated others to that end', () => {
    expect(read()).toMatchObject({
      readers: [
        { principal: toRole('Developer'), calls: { get: 1 } },
        {
          principal: callers.argo.username,
          calls: { list: 1, watch: 1 },
          first: '2026-11-20T10:00:00.000Z',
          last: '2026-11-21T02:10:00.000Z',
        },
        { principal: callers.coreDns.username, calls: { get: 1 } },
      ],
      unnameable: 2,
    });
  });

  it('are configuration under which they are expected, and nobody else', () => {
    const text = toLearnedYaml(toLearned([toCluster()], settings.parse({})));
    expect(settings.parse(parse(text)).expected.secretReaders).toContainEqual({
      principal: callers.argo.username,
      clusters: 'shop',
    });
    expect(read(parse(text))).toMatchObject({ readers: [], unnameable: 2 });
    expect(text).toContain('# list once, watch once, 2026-11-20 10:00 to 2026-11-21 02:10');
    expect(text).toContain(
      '# Who read its Secrets from 2026-11-01 00:00 to 2026-11-24 00:00 UTC, by cloudwatch-logs.',
    );
    expect(text).toContain('would expect others, too: 2.');
  });

  it('are told of a cluster without a key of its own', () => {
    expect(read({}, toCluster({ key: null }))?.readers).toHaveLength(3);
  });

  it('are not told where no audit log was read', () => {
    expect(read({}, toSubject())).toBeUndefined();
    expect(toLearnedYaml(learn(key))).not.toContain('secretReaders');
  });

  it('are told with the time that was not seen', () => {
    const partly = toLearned([toCluster({ missing: ['secret.reads'] })], settings.parse({}));
    expect(toLearnedYaml(partly)).toContain(
      '# Reads not seen: 2026-11-01 00:00 to 2026-11-24 00:00: throttled: page 2',
    );
  });
});
