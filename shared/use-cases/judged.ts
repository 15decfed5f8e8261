import { z } from 'zod';

/** What a cluster hangs on, as far as it could be told. */
const judgedCluster = z.strictObject({
  region: z.string(),
  cluster: z.string(),
  /** The ARNs of its key and of the others of that key's family. */
  keys: z.array(z.string()),
  /** Whether that is all: its description was read, and the key that it names, if any. */
  isKnown: z.boolean(),
});
export type JudgedCluster = z.infer<typeof judgedCluster>;

/** `runs/RUN/judged/ACCOUNT`: its clusters, put last of all that judging an account puts. */
export const judgedClusters = z.array(judgedCluster);
