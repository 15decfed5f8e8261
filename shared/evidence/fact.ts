/** One thing that was read: its value, or why there is none. An unknown is neither a pass nor a failure. */
import { z } from 'zod';

const unknownReasons = [
  'access-denied',
  'denied-by-organization',
  'throttled',
  'not-found',
  'unsupported',
  'over-budget',
  'incomplete-window',
  'failed',
] as const;

export const unknownReason = z.enum(unknownReasons);
export type UnknownReason = z.infer<typeof unknownReason>;

/** A part of a fact that could not be read: a page, a Region, an hour. What is there may fail, never pass. */
const missingPart = z.object({
  what: z.string(),
  reason: unknownReason,
  from: z.string().optional(),
  to: z.string().optional(),
});
export type MissingPart = z.infer<typeof missingPart>;

export const unknown = z.object({ unknown: unknownReason, detail: z.string() });
export type Unknown = z.infer<typeof unknown>;

export type Fact<T> = { value: T; missing: MissingPart[] } | Unknown;

/** The stored form of a fact whose value has the given shape. */
export const factOf = <S extends z.ZodType>(value: S) =>
  z.union([z.object({ value, missing: z.array(missingPart) }), unknown]);

export const toKnown = <T>(value: T, missing: MissingPart[] = []): Fact<T> => ({ value, missing });

export const toUnknown = (reason: UnknownReason, detail: string): Unknown => ({ unknown: reason, detail });

export const isKnown = <T>(fact: Fact<T>): fact is { value: T; missing: MissingPart[] } => 'value' in fact;

/** Why a fact is not known as a whole, or undefined where it is. */
export const getGap = <T>(fact: Fact<T>): Unknown | undefined => {
  if (!isKnown(fact)) return fact;
  const [gap] = fact.missing;
  return gap && toUnknown(gap.reason, gap.what);
};
