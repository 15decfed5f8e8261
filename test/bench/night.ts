/**
 * `node test/bench/night.ts`: two nights of the service over a large company, by the real steps against the sandbox.
 * Prints what each step takes in time, heap and requests. Each account is a child with clients of its own, as in AWS.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import pMap from 'p-map';
import { checks } from '../../shared/checks/index.ts';
import { settings as settingsShape } from '../../shared/evidence/settings.ts';
import { openTopic } from '../../shared/publish/sns.ts';
import { type Aws, openAws } from '../../shared/runtime/aws.ts';
import { toNow } from '../../shared/runtime/clock.ts';
import { toRunNames } from '../../shared/store/names.ts';
import { openS3Files } from '../../shared/store/s3-files.ts';
import { createS3Remove } from '../../shared/store/s3-remove.ts';
import { createS3Store } from '../../shared/store/s3-store.ts';
import { collectClusters } from '../../shared/use-cases/collect-clusters.ts';
import { collectHome } from '../../shared/use-cases/collect-home.ts';
import { collectControlPolicies } from '../../shared/use-cases/control-policies.ts';
import { finishRun } from '../../shared/use-cases/finish-run.ts';
import { judgeAccount } from '../../shared/use-cases/judge-account.ts';
import { listAccounts } from '../../shared/use-cases/list-accounts.ts';
import { memberRole } from './fleet.ts';

/** The state machine's default. */
const childrenAtOnce = 40;
const sampleMilliseconds = 20;
const print = (text: string) => process.stdout.write(`${text}\n`);

const sandbox = fork(new URL('night-sandbox.ts', import.meta.url));
const [environment] = await once(sandbox, 'message');
Object.assign(process.env, environment, { AWS_EC2_METADATA_DISABLED: 'true', NO_PROXY: '127.0.0.1' });
const ask = async () => {
  const answered = once(sandbox, 'message');
  sandbox.send('counts');
  const [answer] = await answered;
  return answer;
};

const store = { ...createS3Store('runs'), ...createS3Remove('runs') };
/** The sandbox signs nothing. */
const chain = {
  files: openS3Files('runs'),
  locked: store,
  signer: undefined,
  retentionDays: 90,
  lateAfterHours: 26,
};
const topic = openTopic('arn:aws:sns:eu-central-1:100000000000:alerts', false);
const settings = settingsShape.parse({});
const signal = new AbortController().signal;

const withAws = async <T>(work: (aws: Aws) => Promise<T>): Promise<T> => {
  const aws = await openAws({ roleName: memberRole, isGentle: false, signal });
  return work(aws).finally(() => aws.close());
};

const measure = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
  const before = process.memoryUsage().heapUsed;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  }, sampleMilliseconds);
  const start = performance.now();
  const result = await work();
  clearInterval(timer);
  const { counts, peaks, ...rest } = await ask();
  print(
    `\n${step}: ${((performance.now() - start) / 1000).toFixed(1)} s, heap at most ${Math.round(peak / 1e6)} MB`,
  );
  for (const [name, count] of Object.entries(counts).sort())
    print(`  ${name}: ${count}, at most ${peaks[name]} in one second, account and Region`);
  print(`  ${JSON.stringify(rest)}`);
  return result;
};

const runNight = async (run: string): Promise<void> => {
  const asked = { run, startedAt: toNow(), accounts: 'organization', regions: 'all', settings } as const;
  const start = await measure(`${run}, list accounts`, () =>
    withAws((aws) => listAccounts(store, aws, asked, signal)),
  );
  await measure(`${run}, read control policies`, () =>
    withAws((aws) => collectControlPolicies(store, aws, start, signal)),
  );
  const eachAccount = (work: (account: string) => Promise<unknown>) =>
    pMap(start.accounts, work, { concurrency: childrenAtOnce });
  await measure(`${run}, collect clusters`, () =>
    eachAccount((account) =>
      withAws((aws) => collectClusters(store, aws, start, account, checks, signal, () => {})),
    ),
  );
  const homes = await Array.fromAsync(store.list(toRunNames(run).homes));
  await measure(`${run}, collect keys`, () =>
    pMap(
      homes.map((name) => name.split('/').at(-1) ?? ''),
      (home) => withAws((aws) => collectHome(store, aws, start, home, checks, settings, signal)),
      { concurrency: childrenAtOnce },
    ),
  );
  await measure(`${run}, evaluate and publish`, () =>
    eachAccount((account) =>
      withAws((aws) => judgeAccount(store, aws, run, account, checks, signal, () => false)),
    ),
  );
  const { counts } = await measure(`${run}, finish`, () =>
    finishRun(store, topic, run, checks, {
      isNightly: true,
      location: 's3://runs/',
      isLate: () => false,
      onReportError: (error) => print(`no report: ${error}`),
      chain,
    }),
  );
  print(`  ${JSON.stringify(counts)}`);
};

try {
  await runNight('night-1');
  await runNight('night-2');
} finally {
  sandbox.disconnect();
}
