import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDocument } from '../../shared/findings/finding.ts';
import { bareEnvironment, main } from './start-keyward.ts';

const toFolder = () => mkdtempSync(join(tmpdir(), 'keyward-cli-'));
const keyward = (words: string[], folder = toFolder()) =>
  spawnSync(process.execPath, [main, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...bareEnvironment, HOME: folder },
  });

describe('keyward', () => {
  it.each([
    [[]],
    [['--help']],
    [['help']],
    [['help', 'scan']],
    [['scan', '--help']],
    [['secrets', '--help']],
    [['explain', '-h']],
  ])('%j prints help of at most 80 columns', (words) => {
    const { stdout, stderr, status } = keyward(words);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^Usage: keyward/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('prints its version', () => {
    expect(keyward(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('says in a sentence that a Node.js runs no TypeScript', () => {
    const flags = ['--no-experimental-strip-types', main, 'demo'];
    const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({
      status: 64,
      stdout: '',
      stderr: `keyward: Node.js 22.18 or later is needed, and this is ${process.versions.node}\n`,
    });
  });

  describe('of another folder', () => {
    /** Starts a copy with a program of one line; gives what it kept, too. */
    const start = (prepare: (folder: string) => void, uid?: number) => {
      const folder = toFolder();
      mkdirSync(join(folder, 'cli'));
      copyFileSync(main, join(folder, 'cli/keyward.js'));
      writeFileSync(join(folder, 'cli/main.ts'), "console.log('ran' as string);");
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      prepare(folder);
      const { NODE_COMPILE_CACHE: _, ...env } = bareEnvironment;
      const words = [join(folder, 'cli/keyward.js')];
      const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', env, uid });
      const kept = globSync(join(folder, 'node_modules/.cache/keyward/**/*')).filter((file) =>
        statSync(file).isFile(),
      );
      return { stdout, stderr, kept };
    };
    const ran = { stdout: 'ran\n', stderr: '' };

    it('keeps what Node compiled there, for its owner alone', () => {
      const { kept, ...told } = start(() => {});
      expect(told).toEqual(ran);
      expect(kept.length).toBeGreaterThan(0);
      for (const file of kept) expect(statSync(file).mode & 0o077).toBe(0);
    });

    it('runs as well where nothing can be kept', () => {
      // Below a file there can be no folder.
      expect(start((folder) => writeFileSync(join(folder, 'node_modules'), ''))).toEqual({
        ...ran,
        kept: [],
      });
    });

    it.runIf(process.getuid?.() === 0)('keeps nothing for whom it does not belong to', () => {
      expect(start((folder) => chmodSync(folder, 0o777), 65_534)).toEqual({ ...ran, kept: [] });
    });
  });

  it.each([
    [['scna'], /no command scna\nDid you mean scan\?/],
    [['scan', '--region', 'x'], /no option --region\nDid you mean --regions\?/],
    [['scan', '--role', 'x'], /no option --role\nDid you mean --role-name\?/],
    [['scan', '--save', 'x'], /no option --save\nDid you mean --save-evidence\?/],
    [['scan', '--namespace', 'x'], /keyward scan has no option --namespace/],
    [['scan', '--no-metadata'], /--no-metadata needs --kubernetes or --kubeconfig FILE/],
    [['scan', '--kubeconfig', 'none.conf'], /none\.conf can't be read\nReason: ENOENT/],
    [
      ['who', 'shop', '--secret', 'shop/db', '--no-metadata', '--config', 'none.yaml'],
      /none\.yaml can't be read/,
    ],
    [['who', 'shop', '--no-metadata'], /--no-metadata needs --kubernetes or --kubeconfig FILE/],
    [['secret'], /no command secret\nDid you mean secrets\?/],
    [['secrets', '--kubernetes'], /keyward secrets has no option --kubernetes/],
    [['secrets', '--regions', 'x'], /keyward secrets has no option --regions/],
    [['secrets'], /there is no kubeconfig: none was given/],
    [['secrets', '--kubeconfig', 'none.conf'], /none\.conf can't be read\nReason: ENOENT/],
    [['secrets', '--kubeconfig', 'a', '--format', 'json=a'], /names are the same/],
    [['secrets', '--namespace', 'a/b'], /"a\/b" is no name of a namespace/],
    [['secrets', '--checks', 'secret-is-used'], /Did you mean secrets-are-used\?/],
    [['check', 'f', '--regions', 'x'], /keyward check has no option --regions/],
    [['scan', '--regions'], /--regions/],
    [['scan', 'extra'], /does not expect "extra"/],
    [['check'], /needs FILE/],
    [['explain', 'key-rotate'], /no check "key-rotate"\nDid you mean key-rotates\?/],
    [['scan', '--checks', 'key-rotate'], /Did you mean key-rotates\?/],
    [['scan', '--fail-on', 'hihg'], /no severity "hihg"\nDid you mean high\?/],
    [['scan', '--format', 'jsn'], /no format "jsn"\nDid you mean json\?/],
    [['scan', '--format', 'json', '--format', 'jsonl'], /only one --format/],
    [['scan', '--format', 'json=a', '--save-evidence', './a'], /names are the same/],
    [
      ['scan', '--format', 'json=none/a'],
      /none\/a can't be written\nReason: there is no folder \/.*\/none\nName a file/,
    ],
    [['scan', '--save-evidence', '.'], /\. can't be written\nReason: it is a directory/],
    [['scan', '--accounts', '12'], /"12" is not 12 digits/],
    [['scan', '--accounts', '111122223333,444455556666'], /--role-name is missing/],
    [['scan', '--accounts', '111122223333', '--organization'], /exclude each other/],
    [['scan', '--regions', 'Frankfurt'], /"Frankfurt" is not a Region/],
    [['scan', '--clusters', ''], /--clusters is empty/],
    [['scan', '--gentle', '--gentle'], /given twice/],
    [['scan', '--quiet', '--verbose'], /exclude each other/],
    [['scan', '--config', 'none.yaml'], /none\.yaml can't be read\nReason: ENOENT/],
    [['check', 'none.jsonl'], /none\.jsonl can't be read/],
    [['report', 'none.jsonl'], /none\.jsonl can't be read\nReason: ENOENT/],
    [['report', 'none.jsonl', '-o', 'a.html'], /none\.jsonl can't be read/],
    [['report', '.'], /can't be read\nReason: EISDIR/],
    [['report', 'a', '-o', 'none/a.html'], /none\/a\.html can't be written\nReason: there is no folder/],
    [['report', 'a', '--output', ''], /--output names no file/],
    [['report', 'a', '-o', './a'], /written over what it is made of/],
    [['report', 'a', '--format', 'html'], /keyward report has no option --format/],
    [['lint', '.', '--format', 'html'], /no format "html"/],
  ])('%j is wrong usage and leaves nothing behind', (words, message) => {
    const folder = toFolder();
    const { stdout, stderr, status } = keyward(words, folder);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ stdout, status, left: readdirSync(folder) }).toEqual({ stdout: '', status: 64, left: [] });
  });

  it.each([
    ['nothing', '', 64],
    ['no JSON', 'hello', 64],
    ['JSON of another tool', '{"schema":"other/v1"}', 64],
    ['JSON that lacks its findings', '{"schema":"keyward/v1","run":{}}', 2],
    ['evidence of another version', '{"schema":"keyward/evidence-v2","run":"r"}\n{}\n', 2],
    ['evidence of another line', '{"schema":"keyward/evidence-v1","run":"r"}\nhello\n', 2],
  ])('draws no report of a file that holds %s', (_, content, expected) => {
    const folder = toFolder();
    writeFileSync(join(folder, 'in'), content);
    const { stdout, stderr, status } = keyward(['report', 'in', '-o', 'out.html'], folder);
    expect(stderr).toMatch(/in(, line [12])?(: this is not| is neither) saved evidence of keyward/);
    expect({ stdout, status, left: readdirSync(folder) }).toEqual({
      stdout: '',
      status: expected,
      left: ['in'],
    });
  });

  it.each([
    [['lint', 'a.yaml', '--format', 'json=closed/a'], "closed/a can't be written"],
    [['lint', 'a.yaml', '--format', 'json=b'], "b can't be written"],
    [['report', 'a.yaml', '-o', 'closed/b/a.html'], "closed/b/a.html can't be written"],
    [['lint', 'closed'], "closed can't be read"],
    [['lint', 'closed/a'], "closed/a can't be read"],
    [['check', 'closed/a'], "closed/a can't be read"],
  ])('%j, where the user may not enter or write, is wrong usage', (words, message) => {
    const folder = toFolder();
    mkdirSync(join(folder, 'closed'), { mode: 0 });
    writeFileSync(join(folder, 'a.yaml'), '');
    chmodSync(folder, 0o555);
    const { stderr, status } = spawnSync(process.execPath, [main, ...words], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...bareEnvironment, HOME: folder },
      // Nobody keeps root out.
      uid: process.getuid?.() === 0 ? 65_534 : undefined,
    });
    expect({ stderr, status }).toEqual({ stderr: expect.stringContaining(message), status: 64 });
    expect(stderr).toMatch(/\nReason: EACCES/);
    expect(stderr).not.toMatch(/\.tmp|foreseen/);
  });

  it('shows what drives a terminal instead of sending it', () => {
    expect(keyward(['\u001b[2J']).stderr).toContain('\\u001b[2J');
  });

  it('shows of a check the YAML that excepts it, which is accepted once it has a day', () => {
    const folder = toFolder();
    const { stdout } = keyward(['explain', 'key-rotates']);
    const [, yaml = ''] = /To except it, in keyward\.config\.yaml\n([\s\S]*)$/.exec(stdout) ?? [];
    expect(yaml).toContain('check: key-rotates');
    writeFileSync(join(folder, 'keyward.config.yaml'), yaml.replace('YYYY-MM-DD', '2099-12-31'));
    writeFileSync(join(folder, 'empty.yaml'), '');
    // Nothing to judge, and nothing wrong with the configuration.
    expect(keyward(['lint', 'empty.yaml'], folder).stderr).not.toMatch(/keyward\.config\.yaml/);
    writeFileSync(join(folder, 'keyward.config.yaml'), yaml);
    expect(keyward(['lint', 'empty.yaml'], folder).stderr).toMatch(/keyward\.config\.yaml.*\n?.*expires/);
    expect(keyward(['explain', 'exceptions-are-in-date']).stdout).not.toContain('To except it');
  });

  it('lists and explains its checks', () => {
    expect(keyward(['checks']).stdout).toMatch(
      /key-rotates +The key is rotated often enough \(medium, low\)/,
    );
    expect(JSON.parse(keyward(['checks', '--format', 'json']).stdout)[0]).toHaveProperty('severities');
    expect(keyward(['explain', 'exceptions-are-in-date']).stdout).toContain('How to fix');
    const explained = keyward(['explain', 'key-rotates']).stdout;
    expect(explained).toMatch(/\n {2}imported material is old +low\n/);
    expect(explained).not.toContain('importedMaterial');
  });

  it('says what is wrong where there are no credentials, and exits 2', () => {
    const { stdout, stderr, status } = keyward(['scan', '--regions', 'eu-central-1']);
    expect(stderr).toMatch(/^keyward: /);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
  });

  it('excepts in a demo what the lines of explain say, and keeps what the company expects', () => {
    const folder = toFolder();
    const words = [
      'demo',
      '--clusters',
      'data-lake',
      '--checks',
      'key-rotates,secret-access-is-limited',
      '--format',
      'json',
    ];
    const toFailures = (given: string[]) => {
      const { findings } = runDocument.parse(JSON.parse(keyward([...words, ...given], folder).stdout));
      return findings
        .filter(({ status }) => status === 'fail')
        .map(({ check, exception }) => [check, exception?.owner]);
    };
    const { stdout } = keyward(['explain', 'key-rotates']);
    const [, yaml = ''] = /To except it, in keyward\.config\.yaml\n([\s\S]*)$/.exec(stdout) ?? [];
    writeFileSync(join(folder, 'my.yaml'), yaml.replace('YYYY-MM-DD', '2099-12-31'));
    expect(toFailures([])).toEqual([['key-rotates', undefined]]);
    expect(toFailures(['--config', 'my.yaml'])).toEqual([['key-rotates', 'the team that stands behind it']]);
  });

  it('finds the same in a demo and in the evidence that it saved', () => {
    const folder = toFolder();
    // What the folder says is not the demo's configuration.
    writeFileSync(join(folder, 'keyward.config.yaml'), 'nonsense: 1\n');
    const words = [
      'demo',
      '--clusters',
      'payments-*',
      '--format',
      'json=a.json',
      '--format',
      'html=a.html',
      '--save-evidence',
      'e.jsonl',
    ];
    const demo = keyward(words, folder);
    expect(demo).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringMatching(/^\d+ failed .* s\n$/),
    });
    expect(statSync(join(folder, 'e.jsonl')).mode & 0o777).toBe(0o600);
    const check = keyward(['check', 'e.jsonl', '--format', 'json'], folder);
    expect(check.stdout).toBe(readFileSync(join(folder, 'a.json'), 'utf8'));
    const page = readFileSync(join(folder, 'a.html'), 'utf8');
    expect(page).toContain('<h1>The chain is broken: ');
    expect(keyward(['report', 'e.jsonl'], folder)).toMatchObject({ status: 0, stderr: '', stdout: page });
    const ofJson = keyward(['report', 'a.json', '-o', 'b.html'], folder);
    expect(ofJson).toMatchObject({ status: 0, stdout: '', stderr: demo.stderr });
    expect(readFileSync(join(folder, 'b.html'), 'utf8')).toContain('made from findings alone');
    // One account of the demo denies the role: a scan would end with 2 where the demo ends with 0.
    expect(check.status).toBe(2);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  }, 60_000);
});
