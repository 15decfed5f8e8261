import { globSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What each room may import from. A room that is not listed has no place in the layout yet: add it here. */
const allowedRooms: Record<string, readonly string[]> = {
  'shared/evidence': [],
  'shared/policy': ['shared/evidence'],
  'shared/activity': ['shared/evidence'],
  'shared/rbac': ['shared/evidence'],
  'shared/checks': ['shared/evidence', 'shared/policy', 'shared/activity', 'shared/rbac'],
  'shared/who': ['shared/evidence', 'shared/policy', 'shared/activity', 'shared/rbac', 'shared/checks'],
  'shared/findings': ['shared/evidence', 'shared/policy', 'shared/checks'],
  'shared/plan': ['shared/evidence', 'shared/policy', 'shared/checks', 'shared/who', 'shared/findings'],
  'shared/chain': ['shared/evidence', 'shared/findings'],
  'shared/report': [
    'shared/evidence',
    'shared/chain',
    'shared/rbac',
    'shared/checks',
    'shared/who',
    'shared/plan',
    'shared/findings',
  ],
  'shared/runtime': ['shared/evidence', 'shared/checks'],
  'shared/store': ['shared/evidence', 'shared/findings', 'shared/runtime'],
  'shared/manifests': ['shared/evidence', 'shared/collect', 'shared/runtime'],
  'shared/collect': ['shared/evidence', 'shared/policy', 'shared/activity', 'shared/runtime'],
  'shared/publish': [
    'shared/evidence',
    'shared/findings',
    'shared/report',
    'shared/runtime',
    'shared/collect',
  ],
  'shared/use-cases': [
    'shared/evidence',
    'shared/policy',
    'shared/activity',
    'shared/rbac',
    'shared/checks',
    'shared/who',
    'shared/plan',
    'shared/findings',
    'shared/chain',
    'shared/store',
    'shared/runtime',
    'shared/collect',
    'shared/report',
    'shared/manifests',
    'shared/publish',
  ],
  functions: ['shared/checks', 'shared/publish', 'shared/runtime', 'shared/store', 'shared/use-cases'],
  cli: [
    'shared/evidence',
    'shared/checks',
    'shared/findings',
    'shared/chain',
    'shared/report',
    'shared/store',
    'shared/runtime',
    'shared/use-cases',
  ],
  sandbox: [],
};

/** Only the demo brings the sandbox with it. */
const mayImportSandbox = (path: string) => /^cli\/commands\/demo[^/]*\.ts$/.test(path);

const pureRooms = [
  'evidence',
  'policy',
  'activity',
  'rbac',
  'checks',
  'who',
  'plan',
  'findings',
  'chain',
  'report',
].map((room) => `shared/${room}`);
const impureImports =
  /^node:(fs|net|tls|dns|child_process|https?|http2|os|process|timers|worker_threads)\b|^@aws-sdk|^@smithy/;
/** The part of node:net that computes and connects to nothing. */
const pureNetImport = /import \{(?: (?:BlockList|SocketAddress|isIP|isIPv4|isIPv6),?)+ \} from 'node:net';/g;
const impureWords =
  /\bprocess\.|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bfetch\(|\bperformance\.now\b/;

const files = globSync(['shared/**/*.ts', 'cli/**/*.ts', 'functions/**/*.ts', 'sandbox/**/*.ts'], {
  cwd: root,
}).sort();
const toSource = (path: string) => readFileSync(resolve(root, path), 'utf8');
const toRoom = (path: string) =>
  path
    .split('/')
    .slice(0, path.startsWith('shared/') ? 2 : 1)
    .join('/');

const getImports = (source: string): string[] =>
  [...source.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'([^']+)'/gm)].flatMap(
    ([, specifier]) => specifier ?? [],
  );

/** The rooms that a file imports from, other than its own. */
const getImportedRooms = (path: string): string[] =>
  getImports(toSource(path))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => toRoom(relative(root, resolve(root, dirname(path), specifier))))
    .filter((room) => room !== toRoom(path) && room !== 'package.json');

describe('imports', () => {
  it('are found in every form', () => {
    const source =
      "import 'a';\nimport {\n  b,\n} from 'b';\nexport * from 'c';\nconst d = await import('d');\n";
    expect(getImports(source)).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each(files)('of %s point downward', (path) => {
    const allowed = allowedRooms[toRoom(path)];
    expect(allowed, `${toRoom(path)} is no room of the layout`).toBeDefined();
    const strays = getImportedRooms(path).filter(
      (room) => !allowed?.includes(room) && !(room === 'sandbox' && mayImportSandbox(path)),
    );
    expect(strays).toEqual([]);
  });
});

describe('purity', () => {
  // The page's script is a text there, for a browser.
  const pureFiles = files.filter(
    (path) => pureRooms.includes(toRoom(path)) && path !== 'shared/report/html/page-assets.ts',
  );

  it.each(pureFiles)('%s reads no file, network, clock or environment', (path) => {
    const code = toSource(path)
      .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      .replace(pureNetImport, '');
    expect(getImports(code).filter((specifier) => impureImports.test(specifier))).toEqual([]);
    expect(impureWords.exec(code)?.[0]).toBeUndefined();
  });
});
