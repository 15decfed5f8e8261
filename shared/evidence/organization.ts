import { z } from 'zod';

/** The organisation that the scanned accounts belong to: its id, and every account number in it. */
export const organization = z.object({ id: z.string().optional(), accounts: z.array(z.string()) });
export type Organization = z.infer<typeof organization>;
