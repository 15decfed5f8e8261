import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { validateAction, validateWorkflow } from '@action-validator/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { makeFolder } from '../cli/start-keyward.ts';
import { packageFolder, packed } from './start-package.ts';

const root = join(import.meta.dirname, '../..');
const source = readFileSync(join(root, 'action.yml'), 'utf8');
const action = z
  .object({
    inputs: z.record(z.string(), z.object({ description: z.string(), default: z.string() })),
    outputs: z.record(z.string(), z.object({ value: z.string() })),
    runs: z.object({
      steps: z.array(
        z.object({
          id: z.string().optional(),
          uses: z.string().optional(),
          shell: z.literal('bash').optional(),
          env: z.record(z.string(), z.string()).default({}),
          run: z.string().default(''),
        }),
      ),
    }),
  })
  .parse(parse(source));
const scripts = action.runs.steps.filter(({ run }) => run !== '');

/** A registry that has one package, the tarball: what `npm install keyward@VERSION` gets. */
const serveRegistry = async () => {
  const tarball = readFileSync(packed.tarball);
  const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const asked: string[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    asked.push(url);
    if (url.endsWith('.tgz')) return response.end(tarball);
    if (url !== '/keyward') return response.writeHead(404).end();
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const dist = { tarball: `http://${headers.host}/keyward.tgz`, integrity };
    const { version } = manifest;
    return response.end(
      JSON.stringify({
        name: 'keyward',
        'dist-tags': { latest: version },
        versions: { [version]: { ...manifest, dist } },
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/` };
};

const manifest = `apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"a":"b"}}'}}
`;

/** Runs the action's own steps as GitHub's runner does: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell */
const runAction = async (given: Record<string, string>, files: Record<string, string> = {}) => {
  const registry = await serveRegistry();
  const [workspace, temporary] = [makeFolder(), makeFolder()];
  for (const [name, content] of Object.entries(files)) writeFileSync(join(workspace, name), content);
  const [output, summary] = ['output', 'summary'].map((name) => join(temporary, name));
  const toInput = (value: string) =>
    value.replace(
      /^\$\{\{ inputs\.([\w-]+) \}\}$/,
      (_, name) => given[name] ?? action.inputs[name]?.default ?? `no input ${name}`,
    );
  let [log, status] = ['', 0];
  for (const [index, { run, env }] of scripts.entries()) {
    const script = join(temporary, `step-${index}.sh`);
    writeFileSync(script, run);
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd: workspace,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: temporary },
        ...{
          GITHUB_ACTION_PATH: root,
          RUNNER_TEMP: temporary,
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
        },
        ...{ npm_config_registry: registry.url, npm_config_cache: join(temporary, 'npm') },
        ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, toInput(value)])),
      },
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    log += stdout + stderr;
    status = code;
    if (status !== 0) break;
  }
  const read = (file = '') => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  return { log, status, workspace, summary: read(summary), output: read(output), asked: registry.asked };
};

describe('The GitHub Action', () => {
  it('is one by action-validator, which refuses another', () => {
    expect(validateAction(source).errors).toEqual([]);
    expect(validateAction(source.replace('using: composite', 'using: compost')).errors).not.toEqual([]);
  });

  it('is used in docs/recipes.md by workflows that action-validator accepts, with inputs that there are', () => {
    const page = readFileSync(join(root, 'docs/recipes.md'), 'utf8');
    const workflows = [...page.matchAll(/(?:^ {4}.*\n|^\n)+/gm)]
      .map(([block]) => block.replaceAll(/^ {4}/gm, '').trim())
      .filter((block) => /^on:/m.test(block));
    expect(workflows.length).toBeGreaterThan(0);
    for (const workflow of workflows) {
      expect(validateWorkflow(workflow).errors).toEqual([]);
      const { jobs } = z
        .object({
          permissions: z.object({}),
          jobs: z.record(
            z.string(),
            z.object({
              steps: z.array(
                z.object({ uses: z.string().optional(), with: z.record(z.string(), z.unknown()).optional() }),
              ),
            }),
          ),
        })
        .parse(parse(workflow));
      const uses = Object.values(jobs)
        .flatMap(({ steps }) => steps)
        .filter((step) => step.uses?.includes('/keyward@'));
      expect(uses.length).toBeGreaterThan(0);
      for (const step of uses)
        expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
    }
  });

  it('puts nothing that it is given into the text of a script, and fixes what it uses', () => {
    expect(scripts).toHaveLength(2);
    for (const { run } of scripts) expect(run).not.toContain('${{');
    for (const { uses } of action.runs.steps) if (uses) expect(uses).toMatch(/@[0-9a-f]{40}$/);
    expect(Object.keys(action.outputs)).toEqual(['exit-code', 'sarif-file']);
    for (const { id } of scripts)
      expect(action.outputs['exit-code']?.value).toContain(`steps.${id}.outputs.exit-code`);
  });

  it('judges manifests: annotations, a summary, SARIF, and the exit code', async () => {
    const { log, status, summary, output, workspace, asked } = await runAction(
      { command: 'lint', arguments: 'a folder\n\n', 'fail-on': 'low', 'sarif-file': 'a b.sarif' },
      { 'a folder': manifest },
    );
    expect(log).toMatch(/^::(?:error|warning|notice) file=a folder,line=1/m);
    expect(status).toBe(1);
    expect(output).toBe('exit-code=1\nsarif-file=a b.sarif\n');
    expect(summary).toMatch(/^# .*\n[\s\S]*shop\/db/);
    expect(JSON.parse(readFileSync(join(workspace, 'a b.sarif'), 'utf8'))).toMatchObject({
      version: '2.1.0',
    });
    // npm looks for a newer one of itself, too.
    expect(asked.filter((path) => path !== '/npm')).toEqual(['/keyward', '/keyward.tgz']);
  });

  it('is content where nothing failed', async () => {
    const { status, output } = await runAction(
      { command: 'lint', arguments: 'a.yaml' },
      { 'a.yaml': manifest },
    );
    expect({ status, output }).toEqual({ status: 0, output: 'exit-code=0\n' });
  });

  it('compares with a baseline', async () => {
    const { status, log } = await runAction(
      { command: 'lint', arguments: 'a.yaml', baseline: 'none.json' },
      { 'a.yaml': manifest },
    );
    expect(log).toMatch(/none\.json can't be read/);
    expect(status).toBe(64);
  });

  it.each([
    ['command', 'lint; touch pwned', /::error title=Keyward::command is one of/],
    ['command', 'demo', /::error title=Keyward::command is one of/],
    ['version', '1.0.0; touch pwned', /::error title=Keyward::version is no version/],
    ['version', 'npm:another@1', /::error title=Keyward::version is no version/],
    ['version', '$(touch pwned)', /::error title=Keyward::version is no version/],
    ['arguments', '$(touch pwned)', /\$\(touch pwned\) can't be read/],
    ['arguments', '"; touch pwned; "', /; touch pwned; .* can't be read/],
    ['fail-on', '`touch pwned`', /there is no severity "`touch pwned`"/],
    ['baseline', '$(touch pwned)', /\$\(touch pwned\) can't be read/],
    ['sarif-file', 'none/$(touch pwned)', /none\/\$\(touch pwned\) can't be written/],
  ])('takes %s %j for what it says', async (name, value, expected) => {
    const given = { command: 'lint', arguments: 'a.yaml', [name]: value };
    const { log, status, output, workspace } = await runAction(given, { 'a.yaml': manifest });
    expect(log).toMatch(expected);
    expect({ status, output }).toEqual({ status: 64, output: 'exit-code=64\n' });
    expect(readdirSync(workspace)).toEqual(['a.yaml']);
  });

  it('says so where the version can’t be installed, and that nothing was scanned', async () => {
    const given = { command: 'lint', arguments: 'a.yaml', version: '999.0.0' };
    const { log, status, output } = await runAction(given, { 'a.yaml': manifest });
    expect(log).toMatch(/^::error title=Keyward::keyward 999\.0\.0 could not be installed$/m);
    expect({ status, output }).toEqual({ status: 2, output: 'exit-code=2\n' });
  });

  it('lets no name in a table give the runner commands', async () => {
    const { log, status } = await runAction({ command: 'check', arguments: 'none\n::error::mine' });
    expect(status).toBe(64);
    expect(log).toMatch(/^::stop-commands::(?<token>[\w-]{36})\n[\s\S]*^::\k<token>::$/m);
    expect((await runAction({ command: 'lint', arguments: 'none' })).log).not.toContain('::stop');
  });

  it('writes one line of output, whatever the name of the file', async () => {
    const { output } = await runAction(
      { command: 'lint', arguments: 'a.yaml', 'sarif-file': 'a\nexit-code=7' },
      { 'a.yaml': manifest },
    );
    expect(output).toBe('exit-code=0\nsarif-file=aexit-code=7\n');
  });
});
