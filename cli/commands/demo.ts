/** `keyward demo`: the very same scan, of every account of a made-up company on an AWS inside this process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  demoDays,
  demoFleet,
  demoMemberRole,
  demoSecretReaders,
  demoTrailBucket,
} from '../../sandbox/fleets/demo.ts';
import { startSandbox } from '../../sandbox/start-sandbox.ts';
import { writeAuditLogs } from '../../sandbox/write-audit-logs.ts';
import { isGlobMatch } from '../../shared/evidence/glob.ts';
import { settings } from '../../shared/evidence/settings.ts';
import { loadConfig } from '../../shared/runtime/config.ts';
import { UsageError } from '../../shared/runtime/errors.ts';
import { toNoClusterMatches } from '../../shared/use-cases/collect-run.ts';
import { checkIds } from '../check-ids.ts';
import type { Command, Surroundings } from '../command.ts';
import { parseClusters } from '../options.ts';
import { runScan } from './scan.ts';

const thresholds = settings.shape.thresholds.unwrap();

/** The company's own thresholds, where nobody says otherwise. */
const company = settings.extend({
  thresholds: thresholds
    .extend({ clusterWideReaders: thresholds.shape.clusterWideReaders.unwrap().default(15) })
    .prefault({}),
});
const { secretReaders } = settings.shape.expected.parse({ secretReaders: demoSecretReaders });

/** What the company expects, and what a configuration that is named adds. What lies in the folder is about other clusters. */
const loadSettings = async (path: string | undefined, { folder, signal }: Surroundings) => {
  const { settings: said, name } =
    path === undefined
      ? { settings: company.parse({}), name: undefined }
      : await loadConfig(path, { folder, signal, checkIds, schema: company });
  const expected = { ...said.expected, secretReaders: [...secretReaders, ...said.expected.secretReaders] };
  return { name, settings: { ...said, expected } };
};

const demoSince = `${demoDays}d`;

/** A little more than is judged: what goes before shows that nothing is missing at its beginning. */
const toLogged = (now: Date): { from: number; to: number } => ({
  from: now.getTime() - (demoDays * 24 + 2) * 3_600_000,
  to: now.getTime(),
});

const makeTemporaryFolder = async (): Promise<string> => {
  try {
    return await mkdtemp(join(tmpdir(), 'keyward-demo-'));
  } catch (cause) {
    throw new UsageError('NO_TEMPORARY_FOLDER', `${tmpdir()} can't be written`, {
      cause,
      hint: 'The demo keeps its audit logs there while it runs; TMPDIR names another folder.',
    });
  }
};

export const demo: Command = async ({ values }, surroundings) => {
  const fleet = demoFleet(new Date());
  const glob = parseClusters(values) ?? '*';
  const asked = fleet.clusters.filter(({ name }) => isGlobMatch(glob, name));
  if (asked.length === 0)
    throw toNoClusterMatches(
      glob,
      fleet.clusters.map(({ name }) => name),
    );
  const folder = await makeTemporaryFolder();
  const sandbox = await startSandbox(fleet);
  const { env } = surroundings;
  try {
    // The SDK reads the process's environment; what the user has there must neither be used nor be in the way.
    for (const name of Object.keys(env)) if (name.startsWith('AWS_')) delete env[name];
    Object.assign(env, {
      AWS_ENDPOINT_URL: sandbox.endpoint,
      AWS_ACCESS_KEY_ID: fleet.credentials[0]?.accessKeyId,
      AWS_SECRET_ACCESS_KEY: fleet.credentials[0]?.secretAccessKey,
      AWS_REGION: fleet.accounts[0]?.regions[0],
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: 'true',
      // A proxy that leads outside must not be asked for what runs inside.
      NO_PROXY: '127.0.0.1',
      no_proxy: '127.0.0.1',
      // One key of the fleet is throttled for good: the demo need not wait out every retry.
      AWS_MAX_ATTEMPTS: '2',
      AWS_RETRY_MODE: 'standard',
    });
    const targets = { organization: true, 'role-name': demoMemberRole, regions: 'all' };
    const events = { since: demoSince, trail: `s3://${demoTrailBucket}` };
    await writeAuditLogs({ clusters: asked }, folder, toLogged(new Date()));
    const wanted = { ...values, ...targets, ...events, kubernetes: true, 'audit-log': folder };
    const answer = await runScan(wanted, surroundings, () => loadSettings(values.config, surroundings));
    // What the demo finds is what it is for, not an error.
    return { ...answer, exitCode: surroundings.signal.aborted ? 2 : 0 };
  } finally {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
};
