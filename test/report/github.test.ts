import { describe, expect, it } from 'vitest';
import type { Finding } from '../../shared/findings/finding.ts';
import { toGithub } from '../../shared/report/github.ts';
import { hostileName, toFinding } from './findings.ts';

const toText = async (findings: Finding[]) => (await Array.fromAsync(toGithub({ findings }))).join('');
const manifest = {
  account: null,
  region: null,
  cluster: null,
  resource: 'file:deploy/a.yaml#secret/shop/db',
  origin: { file: 'deploy/a.yaml', line: 12 },
  check: 'env-from-imports-no-secret',
  message: 'It imports all of it.',
  remediation: { text: 'Mount it.' },
} as const;

describe('toGithub', () => {
  it.each([
    ['critical', 'error'],
    ['high', 'error'],
    ['medium', 'warning'],
    ['low', 'notice'],
    ['info', 'notice'],
  ] as const)('makes a failure of severity %s a command %s at its line', async (severity, command) => {
    expect(await toText([toFinding({ ...manifest, severity })])).toBe(
      `::${command} file=deploy/a.yaml,line=12,title=env-from-imports-no-secret (${severity})::It imports all of it.%0AMount it.\n`,
    );
  });

  it('tells no pass, no unknown and nothing that is excused', async () => {
    const exception = { reason: 'r', owner: 'o', expires: '2027-01-01' };
    expect(
      await toText([
        toFinding({ ...manifest, status: 'pass' }),
        toFinding({ ...manifest, status: 'unknown', reason: 'failed' }),
        toFinding({ ...manifest, exception }),
      ]),
    ).toBe('');
  });

  it('names what it is about where that is in no file of the repository', async () => {
    const { origin: _, ...others } = manifest;
    expect(await toText([toFinding({ ...others, resource: 'manifests', severity: 'high' })])).toBe(
      '::error title=env-from-imports-no-secret (high)::It imports all of it. (manifests)%0AMount it.\n',
    );
    const onStdin = { resource: 'file:-#secret//db', origin: { file: '-', line: 3 } };
    expect(await toText([toFinding({ ...manifest, ...onStdin })])).toBe(
      '::warning title=env-from-imports-no-secret (medium)::It imports all of it. (file:-#secret//db, line 3)%0AMount it.\n',
    );
  });

  it('escapes so that no name begins a command, a property or a line of its own', async () => {
    const finding = toFinding({
      ...manifest,
      origin: { file: 'a,line=1::error::b:%.yaml', line: 2 },
      message: `100 %\r\n::error::${hostileName}`,
    });
    const text = await toText([finding]);
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toMatch(/^::warning file=a%2Cline=1%3A%3Aerror%3A%3Ab%3A%25\.yaml,line=2,title=[^:]+::/);
    expect(text).toContain('100 %25');
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  });
});
