/** `npm run bench`: every figure beside its baseline, as medians of interleaved runs. docs/bench.md says what they mean. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism, devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { checks } from '../../shared/checks/index.ts';
import { densePolicyBytes, memberRole, size } from './fleet.ts';
import { type Measured, measure, toMedian } from './measure.ts';
import { assertAnswers, assertRequests, type Requests } from './requests.ts';

const runs = 3;
const startups = 9;
const policyPatienceMilliseconds = 30_000;
/** What a scan of this fleet ends with: nothing at or above --fail-on, or something. */
const scanExitCodes = [0, 1];

const target = (file: string) => ['test', 'bench', file].join('/');
/** As `npm run keyward` starts it: a heap that grows slowly, since most of what a scan allocates is soon garbage. */
const scanWords = (...output: string[]) => [
  '--max-semi-space-size=2',
  '--heap-growing-percent=20',
  'cli/main.ts',
  'scan',
  '--organization',
  '--role-name',
  memberRole,
  '--regions',
  'all',
  '--quiet',
  ...output,
];

const sandbox = fork(new URL('sandbox-process.ts', import.meta.url));
const ask = async (): Promise<{ requests: Requests }> => {
  const answered = once(sandbox, 'message');
  sandbox.send('counts');
  const [answer] = await answered;
  return answer;
};

const median = (all: readonly Measured[]) => toMedian(all.map(({ milliseconds }) => milliseconds));
const peak = (all: readonly Measured[]) =>
  toMedian(all.map(({ peakMegabytes }) => peakMegabytes ?? Number.NaN));
const rows: Record<string, string>[] = [];
const addRow = (figure: string, value: string, baseline: string, ratio = '', goal = '') =>
  rows.push({ figure, value, baseline, ratio, goal });
const toSeconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
const toRatio = (figure: number, baseline: number) => `${(figure / baseline).toFixed(2)} ×`;

/**
 * The checks of clusters, keys and key policies, and those besides that weigh who may do what by IAM, who enters a
 * cluster, its backups, and the trails.
 */
const others =
  /^(iam|serviceControl|resourceControl)\.|^(cluster\.accessEntries|cluster\.podIdentityAssociations|cluster\.backups|key\.trails)$/;
const ofClustersAndKeys = checks
  .filter(({ facts }) => !facts.some((fact) => others.test(fact)))
  .map(({ id }) => id)
  .join(',');
const scopes = [
  {
    label: 'clusters and keys',
    words: ['--checks', ofClustersAndKeys],
    bareWords: ['--clusters-and-keys'],
    isBounded: true,
  },
  { label: 'all checks', words: [], bareWords: [], isBounded: false },
];

const benchScan = async (
  env: NodeJS.ProcessEnv,
  { label, words, bareWords, isBounded }: (typeof scopes)[number],
) => {
  const file = join(tmpdir(), `keyward-bench-${process.pid}.json`);
  const bare: Measured[] = [];
  const json: Measured[] = [];
  const table: Measured[] = [];
  const first: number[] = [];
  let requests: Requests = {};
  await ask();
  try {
    for (let round = 0; round < runs; round += 1) {
      bare.push(await measure([target('bare-loop.ts'), ...bareWords], { env, measuresMemory: true }));
      const bareRequests = (await ask()).requests;
      const options = { env, measuresMemory: true, exitCodes: scanExitCodes };
      json.push(await measure(scanWords(...words, '--format', `json=${file}`), options));
      requests = (await ask()).requests;
      assertRequests(requests, bareRequests);
      table.push(await measure(scanWords(...words), options));
      assertRequests((await ask()).requests, bareRequests);
      if (!isBounded) {
        const probe = await measure([target('first-finding.ts')], { env });
        first.push(Number(JSON.parse(probe.stdout).firstFindingMilliseconds));
        await ask();
      }
      assertAnswers(bare.at(-1)?.stdout ?? '', await readFile(file, 'utf8'));
    }
  } finally {
    await rm(file, { force: true });
  }
  const [loop, scan] = [median(bare), median(json)];
  addRow(
    `scan, ${label}, JSON`,
    toSeconds(scan),
    `bare loop ${toSeconds(loop)}`,
    toRatio(scan, loop),
    isBounded ? '≤ 1.25 ×' : '',
  );
  addRow(
    `scan, ${label}, table`,
    toSeconds(median(table)),
    `bare loop ${toSeconds(loop)}`,
    toRatio(median(table), loop),
  );
  if (!isBounded)
    addRow(
      'first finding',
      toSeconds(toMedian(first)),
      `whole scan ${toSeconds(scan)}`,
      toRatio(toMedian(first), scan),
    );
  const loopPeak = `bare loop ${peak(bare).toFixed(0)} MB`;
  addRow(
    `peak memory, ${label}, JSON`,
    `${peak(json).toFixed(0)} MB`,
    loopPeak,
    toRatio(peak(json), peak(bare)),
    isBounded ? '≤ 200 MB' : '',
  );
  addRow(
    `peak memory, ${label}, table`,
    `${peak(table).toFixed(0)} MB`,
    loopPeak,
    toRatio(peak(table), peak(bare)),
    isBounded ? '≤ 200 MB' : '',
  );
  return requests;
};

const benchStartup = async (env: NodeJS.ProcessEnv) => {
  const bare: Measured[] = [];
  const help: Measured[] = [];
  for (let round = 0; round < startups; round += 1) {
    bare.push(await measure(['-e', '0'], { env }));
    help.push(await measure(['cli/main.ts', '--help'], { env }));
  }
  const over = median(help) - median(bare);
  addRow(
    'keyward --help',
    `${median(help).toFixed(0)} ms`,
    `node -e 0 ${median(bare).toFixed(0)} ms`,
    `+ ${over.toFixed(0)} ms`,
    '≤ + 150 ms',
  );
};

const benchPolicies = async (env: NodeJS.ProcessEnv) => {
  const { stdout } = await measure([target('policies.ts')], {
    env,
    exitCodes: [0, null],
    timeoutMilliseconds: policyPatienceMilliseconds,
  });
  const judged: { bytes: number; milliseconds: number }[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const [ordinary, ...dense] = judged;
  if (!ordinary) throw new Error('not even the ordinary policy was judged');
  const baseline = `ordinary policy ${ordinary.milliseconds.toFixed(1)} ms`;
  for (const { bytes, milliseconds } of dense)
    addRow(
      `dense policy, ${bytes} bytes`,
      `${milliseconds.toFixed(0)} ms`,
      baseline,
      toRatio(milliseconds, ordinary.milliseconds),
    );
  const unjudged = densePolicyBytes.length - dense.length;
  if (unjudged > 0)
    addRow(`the ${unjudged} larger policies`, `> ${policyPatienceMilliseconds / 1000} s`, baseline);
};

const [sandboxEnvironment] = await once(sandbox, 'message');
try {
  const env = {
    PATH: process.env.PATH,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    ...sandboxEnvironment,
  };
  let requests: Requests = {};
  for (const scope of scopes) requests = await benchScan(env, scope);
  await benchStartup(env);
  await benchPolicies(env);
  const columns = ['figure', 'value', 'baseline', 'ratio', 'goal'] as const;
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const toLine = (cells: (string | undefined)[]) =>
    cells
      .map((cell = '', index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  const { clusters, keys, accounts, regions } = size;
  const lines = [
    `${clusters} clusters, ${keys} keys, ${accounts} accounts × ${regions.length} Regions; Node ${process.version}, ${availableParallelism()} cores; medians of ${runs}`,
    '',
    toLine([...columns]),
    ...rows.map((row) => toLine(columns.map((column) => row[column]))),
    '',
    'requests of a scan, the same as the bare loop’s:',
    ...Object.entries(requests)
      .sort()
      .map(([name, count]) => `  ${String(count).padStart(5)}  ${name}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
} finally {
  sandbox.disconnect();
}
