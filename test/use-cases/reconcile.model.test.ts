/**
 * Random nights against a plain model of what Security Hub and people should be told: runs that meet, are killed, come
 * late, see only a part; a Security Hub that is out of order or forgetful of nothing; a state that is lost.
 */

import type { AwsSecurityFinding } from '@aws-sdk/client-securityhub';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importFindings } from '../../sandbox/services/security-hub.ts';
import { toWorld } from '../../sandbox/world.ts';
import type { Finding } from '../../shared/findings/finding.ts';
import { toFindingId } from '../../shared/findings/finding-id.ts';
import type { Look } from '../../shared/findings/reconcile.ts';
import type { Place, SecurityHub } from '../../shared/publish/security-hub.ts';
import type { Topic } from '../../shared/publish/sns.ts';
import { parseAsff } from '../../shared/report/parse-asff.ts';
import { createMemoryStore } from '../../shared/store/memory-store.ts';
import { indexNames } from '../../shared/store/names.ts';
import { readState } from '../../shared/store/state.ts';
import type { ErasableStore } from '../../shared/store/store.ts';
import { reconcileRegion } from '../../shared/use-cases/reconcile-region.ts';
import { sendAlerts } from '../../shared/use-cases/send-alerts.ts';
import { sendOwed } from '../../shared/use-cases/send-owed.ts';
import { toFinding } from '../report/findings.ts';
import { toRuns } from '../runs.ts';
import { region, toFleet, workload } from './fleets.ts';

const place: Place = { partition: 'aws', account: workload, region };
const clusters = ['a', 'b'] as const;
const checks = ['plain', 'subjects', 'events'] as const;
type CheckName = (typeof checks)[number];
type Cluster = (typeof clusters)[number];

/** What a check says of a cluster: its failing subjects, or that it passes, can't tell, or does not apply. */
type Answer = string[] | 'pass' | 'unknown' | 'not-applicable';
type Looked = { at: string; clusters: Cluster[]; answers: Map<string, Answer> };

const toArn = (cluster: string) => `arn:aws:eks:${region}:${workload}:cluster/${cluster}`;
const toId = (check: string, cluster: string, subject: string | null) =>
  toFindingId(check, toArn(cluster), toArn(cluster), subject);
const toSubject = (check: string, subject: string) => (check === 'plain' ? null : subject);

const toFindings = (check: CheckName, cluster: Cluster, answer: Answer): Finding[] => {
  const toOne = (status: Finding['status'], subject: string | null) => ({
    ...toFinding({
      check,
      cluster,
      status,
      subject,
      account: workload,
      region,
      resource: toArn(cluster),
      kind: check === 'events' ? 'event' : 'state',
      ...(status === 'unknown' ? { reason: 'access-denied' } : {}),
    }),
    id: toId(check, cluster, subject),
  });
  if (typeof answer === 'string') return [toOne(answer, null)];
  return answer.map((subject) => toOne('fail', toSubject(check, subject)));
};

const toLook = ({ at, clusters: listed, answers }: Looked): Look => ({
  collectedAt: at,
  findings: clusters.flatMap((cluster) =>
    checks.flatMap((check) => {
      const answer = answers.get(`${check} ${cluster}`);
      return answer === undefined ? [] : toFindings(check, cluster, answer);
    }),
  ),
  listed: new Set(listed),
  known: new Set(clusters.filter((cluster) => checks.every((check) => answers.has(`${check} ${cluster}`)))),
  isAsked: (check) => checks.some((one) => one === check),
  hasObject: () => undefined,
  publish: { passed: false, minimumSeverity: 'low' },
});

/** The plain model: what each id shows, and what people were told, by nothing but the looks that counted. */
const createModel = () => {
  const shown = new Map<string, string>();
  const told: string[] = [];
  const apply = ({ clusters: listed, answers }: Looked): void => {
    for (const cluster of clusters)
      for (const check of checks) {
        const answer = listed.includes(cluster) ? answers.get(`${check} ${cluster}`) : 'gone';
        if (answer === undefined) continue;
        applyOne(check, cluster, answer);
      }
  };
  const applyOne = (check: CheckName, cluster: Cluster, answer: Answer | 'gone'): void => {
    const ids = [...new Set([null, 'x', 'y'].map((subject) => toId(check, cluster, subject)))];
    const whole = toId(check, cluster, null);
    const failing = Array.isArray(answer)
      ? answer.map((one) => toId(check, cluster, toSubject(check, one)))
      : [];
    const wasFailing = ids.filter((id) => shown.get(id) === 'FAILED');
    for (const id of failing) {
      if (shown.get(id) !== 'FAILED') told.push(`new ${id}`);
      shown.set(id, 'FAILED');
    }
    if (answer === 'unknown') {
      if (wasFailing.length === 0) shown.set(whole, 'NOT_AVAILABLE');
      return;
    }
    const isOver = answer === 'gone' || answer === 'not-applicable';
    for (const id of ids) {
      const before = shown.get(id);
      if (before === undefined || failing.includes(id)) continue;
      if (isOver) shown.set(id, 'ARCHIVED');
      else if (before === 'FAILED') shown.set(id, check === 'events' ? 'ARCHIVED' : 'PASSED');
      else if (before === 'NOT_AVAILABLE')
        shown.set(id, answer === 'pass' && id === whole && check !== 'events' ? 'PASSED' : 'ARCHIVED');
      if (before === 'FAILED' && check !== 'events') told.push(`resolved ${id}`);
    }
  };
  return { shown, told, apply };
};

/** Each cluster hangs on a key that changes from look to look. */
const toJudged = ({ at, clusters: listed, answers }: Looked) =>
  listed
    .filter((cluster) => answers.has(`plain ${cluster}`))
    .map((cluster) => ({
      region,
      cluster,
      keys: [`key-${(Date.parse(at) / 3_600_000) % 3}`],
      isKnown: true,
    }));

class Killed extends Error {}

/** Every step that leaves the process waits for its turn, and is the last one after so many. */
const toSteps = (schedule: () => Promise<void>, killedAfter: number) => {
  let steps = 0;
  return async <T>(step: () => Promise<T>): Promise<T> => {
    await schedule();
    const given = await step();
    steps += 1;
    if (steps > killedAfter) throw new Killed();
    return given;
  };
};

const openWorld = () => {
  const world = toWorld(toFleet([]));
  const caller = { account: workload, arn: 'arn:aws:sts::1:assumed-role/x', userId: 'x' };
  let isDown = false;
  const store = createMemoryStore();
  const counted: Looked[] = [];
  const told: string[] = [];

  const hubFindings = (): Map<string, AwsSecurityFinding> =>
    world.hubs.get(`${workload}/${region}`) ?? new Map<string, AwsSecurityFinding>();
  const refused = { reason: 'failed', detail: 'out of order', isTransient: true } as const;
  const toHub = (step: ReturnType<typeof toSteps>): SecurityHub => ({
    publish: (findings) =>
      step(async () => {
        if (isDown) return refused;
        const { FailedFindings = [] } = importFindings(
          { Findings: [...findings] },
          { caller, region, world },
        );
        expect(FailedFindings).toEqual([]);
        return new Map();
      }),
    readBack: () =>
      step(async () =>
        isDown ? refused : [...hubFindings().values()].flatMap((finding) => parseAsff(finding, place) ?? []),
      ),
  });
  const toStore = (step: ReturnType<typeof toSteps>, looked?: Looked): ErasableStore => ({
    ...store,
    remove: (name) => step(() => store.remove(name)),
    get: (name) => step(() => store.get(name)),
    put: (name, body, condition) =>
      step(async () => {
        const etag = await store.put(name, body, condition);
        // Its own look is in it: the write that makes it count.
        const isCounting =
          looked && !counted.includes(looked) && body.includes(`"collectedAt":"${looked.at}"`);
        if (isCounting) counted.push(looked);
        return etag;
      }),
  });

  /** One run: reconciles, tells Security Hub, and, if it comes so far, people. */
  const run = async (id: string, looked: Looked, schedule: () => Promise<void>, killedAfter: number) => {
    const step = toSteps(schedule, killedAfter);
    const publisher = { store: toStore(step, looked), place, frameworks: new Map(), hub: toHub(step) };
    try {
      await reconcileRegion(publisher, toLook(looked), toJudged(looked));
      await sendOwed(publisher);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      return;
    }
    await alert(id, schedule);
  };
  const alert = async (id: string, schedule: () => Promise<void>) => {
    const topic: Topic = {
      publish: async ({ attributes }) => {
        if (attributes.type !== 'digest') return;
        const stored = await readState(store, workload, region);
        for (const { transition, claim } of stored?.state.alerts ?? [])
          if (claim?.run === id) told.push(`${transition.kind} ${transition.finding.id}`);
      },
    };
    const step = toSteps(schedule, Number.POSITIVE_INFINITY);
    await sendAlerts(toStore(step), topic, { id, accounts: [workload] }, toResult(id), {
      isDigestCertain: false,
      location: 's3://runs/',
    });
  };
  return {
    run,
    store,
    counted,
    told,
    hubFindings,
    setDown: (down: boolean) => {
      isDown = down;
    },
  };
};

const toResult = (id: string) => {
  const startedAt = '2026-11-01T00:00:00.000Z';
  return {
    run: { id, startedAt, finishedAt: startedAt, version: '0', notAsked: [], targets: [] },
    clusters: 2,
    summary: {
      byStatus: { pass: 0, fail: 0, unknown: 0, 'not-applicable': 0 },
      bySeverity: { critical: 0, high: 0, medium: 0, low: 0, info: 0 },
      unknownReasons: {},
    },
  };
};

const answer: fc.Arbitrary<Answer> = fc.oneof(
  { weight: 4, arbitrary: fc.subarray(['x', 'y'], { minLength: 1 }) },
  { weight: 4, arbitrary: fc.constant('pass' as const) },
  { weight: 2, arbitrary: fc.constant('unknown' as const) },
  { weight: 1, arbitrary: fc.constant('not-applicable' as const) },
);
/** What a run sees; without an answer the check's cluster was not looked at. */
const seen = fc.record({
  clusters: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Cluster[]>([...clusters]) },
    { weight: 1, arbitrary: fc.subarray<Cluster>([...clusters]) },
  ),
  answers: fc.array(fc.option(answer, { freq: 8, nil: undefined }), { minLength: 6, maxLength: 6 }),
});
type Seen = typeof seen extends fc.Arbitrary<infer T> ? T : never;

const killedAfter = fc.oneof(
  { weight: 3, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 8 }) },
);
const night = fc.record({
  looks: fc.array(fc.record({ seen, killedAfter, isLate: fc.boolean() }), { minLength: 1, maxLength: 3 }),
  isHubDown: fc.boolean(),
  isStateLost: fc.boolean(),
});

const toLooked = ({ clusters: listed, answers }: Seen, at: string): Looked => ({
  at,
  clusters: listed,
  answers: new Map(
    clusters.flatMap((cluster, c) =>
      checks.flatMap((check, k) => {
        const given = answers[c * checks.length + k];
        if (given === undefined || !listed.includes(cluster)) return [];
        // A check without subjects fails once.
        const said = check === 'plain' && Array.isArray(given) ? ['x'] : given;
        return [[`${check} ${cluster}`, said] as const];
      }),
    ),
  ),
});

describe('Whatever happens to runs', () => {
  it('Security Hub and people are told what the looks that counted say, each once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(night, { minLength: 1, maxLength: 5 }), fc.scheduler(), async (nights, s) => {
        const world = openWorld();
        let hour = 0;
        let runs = 0;
        const toNow = () => {
          hour += 20;
          return new Date(Date.UTC(2026, 10, 1, hour)).toISOString();
        };
        const schedule = () => s.schedule(Promise.resolve());
        const late: (() => Promise<void>)[] = [];
        const runNight = async ({ looks, isHubDown }: (typeof nights)[number]) => {
          world.setDown(isHubDown);
          const begun = looks.map(({ seen: one, killedAfter: steps, isLate }) => {
            runs += 1;
            const id = `run-${runs}`;
            const looked = toLooked(one, toNow());
            return { isLate, run: () => world.run(id, looked, schedule, steps) };
          });
          const now = [...late.splice(0), ...begun.filter(({ isLate }) => !isLate).map(({ run }) => run)];
          late.push(...begun.filter(({ isLate }) => isLate).map(({ run }) => run));
          await s.waitFor(Promise.all(now.map((run) => run())));
        };
        const settle = async () => {
          // A run that looks at nothing: what is owed is sent, and people are told.
          await runNight({
            looks: [
              {
                seen: { clusters: [...clusters], answers: [] },
                killedAfter: Number.POSITIVE_INFINITY,
                isLate: false,
              },
            ],
            isHubDown: false,
            isStateLost: false,
          });
        };
        for (const one of nights) {
          if (one.isStateLost) {
            await settle();
            await world.store.remove(`state/${workload}/${region}`);
          }
          await runNight(one);
        }
        await settle();

        const model = createModel();
        for (const looked of world.counted) model.apply(looked);
        const hub = new Map(
          [...world.hubFindings()].map(([id, { RecordState, Compliance }]) => [
            id,
            RecordState === 'ARCHIVED' ? 'ARCHIVED' : Compliance?.Status,
          ]),
        );
        expect(hub).toEqual(model.shown);
        expect(world.told.toSorted()).toEqual(model.told.toSorted());
        const index = await Array.fromAsync(world.store.list('index/'));
        const keys = (await readState(world.store, workload, region))?.state.keys ?? {};
        const links = Object.entries(keys).flatMap(([cluster, arns]) =>
          arns.map((key) => indexNames.at(key, workload, region, cluster)),
        );
        expect(index).toEqual(expect.arrayContaining(links));
        expect(world.counted.map(({ at }) => at)).toEqual(world.counted.map(({ at }) => at).toSorted());
      }),
      { numRuns: toRuns(300) },
    );
  });

  it('a link that a killed run left out of the index is put there by the next', async () => {
    const world = openWorld();
    const look = (at: string) => toLooked({ clusters: ['a'], answers: ['pass', 'pass', 'pass'] }, at);
    const now = async () => {};
    // Two looks that find the cluster on the same key.
    const [first, second] = ['2026-11-01T00:00:00.000Z', '2026-11-01T03:00:00.000Z'].map(look);
    if (!first || !second) throw new Error('two looks');
    await world.run('run-1', first, now, Number.POSITIVE_INFINITY);
    const [link = ''] = await Array.fromAsync(world.store.list('index/'));
    await world.store.remove(link);
    await world.run('run-2', second, now, Number.POSITIVE_INFINITY);
    expect(await Array.fromAsync(world.store.list('index/'))).toEqual([link]);
  });
});
