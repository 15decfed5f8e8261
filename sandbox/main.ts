/** `node sandbox/main.ts`: serves a fleet until it is interrupted, for the AWS CLI or any SDK to talk to. */
import { parseArgs } from 'node:util';
import { demoFleet } from './fleets/demo.ts';
import type { Fleet } from './fleets/fleet.ts';
import { generateFleet } from './fleets/generated.ts';
import { ordinaryFleet } from './fleets/ordinary.ts';
import { startSandbox } from './start-sandbox.ts';

const options = {
  fleet: { type: 'string', default: 'demo' },
  port: { type: 'string', default: '0' },
  seed: { type: 'string', default: '1' },
  accounts: { type: 'string', default: '10' },
  clusters: { type: 'string', default: '1000' },
  keys: { type: 'string', default: '300' },
} as const;

class UsageError extends Error {}

/** The options as given, numbers checked; a mistake is a sentence. */
const parseOptions = () => {
  const { values } = parseArgs({ options });
  const toNumber = (name: 'port' | 'seed' | 'accounts' | 'clusters' | 'keys'): number => {
    if (/^\d{1,9}$/.test(values[name])) return Number(values[name]);
    throw new UsageError(`--${name} takes a whole number, not ${values[name]}.`);
  };
  const size = { accounts: toNumber('accounts'), clusters: toNumber('clusters'), keys: toNumber('keys') };
  return { fleet: values.fleet, port: toNumber('port'), seed: toNumber('seed'), ...size };
};

const toFleet = (
  { fleet, seed, accounts, clusters, keys }: ReturnType<typeof parseOptions>,
  now: Date,
): Fleet => {
  const regions = ['eu-central-1', 'eu-west-1'];
  if (fleet === 'demo') return demoFleet(now);
  if (fleet === 'ordinary') return ordinaryFleet(now);
  if (fleet === 'generated') return generateFleet({ seed, accounts, clusters, keys, regions, now });
  throw new UsageError(`No fleet is called ${fleet}; there are demo, ordinary, generated.`);
};

try {
  const parsed = parseOptions();
  const fleet = toFleet(parsed, new Date());
  const { endpoint, close } = await startSandbox(fleet, { port: parsed.port });
  const credential = fleet.credentials[0];
  process.stdout.write(
    [
      `export AWS_ENDPOINT_URL=${endpoint}`,
      `export AWS_ACCESS_KEY_ID=${credential?.accessKeyId}`,
      `export AWS_SECRET_ACCESS_KEY=${credential?.secretAccessKey}`,
      `export AWS_REGION=${fleet.accounts[0]?.regions[0]}`,
      '',
    ].join('\n'),
  );
  process.once('SIGINT', () => void close());
} catch (error) {
  const isUsage = error instanceof UsageError || error instanceof TypeError;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = isUsage ? 64 : 1;
}
