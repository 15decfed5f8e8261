import { z } from 'zod';

/** A moment as ISO 8601 UTC. The SDK gives Dates, saved evidence gives text; both come out as text. */
export const timestamp = z
  .union([z.date(), z.iso.datetime({ offset: true })])
  .transform((moment) => (typeof moment === 'string' ? moment : moment.toISOString()));

const millisecondsPerDay = 86_400_000;

/** Whole and part days from one moment to a later one; negative if it is earlier. */
export const toDaysBetween = (from: string, to: string): number =>
  (Date.parse(to) - Date.parse(from)) / millisecondsPerDay;
