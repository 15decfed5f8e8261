import { z } from 'zod';
import { unknown } from './fact.ts';

/** The organisation that the scanned accounts belong to: its id, and every account number in it. */
export const organization = z.object({
  id: z.string().optional(),
  /** Why there is no id. */
  noId: unknown.optional(),
  accounts: z.array(z.string()),
});
export type Organization = z.infer<typeof organization>;
