/** What `keyward verify --format json` prints: schema keyward/verify-v1. */
import { z } from 'zod';

const count = z.int().min(0);
const moment = z.iso.datetime();

/** From the worst to the best. A night is the worst of what is said of it. */
export const nightStatuses = [
  'unreadable',
  'altered',
  'missing',
  'other-key',
  'unsigned',
  'expired',
  'whole',
] as const;
const nightStatus = z.enum(nightStatuses);
export type NightStatus = z.infer<typeof nightStatus>;

const night = z.strictObject({
  number: z.int().min(1),
  /** Null where the manifest could not be read. */
  run: z.string().nullable(),
  startedAt: moment.nullable(),
  status: nightStatus,
  reasons: z.array(z.string()),
  /** Of the manifest's object, for who noted it down. */
  sha256: z.string().nullable(),
  /** SHA-256 of the public key that it is signed by; null where by none of those that count. */
  signedBy: z.string().nullable(),
  /** The key that it says it is signed by. */
  key: z.string().nullable(),
  /** Null where there is no list of them that could be trusted. */
  objects: z
    .strictObject({
      listed: count,
      whole: count,
      /** Gone, as old as they are, by the bucket's own rule. */
      expired: count,
      altered: z.array(z.string()),
      missing: z.array(z.string()),
      added: z.array(z.string()),
      unreadable: z.array(z.string()),
    })
    .nullable(),
  /** How much of the night it says itself that it could not see. */
  notSeen: z.strictObject({ targets: count, events: count, unknowns: count }).nullable(),
});
export type Night = z.infer<typeof night>;

const chainGap = z.strictObject({
  /** `deleted`: manifests are gone; `no-night`: none was ever written, or the last ones are gone; `late`: nothing since. */
  kind: z.enum(['deleted', 'no-night', 'late']),
  /** The numbers that are gone. */
  numbers: z.strictObject({ from: count, to: count }).nullable(),
  after: moment.nullable(),
  before: moment.nullable(),
  detail: z.string(),
});
export type ChainGap = z.infer<typeof chainGap>;

export const verifyDocument = z.strictObject({
  schema: z.literal('keyward/verify-v1'),
  place: z.string(),
  checkedAt: moment,
  /** The first day that was asked for; null: all. */
  from: z.string().nullable(),
  /** False where it was interrupted: then what is not here was not looked at. */
  isComplete: z.boolean(),
  /** Who said which key it must be: a file or an ARN that was given, or only the newest manifest itself. */
  pinnedBy: z.enum(['file', 'arn', 'manifest']),
  /** SHA-256 of the public keys that count, as DER. */
  keys: z.array(z.string()),
  /** From the newest to the oldest. */
  nights: z.array(night),
  gaps: z.array(chainGap),
  summary: z.record(nightStatus, count),
});
export type VerifyDocument = z.infer<typeof verifyDocument>;
