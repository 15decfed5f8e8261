/** Asks Athena who used the keys of a run: the state machine runs each query that this gives, and tells how it ended. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type KeyUseQuestion, toKeyUseQuery } from '../collect/cloudtrail/athena-query.ts';
import { type UnknownReason, unknownReason } from '../evidence/fact.ts';
import { runStart } from '../evidence/run.ts';
import { toRunNames } from '../store/names.ts';
import { readObject, type Store, writeObject } from '../store/store.ts';
import { type KeyUsePlan, keyUsePlan, planKeyUse } from './plan-key-use.ts';

/** What `athena:startQueryExecution.sync` gives, and what a Catch gives in its place. */
const ended = z.union([
  z.object({
    QueryExecution: z.object({
      Status: z.object({ State: z.literal('SUCCEEDED') }),
      Statistics: z.object({ DataScannedInBytes: z.number().optional() }).optional(),
    }),
  }),
  z.object({ Error: z.string(), Cause: z.string().optional() }),
]);

/** What the state machine passes on: the query that this gave before, and how it ended. First there is neither. */
export const keyUseStep = z.object({
  next: z.object({ part: z.int() }).optional(),
  ended: ended.optional(),
});
export type KeyUseStep = z.infer<typeof keyUseStep>;

/** `runs/RUN/key-use/PART/asked` */
export const askedKeyUse = z.object({
  homes: z.array(z.string()),
  from: z.string(),
  to: z.string(),
  answer: z.string(),
});

/** `runs/RUN/key-use/PART/ended` */
export const endedKeyUse = z.object({
  scannedBytes: z.number().optional(),
  /** Why there is no answer. */
  failure: z.object({ reason: unknownReason, what: z.string() }).optional(),
});
export type EndedKeyUse = z.infer<typeof endedKeyUse>;

interface Deployment {
  /** `DATABASE.TABLE` over the trail. */
  table: string;
  /** Where the store's objects lie, for Athena. */
  bucket: string;
}

type NextQuery = { isDone: true } | { isDone: false; part: number; query: string; results: string };

/**
 * Takes how the last query ended, and notes it. Gives the next query, and where Athena may put what it writes beside
 * the answer; or that there is none left, or none asked for.
 */
export const nextKeyUseQuery = async (
  store: Store,
  run: string,
  { table, bucket }: Deployment,
  { next: last, ended: how }: KeyUseStep,
  now: string,
): Promise<NextQuery> => {
  const { keyUse } = toRunNames(run);
  if (last && how) await writeObject(store, keyUse.ended(last.part), toEndedKeyUse(how));
  const part = last ? last.part + 1 : 0;
  const asked = (await readPlan(store, run, now)).parts[part];
  if (!asked) return { isDone: true };
  // An attempt that broke off leaves rows behind, and UNLOAD adds to what it finds.
  const answer = keyUse.answer(part, randomUUID());
  const question: KeyUseQuestion = { ...asked, table, location: `s3://${bucket}/${answer}` };
  const query = toKeyUseQuery(question);
  const homes = asked.homes.map(({ account }) => account);
  const { from, to } = asked;
  await writeObject(store, keyUse.asked(part), { homes, from, to, answer } satisfies z.infer<
    typeof askedKeyUse
  >);
  return { isDone: false, part, query, results: `s3://${bucket}/${keyUse.results}` };
};

/** Planned once a run: the parts must stay what they were when the first of them was asked for. */
const readPlan = async (store: Store, run: string, now: string): Promise<KeyUsePlan> => {
  const { accounts, keyUse } = toRunNames(run);
  const before = await readObject(store, keyUse.plan, keyUsePlan);
  if (before) return before;
  const to = Math.floor(Date.parse(now) / 1000) * 1000;
  const use = (await readObject(store, accounts, runStart))?.events?.use;
  if (use?.source !== 'athena') return { parts: [] };
  const plan = await planKeyUse(store, run, use.from, new Date(to).toISOString());
  await writeObject(store, keyUse.plan, plan);
  return plan;
};

/** Takes what the state machine was given for a query; gives what is kept of it. */
export const toEndedKeyUse = (how: NonNullable<KeyUseStep['ended']>): EndedKeyUse => {
  if ('QueryExecution' in how) return { scannedBytes: how.QueryExecution.Statistics?.DataScannedInBytes };
  const why = toReason(how.Cause ?? '') || how.Error;
  return {
    failure: { reason: toUnknownReason(`${how.Error} ${why}`), what: `Athena gave no answer: ${why}` },
  };
};

/** The cause of a failed task is what GetQueryExecution gives, cut off where it is long; else it is a plain text. */
const toReason = (cause: string): string => {
  const [, told] = /"StateChangeReason":\s*"((?:[^"\\]|\\.)*)"/.exec(cause) ?? [];
  const reason = told ?? (cause.startsWith('{') ? '' : cause);
  return reason
    .replaceAll(/\\[nrt]|\s+/g, ' ')
    .replaceAll(/\\(.)/g, '$1')
    .trim()
    .slice(0, mostOfReason);
};
const mostOfReason = 300;

const toUnknownReason = (told: string): UnknownReason => {
  if (/bytes scanned limit|query timeout|exhausted resources/i.test(told)) return 'over-budget';
  if (/access ?denied|not authorized|insufficient permissions/i.test(told)) return 'access-denied';
  if (/throttl|TooManyRequests|slow ?down/i.test(told)) return 'throttled';
  return 'failed';
};
