/** What a night leaves for an auditor: which objects it wrote, what it could not see, and the night before it. */
import { z } from 'zod';
import { type Finding, type RunDocument, summary } from '../findings/finding.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const moment = z.iso.datetime();
/** Names of objects are made of it. */
const run = z.string().regex(/^\w[\w.-]*$/);

/** One manifest, named by another: its number, its run where that could be read, and the hash of its object. */
const link = z.strictObject({ number: z.int().min(1), run: run.nullable(), sha256 });
export type Link = z.infer<typeof link>;

export const manifest = z.strictObject({
  schema: z.literal('keyward/manifest-v1'),
  /** Its place in the chain, and its object's name: the first is 1. */
  number: z.int().min(1),
  previous: link.nullable(),
  run,
  startedAt: moment,
  finishedAt: moment,
  writtenAt: moment,
  version: z.string(),
  /** The ARN of the key that signs it; null where it is not signed. */
  key: z.string().nullable(),
  /** How long after it was written an object of the run is kept. */
  retentionDays: z.int().min(1),
  /** How long after this night's start the next one's is late. */
  lateAfterHours: z.int().min(1),
  /** Of the settings that the run judged by. */
  settings: z.strictObject({ name: z.string(), sha256 }),
  /** Every object of the run, in a list of its own, which goes when the run goes. */
  objects: z.strictObject({ list: z.string(), sha256, count, bytes: count }),
  summary,
  gaps: z.strictObject({
    notAsked: z.array(z.string()),
    /** What was not scanned, or in part. */
    targets: z.array(
      z.strictObject({
        account: z.string(),
        region: z.string(),
        status: z.enum(['partial', 'failed']),
        reason: z.string(),
      }),
    ),
    /** The times of which events were not seen, in the words of the findings that they leave undecided. */
    events: z.array(
      z.strictObject({
        account: z.string().nullable(),
        region: z.string().nullable(),
        what: z.string(),
        findings: count,
      }),
    ),
  }),
});
export type Manifest = z.infer<typeof manifest>;

/** Takes what a run says and its findings; gives what it could not see. */
export const toGaps = async (
  { notAsked, targets }: Pick<RunDocument['run'], 'notAsked' | 'targets'>,
  findings: AsyncIterable<Finding>,
): Promise<Manifest['gaps']> => {
  const events = new Map<string, Manifest['gaps']['events'][number]>();
  for await (const { status, reason, account, region, message } of findings) {
    if (status !== 'unknown' || reason !== 'incomplete-window') continue;
    const place = JSON.stringify([account, region, message]);
    const known = events.get(place);
    events.set(place, { account, region, what: message, findings: (known?.findings ?? 0) + 1 });
  }
  return {
    notAsked,
    targets: targets.flatMap(({ account, region, status, reason = '' }) =>
      status === 'partial' || status === 'failed' ? { account, region, status, reason } : [],
    ),
    events: [...events.values()],
  };
};
