/** A scan of a fleet on a running sandbox, by the real SDK over HTTP: what the tests of the use-cases share. */
import { devNull } from 'node:os';
import { onTestFinished, vi } from 'vitest';
import type { Fault } from '../../sandbox/faults.ts';
import type { Fleet } from '../../sandbox/fleets/fleet.ts';
import { startSandbox } from '../../sandbox/start-sandbox.ts';
import { checks } from '../../shared/checks/index.ts';
import { settings } from '../../shared/evidence/settings.ts';
import type { Finding } from '../../shared/findings/finding.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import type { CollectOptions } from '../../shared/use-cases/collect-run.ts';
import { scan } from '../../shared/use-cases/scan.ts';

export interface Weather extends Partial<CollectOptions> {
  faults?: Fault[];
  latencyMs?: number;
  /** Attempts a call, the first included. One, unless a test is about retries. */
  attempts?: number;
}

/** Serves a fleet for one test, its first credential in the environment; gives the sandbox. */
export const serveFleet = async (fleet: Fleet, { faults, latencyMs, attempts = 1 }: Weather = {}) => {
  const sandbox = await startSandbox(fleet, { faults, latencyMs });
  const environment = {
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: fleet.credentials[0]?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: fleet.credentials[0]?.secretAccessKey,
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    AWS_REGION: fleet.accounts[0]?.regions[0],
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: String(attempts),
    AWS_RETRY_MODE: 'standard',
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await sandbox.close();
  });
  return sandbox;
};

/** Scans the whole organisation of a fleet, unless told otherwise; gives the result and what it left behind. */
export const scanFleet = async (fleet: Fleet, weather: Weather = {}) => {
  const { faults: _, latencyMs: __, attempts: ___, ...asked } = weather;
  const sandbox = await serveFleet(fleet, weather);
  const store = createMemoryStore();
  const result = await scan(store, checks, {
    accounts: 'organization',
    regions: 'all',
    roleName: 'keyward-member',
    settings: settings.parse({}),
    isGentle: false,
    signal: new AbortController().signal,
    ...asked,
  });
  return { sandbox, store, result: await gather(result) };
};

/** A result with its findings at hand. */
export const gather = async <R extends { findings: AsyncIterable<Finding> }>(result: R) => ({
  ...result,
  findings: await Array.fromAsync(result.findings),
});

/** The findings of one check on one cluster. */
export const pick = (findings: readonly Finding[], cluster: string, check: string): Finding[] =>
  findings.filter((finding) => finding.cluster === cluster && finding.check === check);

/** What a check says of a cluster: its statuses, and why where there is a reason. */
export const tell = (findings: readonly Finding[], cluster: string, check: string) =>
  pick(findings, cluster, check).map(({ status, reason }) =>
    status === 'unknown' ? `${status}: ${reason}` : status,
  );
