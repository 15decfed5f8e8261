/** The rows that Athena has tallied, as tallies: whoever called is folded by the code that folds single events. */
import { z } from 'zod';
import { toActor } from '../../activity/actor.ts';
import type { KeyName } from '../../activity/tally.ts';
import { parseArn } from '../../evidence/arn.ts';
import { type UseTally, useOperation } from '../../evidence/events.ts';

const text = z.string().nullish();
const moment = z.iso.datetime().transform((time) => new Date(time).toISOString());

/** A row of `toKeyUseQuery`. Columns that are null may be left out. */
const useRow = z.object({
  account: z.string(),
  region: z.string(),
  is_use: z.literal(true),
  key_name: z.string(),
  operation: useOperation,
  /** JSON of CloudTrail's own; its pairs come in any order. */
  context: text,
  outcome: z.string(),
  caller_type: text,
  caller_arn: text,
  caller_account: text,
  caller_service: text,
  caller_id: text,
  calls: z.int().positive(),
  first_at: moment,
  last_at: moment,
  events: z.array(z.string()),
  sources: z.array(z.string()),
  agents: z.array(z.string()),
});
type UseRow = z.infer<typeof useRow>;

/** Whatever else happened in a Region: it shows that the trail tells of it. */
const otherRow = z.object({ account: z.string(), region: z.string(), is_use: z.literal(false) });
const row = z.discriminatedUnion('is_use', [useRow, otherRow]);

const pairs = z.record(z.string(), z.string()).nullable();

interface CountedUse {
  of: KeyName;
  uses: UseTally;
}

/** A Region of which the trail tells, and what it tells of the use of a key there. */
export interface ToldRegion {
  region: string;
  use?: CountedUse;
}

/**
 * Takes the lines of a file that UNLOAD wrote, and an account; gives the Regions that they tell of, and what they say of its keys. Throws ZodError or
 * SyntaxError where a line is none of ours: a tally that is half read would say that somebody did not.
 */
export const parseTallies = function* (lines: Iterable<string>, account: string): Generator<ToldRegion> {
  for (const line of lines) {
    // A file has the rows of many accounts: most lines need no parsing.
    if (!line.includes(account)) continue;
    const parsed = row.parse(JSON.parse(line));
    if (parsed.account !== account) continue;
    yield { region: parsed.region, ...(parsed.is_use ? { use: toCounted(parsed) } : {}) };
  }
};

const toCounted = (parsed: UseRow): CountedUse => {
  const { account, region, key_name: key, operation, outcome, events, sources, agents } = parsed;
  const partition = parseArn(key)?.partition ?? parseArn(parsed.caller_arn ?? '')?.partition ?? 'aws';
  const { calls: count, first_at: first, last_at: last } = parsed;
  return {
    of: { key, account, region },
    uses: {
      ...toActor(toIdentity(parsed), partition),
      operation,
      context: parsed.context ? (pairs.parse(JSON.parse(parsed.context)) ?? {}) : {},
      outcome,
      count,
      first,
      last,
      events,
      sources,
      agents,
    },
  };
};

const toIdentity = (parsed: UseRow): Parameters<typeof toActor>[0] => ({
  type: parsed.caller_type ?? undefined,
  principalId: parsed.caller_id ?? undefined,
  arn: parsed.caller_arn ?? undefined,
  accountId: parsed.caller_account ?? undefined,
  invokedBy: parsed.caller_service ?? undefined,
});
