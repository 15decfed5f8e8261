import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DisableKeyCommand, ReplicateKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ebsGrants, eksGrant, roleGrant } from '../../sandbox/fleets/grants.ts';
import {
  accountPolicy,
  centralPolicy,
  type Statement,
  terraformEksPolicy,
} from '../../sandbox/fleets/policies.ts';
import { runDocument } from '../../shared/findings/finding.ts';
import {
  enter,
  type KeyToSeed,
  openSite,
  roleName,
  type Site,
  seedOrganization,
  toEnvironment,
} from './seed.ts';

const endpoint = z.url().parse(process.env.MOTO_ENDPOINT);
const main = resolve(import.meta.dirname, '../../cli/main.ts');
const regions = ['eu-central-1', 'eu-west-1'];

/** What was broken on purpose: the failures that a scan must find, each as `cluster check`. */
const seeded = new Set<string>();
let accounts: Record<'platform' | 'data' | 'central', string>;

/** A cluster on a key of its own, as terraform-aws-eks leaves both where nothing else is said. */
const seal = async (site: Site, name: string, changes: Partial<KeyToSeed> = {}, ...faults: string[]) => {
  const { account, region } = site;
  const policy = terraformEksPolicy(account, name);
  const key = await site.addKey({ policy, grants: [eksGrant(name, account, region)], ...changes });
  await site.addCluster(name, { keyArn: key.arn });
  for (const check of faults) seeded.add(`${name} ${check}`);
  return key;
};

const allow = (Principal: Statement['Principal'], Action: string[]): Statement => ({
  Sid: 'TooMuch',
  Effect: 'Allow',
  Principal,
  Action,
  Resource: '*',
});

const seedPlatform = async (site: Site) => {
  const { account, region, kms } = site;
  await site.addTrail('all-regions', { isMultiRegion: true });
  const withStatement = (name: string, ...statements: Statement[]) => ({
    policy: terraformEksPolicy(account, name, ...statements),
  });
  await seal(site, 'healthy');
  await seal(site, 'plain-policy', { policy: accountPolicy(account) });
  await seal(site, 'not-rotating', { rotates: false }, 'key-rotates');
  const disabled = await seal(site, 'disabled', {}, 'key-is-usable');
  await kms.send(new DisableKeyCommand({ KeyId: disabled.id }));
  const leaving = await seal(site, 'leaving', {}, 'key-is-usable');
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: leaving.id, PendingWindowInDays: 7 }));
  await seal(
    site,
    'public',
    withStatement('public', allow({ AWS: '*' }, ['kms:Decrypt'])),
    'key-policy-has-no-public-statement',
    'key-decrypters-are-expected',
  );
  await seal(
    site,
    'outside',
    withStatement('outside', allow({ AWS: 'arn:aws:iam::999988887777:root' }, ['kms:Decrypt'])),
    'key-policy-trusts-only-the-organization',
  );
  await seal(
    site,
    'inside',
    withStatement('inside', allow({ AWS: `arn:aws:iam::${accounts.data}:root` }, ['kms:Decrypt'])),
  );
  const role = `arn:aws:iam::${account}:role/export`;
  await seal(
    site,
    'granted',
    { grants: [eksGrant('granted', account, region), roleGrant('debug', role, account)] },
    'key-grants-are-expected',
  );
  await seal(
    site,
    'volumes',
    { grants: [eksGrant('volumes', account, region), ...ebsGrants(130, account, 'volumes')] },
    'key-is-dedicated',
  );
  await site.addCluster('keyless', { audits: false });
  for (const check of ['secrets-use-customer-key', 'control-plane-audit-log-is-on'])
    seeded.add(`keyless ${check}`);
  const family = await seal(site, 'global', { isMultiRegion: true }, 'key-replicas-are-expected');
  await kms.send(new ReplicateKeyCommand({ KeyId: family.id, ReplicaRegion: 'us-east-1' }));
};

/** Clusters of one account on a key of another. */
const seedCentral = async (home: Site, platform: Site) => {
  const { account, region } = platform;
  await home.addTrail('all-regions', { isMultiRegion: true });
  const policy = centralPolicy(home.account, [account]);
  const own = await home.addKey({ policy, grants: [eksGrant('central-own', account, region)] });
  await platform.addCluster('central-own', { keyArn: own.arn });
  const names = ['central-blue', 'central-green'];
  const shared = await home.addKey({
    policy,
    rotates: false,
    grants: names.map((name) => eksGrant(name, account, region)),
  });
  for (const name of names) {
    await platform.addCluster(name, { keyArn: shared.arn });
    for (const check of ['key-is-dedicated', 'key-rotates']) seeded.add(`${name} ${check}`);
  }
};

/** Two Regions of one account, each with a trail of its own, one of which leaves KMS out. */
const seedData = async (quiet: Site, blind: Site) => {
  await quiet.addTrail('one-region');
  await seal(quiet, 'lake');
  await blind.addTrail('without-kms', { leavesOut: ['kms.amazonaws.com'] });
  await seal(blind, 'unseen', {}, 'trail-records-key-use');
};

/** Runs the command line as its users do. */
const keyward = (...words: string[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-moto-'));
  // Everything in an emulator is new: without this no key would be old enough to be judged for its rotation.
  writeFileSync(join(folder, 'keyward.config.yaml'), 'thresholds: { newKeyGraceDays: 0 }\n');
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder, ...toEnvironment(endpoint) },
    maxBuffer: 1 << 28,
  });
  return { stderr, status, read: () => runDocument.parse(JSON.parse(stdout)) };
};

const scanAll = (...words: string[]) =>
  keyward('scan', '--role-name', roleName, '--format', 'json', ...words);

beforeAll(async () => {
  accounts = await seedOrganization(endpoint, ['platform', 'data', 'central']);
  const open = async (account: string, region: string) =>
    openSite(endpoint, account, region, await enter(endpoint, account));
  const platform = await open(accounts.platform, 'eu-central-1');
  await seedPlatform(platform);
  await seedCentral(await open(accounts.central, 'eu-central-1'), platform);
  await seedData(await open(accounts.data, 'eu-west-1'), await open(accounts.data, 'eu-central-1'));
});

describe('A scan of moto', () => {
  it('finds each seeded fault, and none where none was seeded', () => {
    const { read, status, stderr } = scanAll(
      '--accounts',
      Object.values(accounts).join(','),
      '--regions',
      regions.join(','),
    );
    const { run, findings } = read();
    const failed = findings.filter((finding) => finding.status === 'fail');
    const found = new Set(failed.map(({ cluster, check }) => `${cluster} ${check}`));
    expect([...found].sort()).toEqual([...seeded].sort());
    expect(run.targets.map((target) => target.status)).toEqual(Array(6).fill('scanned'));
    // moto reports no health of clusters, and has neither access entries nor AWS Backup: no more stays unknown.
    const unknown = findings.filter((finding) => finding.status === 'unknown');
    expect(new Set(unknown.map(({ check }) => check))).toEqual(
      new Set([
        'access-policies-limit-secret-readers',
        'cluster-reports-no-key-issue',
        'secret-copies-are-sealed',
      ]),
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  });

  it('finds the same when it asks the organisation for its accounts', () => {
    const { read } = scanAll('--organization', '--regions', 'eu-west-1');
    const { run, findings } = read();
    expect(run.targets.map(({ account }) => account)).toEqual(
      expect.arrayContaining(Object.values(accounts)),
    );
    expect(new Set(findings.map(({ cluster }) => cluster))).toEqual(new Set(['lake']));
    expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
  });

  it('does not know what moto can’t tell: which Regions are enabled', () => {
    const { read, status } = scanAll('--accounts', accounts.data, '--regions', 'all');
    const { run, findings } = read();
    expect(run.targets).toEqual([
      {
        account: accounts.data,
        region: 'all',
        status: 'failed',
        reason: expect.stringMatching(/^unsupported: /),
      },
    ]);
    expect({ findings, status }).toEqual({ findings: [], status: 2 });
  });
});
