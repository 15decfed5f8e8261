import { spawnSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { accountIds } from '../../sandbox/fleets/demo/accounts.ts';
import { demoFleet } from '../../sandbox/fleets/demo.ts';
import { writeLogFiles } from '../../sandbox/write-log-files.ts';
import { main, makeFolder, serveFleet, startKeyward } from '../cli/start-keyward.ts';
import { packageFolder, packed, startPackage } from './start-package.ts';

const manifest = `apiVersion: v1
kind: Secret
metadata: {name: db, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"a":"b"}}'}}
`;

describe('The package', () => {
  it('holds the bundle, its licences and bill of materials, and the docs; no source and no test', () => {
    const kinds = packed.files.map((path) =>
      path.replace(/^docs\/.*\.(md|json)$/, 'docs/').replace(/^dist\/[\w-]+\.js$/, 'dist/'),
    );
    expect([...new Set(kinds)].sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist/',
      'dist/THIRD-PARTY-LICENSES.txt',
      'dist/sbom.cdx.json',
      'docs/',
      'infra/athena/table.sql',
      'infra/kubernetes/cluster-role.yml',
      'package.json',
    ]);
  });

  it('needs no other package and runs nothing when it is installed', async () => {
    const packedManifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'));
    expect(Object.keys(packedManifest).sort()).toEqual(
      ['bin', 'description', 'engines', 'exports', 'files', 'license', 'name', 'type', 'version'].sort(),
    );
    expect(packedManifest.engines).toEqual({ node: '>=22' });
    const lock = JSON.parse(await readFile(join(packed.installed, 'package-lock.json'), 'utf8'));
    expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/keyward']);
  });

  it('is at most 2 MB to fetch', async () => {
    expect((await stat(packed.tarball)).size).toBeLessThan(2_000_000);
  });

  it('was made without changing what it was made of', async () => {
    const [before, after] = await Promise.all(
      [join(import.meta.dirname, '../../package.json'), join(packed.source, 'package.json')].map((file) =>
        readFile(file, 'utf8'),
      ),
    );
    expect(after).toBe(before);
  });

  it('has what the pages in it link to, but for the guide of those who work on it', async () => {
    const pages = packed.files.filter((path) => path.endsWith('.md'));
    const links = await Promise.all(
      pages.map(async (page) => {
        const text = await readFile(join(packageFolder, page), 'utf8');
        return [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = '']) => join(page, '..', link));
      }),
    );
    const found = await Promise.all(
      [...new Set(links.flat())].map(async (link) => ({
        link,
        isThere: await stat(join(packageFolder, link)).then(
          () => true,
          () => false,
        ),
      })),
    );
    expect(found.length).toBeGreaterThan(10);
    expect(found.filter(({ isThere }) => !isThere)).toEqual([{ link: 'CONTRIBUTING.md', isThere: false }]);
  });

  it('says in a sentence that a Node.js is too old', async () => {
    expect(await startPackage(['scan'], { node: '20' })).toEqual({
      status: 64,
      stdout: '',
      stderr: 'keyward: Node.js 22 or later is needed, and this is 20.9.0\n',
    });
  });

  it('says so as well where it is a checkout', () => {
    expect(spawnSync(packed.nodes['20'], [main, 'demo'], { encoding: 'utf8' })).toMatchObject({
      status: 64,
      stdout: '',
      stderr: 'keyward: Node.js 22.18 or later is needed, and this is 20.9.0\n',
    });
  });
});

const toToken = (claims: object) =>
  [{ alg: 'RS256' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
const toKubeconfig = (user: object, cluster: object = {}) => ({
  ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
  clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:9', ...cluster } }],
  users: [{ name: 'a', user }],
  contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
});

/** What is left to the client of Kubernetes, of which the bundle has only a part; nothing listens where they lead. */
const kubeconfigs = {
  'a token of OpenID Connect': toKubeconfig({
    'auth-provider': {
      name: 'oidc',
      config: {
        ...{ 'client-id': 'a', 'idp-issuer-url': 'https://127.0.0.1:9', 'refresh-token': 'b' },
        'id-token': `${toToken({ exp: 4_102_444_800 })}.c2ln`,
      },
    },
  }),
  'a SOCKS proxy': toKubeconfig({ token: 'a' }, { 'proxy-url': 'socks5://127.0.0.1:9' }),
};

const result = z.object({
  findings: z.array(z.object({ id: z.string(), status: z.string(), severity: z.string() })),
});

/** What a run of the demo says, by finding. What a busy machine had throttled away is unknown, and left out. */
const toVerdicts = (stdout: string) =>
  new Map(
    result
      .parse(JSON.parse(stdout))
      .findings.filter(({ status }) => status !== 'unknown')
      .map(({ id, status, severity }) => [id, `${status} ${severity}`]),
  );

const answer = z.object({ used: z.object({ principals: z.array(z.unknown()) }) });

const demo = ['demo', '--format', 'json', '--quiet'];
describe.each(['22', '24'] as const)('keyward from the package, by Node.js %s', (node) => {
  it.each([
    [['--version']],
    [['--help']],
    [['help', 'scan']],
    [['checks']],
    [['explain', 'key-is-usable']],
    [['completion', 'bash']],
    [['completion', 'zsh']],
    [['scan', '--region', 'x']],
    [['scna']],
    [['report', 'none.jsonl']],
    [['scan', '--config', 'none.yaml']],
  ])('says of %j what the checkout says', async (words) => {
    const folder = makeFolder();
    const { stdout, stderr, status } = await startKeyward(words, { folder }).ended;
    const said = await startPackage(words, { node, folder });
    expect(said).toEqual({ stdout, stderr, status });
    expect([0, 64]).toContain(status);
  });

  it.each(Object.entries(kubeconfigs))(
    'reads a kubeconfig with %s as the checkout does',
    async (_, kubeconfig) => {
      const folder = makeFolder();
      await writeFile(join(folder, 'config'), JSON.stringify(kubeconfig));
      const words = ['secrets', '--kubeconfig', 'config'];
      const { stdout, stderr, status } = await startKeyward(words, { folder }).ended;
      expect(await startPackage(words, { node, folder })).toEqual({ stdout, stderr, status });
      expect(stderr).toContain("127.0.0.1:9 can't be reached from here");
    },
  );

  it('judges manifests', async () => {
    const words = ['lint', '-', '--fail-on', 'low', '--format', 'json'];
    const { stdout, stderr, status } = await startPackage(words, { node, input: manifest });
    expect({ stderr, status }).toEqual({ stderr: '', status: 1 });
    expect(result.parse(JSON.parse(stdout)).findings).toContainEqual(
      expect.objectContaining({ status: 'fail', severity: 'low' }),
    );
  });

  it('saves evidence, judges it again and makes a report of it', async () => {
    const folder = makeFolder();
    const scan = await startPackage(
      ['demo', '--clusters', 'data-lake', '--save-evidence', 'e.jsonl', '--format', 'json'],
      { node, folder },
    );
    const again = await startPackage(['check', 'e.jsonl', '--format', 'json'], { node, folder });
    expect(toVerdicts(again.stdout)).toEqual(toVerdicts(scan.stdout));
    // One account of the demo has no role that lets it in.
    expect(again.status).toBe(2);
    const report = await startPackage(['report', 'e.jsonl', '-o', 'r.html'], { node, folder });
    expect(report).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^\d+ failed .* 1 cluster, 9 accounts/),
    });
    expect(await readFile(join(folder, 'r.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*data-lake/i);
  });

  it('reads log files by its threads', async () => {
    const now = new Date();
    const fleet = demoFleet(now);
    const logs = makeFolder();
    const to = now.getTime();
    const files = await writeLogFiles({ ...fleet, trails: fleet.trails?.slice(0, 1) }, logs, {
      from: to - 6 * 3_600_000,
      to,
    });
    expect(files).toBeGreaterThan(10);
    const { env } = await serveFleet(fleet);
    const words = ['who', 'data-lake', '--accounts', accountIds.data, '--role-name', 'keyward-member'];
    const options = ['--regions', 'eu-central-1', '--logs', logs, '--since', '6h', '--format', 'json'];
    const ask = { folder: makeFolder(), env };
    const [expected, said] = await Promise.all([
      startKeyward([...words, ...options], ask).ended,
      startPackage([...words, ...options], { ...ask, node }),
    ]);
    expect({ stderr: said.stderr, status: said.status }).toEqual({ stderr: expected.stderr, status: 0 });
    const [theirs, ours] = [expected, said].map(({ stdout }) => answer.parse(JSON.parse(stdout)).used);
    expect(ours?.principals.length).toBeGreaterThan(0);
    expect(ours?.principals).toEqual(theirs?.principals);
  });
});

it('The package comes to the checkout’s verdicts on the whole demo', { timeout: 600_000 }, async () => {
  const expected = await startKeyward(demo).ended;
  const known = toVerdicts(expected.stdout);
  for (const node of ['22', '24'] as const) {
    const { stdout, stderr, status } = await startPackage(demo, { node });
    expect({ status, stderr }).toEqual({ status: expected.status, stderr: '' });
    const verdicts = toVerdicts(stdout);
    const common = [...verdicts.keys()].filter((id) => known.has(id));
    expect(common.filter((id) => verdicts.get(id) !== known.get(id))).toEqual([]);
    expect(common.length).toBeGreaterThan(2000);
    expect(common.length).toBeGreaterThan(0.95 * known.size);
  }
});

it('The package touches no file but its own and its temporary ones', async () => {
  const temporary = makeFolder();
  // Of the permission model's: https://nodejs.org/docs/latest-v24.x/api/permissions.html#permission-model
  const allowed = [packed.installed, temporary].map((folder) => `--allow-fs-read=${folder}`);
  const { status, stderr } = await startPackage(['demo', '--clusters', 'platform-legacy'], {
    env: {
      TMPDIR: temporary,
      NODE_OPTIONS: ['--permission', ...allowed, `--allow-fs-write=${temporary}`].join(' '),
    },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
