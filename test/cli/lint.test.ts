import { spawnSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatsOfManifests } from '../../cli/report.ts';
import { bareEnvironment, main, makeFolder } from './start-keyward.ts';

const canary = 'S3CR3T-VALUE-leak';
const encoded = Buffer.from(canary).toString('base64');
const manifest = `apiVersion: v1
kind: Secret
metadata:
  name: a-name-of-some-length
  namespace: default
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"data":{"password":"${encoded}"}}
stringData:
  a-key-of-some-length: ${canary}
data:
  password: ${encoded}
`;

const lint = (words: string[], { files = {}, input = '', node = [] as string[] } = {}) => {
  const folder = makeFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), String(text));
  const { stdout, stderr, status } = spawnSync(process.execPath, [...node, main, 'lint', ...words], {
    cwd: folder,
    encoding: 'utf8',
    input,
    env: { ...bareEnvironment, HOME: folder },
  });
  return { stdout, stderr, status, folder };
};

describe('keyward lint', () => {
  it('tells file and line, and how many objects it saw', () => {
    const { stdout, stderr, status } = lint(['.'], { files: { 'a.yaml': manifest } });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^a\.yaml\n {2}low {7}secret/);
    expect(stdout).toContain('a.yaml:1 secret/default/a-name-of-some-length');
    expect(stdout).toContain(' · 1 object in 1 file · ');
  });

  it('says so where there is nothing to fix', () => {
    const text = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n';
    const { stdout, status } = lint(['-'], { input: text });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^✔ 1 object in 1 file with nothing to fix and nothing unknown\n/);
  });

  it.each([
    [['-', '--fail-on', 'low'], manifest, 1, /^$/],
    [['-'], '', 64, /no object of Kubernetes was found in standard input/],
    [['none.yaml'], '', 64, /none\.yaml can't be read\nReason: ENOENT/],
    [[], '', 64, /keyward lint needs PATH\n/],
    [['-'], `${manifest}---\nx: "${canary}`, 2, /^keyward: -, line 14: a character is missing/],
    [
      ['-'],
      `${manifest}---\nx: {{ .Values.${canary} }}`,
      2,
      /template of Helm\nkeyward: .*helm template CHART \| keyward lint -/,
    ],
    [['-'], `${manifest}---\nx: 1`, 0, /^keyward: 1 document is nothing of Kubernetes, and left out\n$/],
    [['-', '--quiet'], `${manifest}---\nx: 1`, 0, /^$/],
    [['-', '--format', 'gihtub'], '', 64, /Did you mean github\?/],
    [['-', '--format', 'asff'], '', 64, /there is no format "asff"/],
  ])('%j of %j ends with %i', (words, input, expected, message) => {
    const { stdout, stderr, status } = lint(words, { input });
    expect(stderr).toMatch(message);
    expect(status).toBe(expected);
    expect(stdout + stderr).not.toContain(canary);
  });

  it('writes a dozen files at once without a word, and leaves nothing beside them', () => {
    const names = Array.from({ length: 12 }, (_, index) => `out-${index}`);
    const formats = names.flatMap((name) => ['--format', `json=${name}`]);
    const { stderr, folder } = lint(['a.yaml', ...formats, '--quiet'], { files: { 'a.yaml': manifest } });
    expect(stderr).toBe('');
    expect(readdirSync(folder).toSorted()).toEqual(['a.yaml', ...names].toSorted());
  });

  it('is the only command that prints annotations', () => {
    const { stderr, status } = spawnSync(process.execPath, [main, 'scan', '--format', 'github'], {
      cwd: makeFolder(),
      encoding: 'utf8',
      env: bareEnvironment,
    });
    expect({ stderr, status }).toMatchObject({
      stderr: expect.stringContaining('no format "github"'),
      status: 64,
    });
  });

  it('leaves no value of a Secret anywhere: not in its heap, nor in any output', () => {
    const names = [...formatsOfManifests.keys()];
    const formats = names.flatMap((name) => ['--format', `${name}=out.${name}`]);
    const { stdout, stderr, status, folder } = lint(['a.yaml', '--fail-on', 'low', ...formats], {
      files: { 'a.yaml': manifest },
      node: ['--import', `data:text/javascript,${encodeURIComponent(snapshotAtEnd)}`, '--expose-gc'],
    });
    expect(status, stderr).toBe(1);
    const outputs = names.map((name) => readFileSync(join(folder, `out.${name}`), 'utf8'));
    const [heap = ''] = globSync('*.heapsnapshot', { cwd: folder });
    const held = readFileSync(join(folder, heap), 'utf8');
    for (const text of [stdout, stderr, held, ...outputs]) {
      expect(text).not.toContain(canary);
      expect(text).not.toContain(encoded);
    }
    // Else the snapshot would prove nothing.
    expect(held).toContain('a-key-of-some-length');
    for (const text of outputs) expect(text).toContain('a-name-of-some-length');
  });
});

/** Takes the snapshot with the evidence still held, which is the one thing that lint copies. */
const snapshotAtEnd = `
  import { writeHeapSnapshot } from 'node:v8';
  const { structuredClone } = globalThis;
  const held = [];
  globalThis.structuredClone = (value) => {
    const copy = structuredClone(value);
    held.push(copy);
    return copy;
  };
  process.on('exit', () => {
    globalThis.gc();
    writeHeapSnapshot('end.heapsnapshot');
    if (held.length === 0) process.exitCode = 99;
  });
`;
