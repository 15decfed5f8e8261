import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import { key } from '../../sandbox/fleets/build.ts';
import { scenario } from '../../sandbox/fleets/scenario.ts';
import type { ChainGap } from '../../shared/chain/document.ts';
import type { Store } from '../../shared/store/store.ts';
import { keyArn, makeNights, ours, signers, theirs } from '../chain/nights.ts';
import { management, site, toFleet } from '../use-cases/fleets.ts';
import { makeFolder, serveFleet, startKeyward } from './start-keyward.ts';

const root = resolve(import.meta.dirname, '../..');
const toPem = ({ key }: typeof ours) => key.export({ format: 'pem', type: 'spki' }).toString();

/** A folder with a copy of a bucket and the public keys, as an auditor has it. */
const copyNights = async (store: Store) => {
  const folder = makeFolder();
  for await (const name of store.list('')) {
    const path = join(folder, 'copy', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, (await store.get(name))?.body ?? '');
  }
  writeFileSync(join(folder, 'keyward.pem'), toPem(ours));
  writeFileSync(join(folder, 'both.pem'), `${toPem(theirs)}\n${toPem(ours)}`);
  writeFileSync(join(folder, 'other.pem'), toPem(theirs));
  return folder;
};
const verify = (folder: string, words: string[]) =>
  startKeyward(['verify', 'copy', ...words], { folder }).ended;

describe('keyward verify', () => {
  it('prints JSON of the published schema, and ends with 0 where all is whole', async () => {
    const folder = await copyNights(await makeNights());
    const { stdout, stderr, status } = await verify(folder, [
      '--public-key',
      'keyward.pem',
      '--format',
      'json',
    ]);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const schema = JSON.parse(readFileSync(join(root, 'docs/schema/keyward-verify-v1.json'), 'utf8'));
    const validate = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(schema);
    const told = JSON.parse(stdout);
    validate(told);
    expect(validate.errors).toBeNull();
    expect(told).toMatchObject({ place: 'copy', pinnedBy: 'file', summary: { whole: 4, altered: 0 } });
  });

  it('prints a table of the nights, the newest first, and what is wrong with each', async () => {
    const folder = await copyNights(await makeNights());
    writeFileSync(join(folder, 'copy/runs/2026-11-25T020000Z/settings'), '{}');
    rmSync(join(folder, 'copy/manifests/000001.json'));
    const { stdout, status } = await verify(folder, ['--public-key', 'both.pem']);
    expect(status).toBe(1);
    expect(
      stdout
        .replace(/\n(?=arn:)/, ' ')
        .split('\n')
        .map((line) => line.trim().replace(/ +/g, ' ')),
    ).toEqual(
      expect.arrayContaining([
        'whole 4, 2026-11-27T020000Z, 3 of 3 objects',
        'altered 2, 2026-11-25T020000Z, 2 of 3 objects',
        '1 object is not what was signed',
        'altered: runs/2026-11-25T020000Z/settings',
        'gap number 1 (run 2026-11-24T020000Z) is gone, before 2026-11-25T02:00:00.000Z',
        '3 nights, 2 whole, 1 altered, 2 gaps',
        `3 nights signed by the key ${keyArn}, which was given`,
      ]),
    );
  });

  it.each<[string, string[], (folder: string) => void, number]>([
    [
      'a night that is missing',
      ['--public-key', 'keyward.pem'],
      (folder) => rmSync(join(folder, 'copy/manifests/000002.json')),
      1,
    ],
    [
      'an object that is missing',
      ['--public-key', 'keyward.pem'],
      (folder) => rmSync(join(folder, 'copy/runs/2026-11-26T020000Z/settings')),
      1,
    ],
    [
      'the same before the day that is asked for',
      ['--public-key', 'keyward.pem', '--from', '2026-11-27'],
      (folder) => rmSync(join(folder, 'copy/runs/2026-11-26T020000Z/settings')),
      0,
    ],
    ['another key', ['--public-key', 'other.pem'], () => {}, 1],
    [
      'an object that is a folder',
      ['--public-key', 'keyward.pem'],
      (folder) => {
        rmSync(join(folder, 'copy/runs/2026-11-26T020000Z/settings'));
        mkdirSync(join(folder, 'copy/runs/2026-11-26T020000Z/settings'));
      },
      1,
    ],
    [
      'no manifest',
      ['--public-key', 'keyward.pem'],
      (folder) => rmSync(join(folder, 'copy/manifests'), { recursive: true }),
      2,
    ],
    ['no key, and nobody to ask for it', [], () => {}, 2],
  ])('ends as it should with %s', async (_, words, change, expected) => {
    const folder = await copyNights(await makeNights());
    change(folder);
    const { status, stderr } = await verify(folder, words);
    expect({ status, stderr }).toEqual({
      status: expected,
      stderr: expected === 2 ? expect.stringMatching(/no manifest|public key of/) : '',
    });
  });

  it('asks nobody for a key where nobody signed, and ends with 1', async () => {
    const folder = await copyNights(await makeNights(signers.none));
    const { stdout, stderr, status } = await verify(folder, []);
    expect({ stderr, status }).toEqual({ stderr: '', status: 1 });
    expect(stdout).toContain('4 nights, 4 unsigned, 1 gap');
  });

  it.each([
    ['a folder that is not there', ['nowhere'], /"nowhere" can't be read/],
    ['a file', ['keyward.pem'], /is no folder/],
    ['no place', [], /needs PLACE/],
    ['a bucket that can be none', ['s3://A'], /is not s3:\/\/BUCKET/],
    ['a day that is none', ['copy', '--from', '2026-02-31x'], /is no day/],
    ['a key that is none', ['copy', '--public-key', 'copy/manifests/000001.json'], /holds no PUBLIC KEY/],
    ['a key that is not there', ['copy', '--public-key', 'none.pem'], /"none.pem" is not taken/],
    ['a format of findings', ['copy', '--format', 'csv'], /one of table and json/],
  ])('calls %s wrong usage', async (_, words, message) => {
    const folder = await copyNights(await makeNights());
    const { stderr, status } = await startKeyward(['verify', ...words], { folder }).ended;
    expect(stderr).toMatch(message);
    expect(status).toBe(64);
  });
});

describe('keyward verify s3://…', () => {
  /** A bucket with the nights, in the folder `a/b` of it, and the key that signs in KMS. */
  const serveNights = async (faults: Fault[] = []) => {
    const signing = key(site, 'signing', {
      metadata: { KeyId: keyArn.split('/')[1], KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
      publicKey: ours.key.export({ format: 'der', type: 'spki' }),
      crossAccount: [management],
    });
    const fleet = toFleet([scenario('keys', { keys: [signing] })]);
    const { sandbox, env } = await serveFleet(fleet, faults);
    const store = await makeNights({ ...signers.ours, key: signing.metadata.Arn });
    const bucket = new Map<string, Buffer>();
    for await (const name of store.list(''))
      bucket.set(`a/b/${name}`, Buffer.from((await store.get(name))?.body ?? ''));
    sandbox.world.buckets.set('runs', bucket);
    const start = (words: string[] = []) =>
      startKeyward(['verify', 's3://runs/a/b/', '--format', 'json', ...words], { env });
    return { sandbox, bucket, arn: signing.metadata.Arn, start };
  };

  it('reads a folder of a bucket, and asks KMS once for the public key and never to verify', async () => {
    const { sandbox, start, arn } = await serveNights();
    const { stdout, stderr, status } = await start(['--public-key', arn]).ended;
    // These are nights of some day; in a bucket that there is none since counts.
    expect({ stderr, status }).toEqual({ stderr: '', status: 1 });
    const { summary, gaps, pinnedBy } = JSON.parse(stdout);
    expect({ summary, pinnedBy }).toMatchObject({ summary: { whole: 4 }, pinnedBy: 'arn' });
    expect(gaps.map(({ kind }: ChainGap) => kind)).toEqual(['late']);
    const { counts } = sandbox.requests;
    expect([...counts].filter(([name]) => name.startsWith('kms:'))).toEqual([['kms:GetPublicKey', 1]]);
    expect([...counts.keys()].filter((name) => /Put|Delete/.test(name))).toEqual([]);
  });

  it('ends with 2 where the key is refused, or objects are', async () => {
    const denied = { kind: 'access-denied', operation: 'GetPublicKey' } as const;
    const refused = await (await serveNights([denied])).start().ended;
    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/public key of arn.*can't be read/),
    });
    const closed = { kind: 'access-denied', operation: 'GetObject', resource: 'settings' } as const;
    const { stdout, status } = await (await serveNights([closed])).start().ended;
    expect({ status, summary: JSON.parse(stdout).summary }).toMatchObject({
      status: 2,
      summary: { unreadable: 4 },
    });
  });

  it('tells what it knows when it is interrupted', async () => {
    const slow = { kind: 'slow', operation: 'GetObject', resource: '11-25', latencyMs: 600_000 } as const;
    const { sandbox, start } = await serveNights([slow]);
    const { child, ended } = start();
    // Four manifests, two nights of a list and three objects each, and what hangs.
    while ((sandbox.requests.counts.get('s3:GetObject') ?? 0) < 4 + 2 * 4 + 1) await sleep(20);
    child.kill('SIGINT');
    const { stdout, status } = await ended;
    const { isComplete, nights } = JSON.parse(stdout);
    expect({ status, isComplete, nights: nights.length }).toEqual({
      status: 2,
      isComplete: false,
      nights: 2,
    });
  });
});

describe('docs/auditors.md', () => {
  const blocks = [...readFileSync(join(root, 'docs/auditors.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)];
  const byHand = blocks.map(([, script = '']) => script).find((script) => script.includes('dgst')) ?? '';
  const run = (folder: string) =>
    execFileSync('bash', ['-euo', 'pipefail', '-c', byHand], {
      cwd: join(folder, 'copy'),
      encoding: 'utf8',
      stdio: 'pipe',
    });

  it('verifies a night by hand', async () => {
    const folder = await copyNights(await makeNights());
    writeFileSync(join(folder, 'copy/keyward.pem'), toPem(ours));
    const [signature, list = '', named = '', hash = ''] = run(folder).split('\n');
    expect(signature).toBe('Verified OK');
    expect(list).toMatch(/^runs\/2026-11-25T020000Z\/objects\/[0-9a-f]{64}: OK$/);
    expect(named).toMatch(/^[0-9a-f]{64}$/);
    expect(hash).toBe(`${named}  manifests/000001.json`);
  });

  it.each([
    ['an object', 'runs/2026-11-25T020000Z/settings'],
    ['the manifest', 'manifests/000002.json'],
  ])('finds by hand that %s was changed', async (_, name) => {
    const folder = await copyNights(await makeNights());
    writeFileSync(join(folder, 'copy/keyward.pem'), toPem(ours));
    const path = join(folder, 'copy', name);
    const { payload, ...others } = JSON.parse(readFileSync(path, 'utf8'));
    const changed =
      payload && Buffer.from(Buffer.from(payload, 'base64').toString().replace('0.1.0', '0.1.1'));
    writeFileSync(
      path,
      JSON.stringify({ ...others, ...(changed && { payload: changed.toString('base64') }) }, null, 1),
    );
    expect(() => run(folder)).toThrow();
  });

  it('shows how to get the public key, in the form that is taken', () => {
    expect(blocks[0]?.[1]).toContain('openssl pkey -pubin -inform DER -out keyward.pem');
    const der = ours.key.export({ format: 'der', type: 'spki' });
    const pem = execFileSync('openssl', ['pkey', '-pubin', '-inform', 'DER'], {
      input: der,
      encoding: 'utf8',
    });
    expect(pem).toBe(toPem(ours));
  });
});
