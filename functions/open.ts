/** What several functions open for one invocation: the bucket, and the accounts of the organisation. */
import { type Aws, openAws } from '../shared/runtime/aws.ts';
import { getSetting } from '../shared/runtime/lambda.ts';
import { createS3Store } from '../shared/store/s3-store.ts';
import type { Store } from '../shared/store/store.ts';

/** The runs bucket. Once time is over it takes nothing more: what was broken off then is not what AWS would have said. */
export const openStore = (signal: AbortSignal): Store => {
  const store = createS3Store(getSetting('RUNS_BUCKET'));
  return {
    ...store,
    put: async (name, body, condition) => {
      signal.throwIfAborted();
      return store.put(name, body, condition);
    },
  };
};

/** Gives what the work gives, done as the function's own role, with the member role for other accounts. */
export const withAws = async <Result>(
  signal: AbortSignal,
  work: (aws: Aws) => Promise<Result>,
): Promise<Result> => {
  const roleName = getSetting('MEMBER_ROLE_NAME');
  const externalId = getSetting('EXTERNAL_ID') || undefined;
  const aws = await openAws({ roleName, externalId, isGentle: false, signal });
  try {
    return await work(aws);
  } finally {
    aws.close();
  }
};
