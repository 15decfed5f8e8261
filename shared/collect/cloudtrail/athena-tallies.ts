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
  issuer_type: text,
  issuer_arn: text,
  calls: z.int().positive(),
  first_at: moment,
  last_at: moment,
  events: z.array(z.string()),
  sources: z.array(z.string()),
  agents: z.array(z.string()),
});
type UseRow = z.infer<typeof useRow>;

/** An hour with records of whatever kind: it shows that the trail was on. */
const hourRow = z.object({
  account: z.string(),
  region: z.string(),
  is_use: z.literal(false),
  event_hour: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d$/),
  records: z.int().positive(),
  has_kms: z.boolean(),
});
const row = z.discriminatedUnion('is_use', [useRow, hourRow]);

const pairs = z.record(z.string(), z.string()).nullable();

interface CountedUse {
  of: KeyName;
  uses: UseTally;
}

/** What the trail tells of a Region: the use of a key there, or a UTC hour that it kept records of. */
export type Told = { region: string } & (
  | { kind: 'use'; use: CountedUse }
  | { kind: 'hour'; hour: string; hasKms: boolean }
);

/**
 * Takes the lines of a file that UNLOAD wrote, and an account; gives what they say of its keys, and the hours that they
 * tell of (`2026-11-24T01`). Throws ZodError or SyntaxError where a line is none of ours: a tally that is half read
 * would say that somebody did not.
 */
export const parseTallies = function* (lines: Iterable<string>, account: string): Generator<Told> {
  for (const line of lines) {
    // A file has the rows of many accounts: most lines need no parsing.
    if (!line.includes(account)) continue;
    const parsed = row.parse(JSON.parse(line));
    if (parsed.account !== account) continue;
    const { region } = parsed;
    if (parsed.is_use) yield { region, kind: 'use', use: toCounted(parsed) };
    else yield { region, kind: 'hour', hour: parsed.event_hour, hasKms: parsed.has_kms };
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
  sessionContext: {
    sessionIssuer: { type: parsed.issuer_type ?? undefined, arn: parsed.issuer_arn ?? undefined },
  },
});
