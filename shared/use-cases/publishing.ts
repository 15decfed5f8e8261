import { z } from 'zod';

const refusal = z.strictObject({ reason: z.string(), detail: z.string(), isTransient: z.boolean() });

/** `runs/RUN/publishing/ACCOUNT`: how telling Security Hub went, one entry a Region that had something to tell. */
export const publishing = z.array(
  z.strictObject({
    region: z.string(),
    sent: z.int(),
    /** Publications that did not arrive and are still owed, and why, of the first. */
    owed: z.int(),
    failure: z.string().optional(),
    /** Security Hub did not talk to us. */
    refused: refusal.optional(),
    /** A later run was faster: its answer stands. */
    isOutdated: z.boolean().optional(),
    /** The state can't be read: a person must act, and until then nothing is told of this Region. */
    broken: z.string().optional(),
    /** It grew late: what is owed is told by the next call of the same run. */
    isUnfinished: z.boolean().optional(),
  }),
);
export type Publishing = z.infer<typeof publishing>[number];
