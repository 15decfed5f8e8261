/** What a service of the sandbox is made of: a protocol and a table of operations, each a plain function. */
import type { StaticOperationSchema } from '@smithy/types';
import type { CommonCodes, Protocol } from './wire/protocol.ts';
import type { World } from './world.ts';

/** Who is calling: the account and ARN that GetCallerIdentity would tell. */
export type Caller = { account: string; arn: string; userId: string };

export type Call = { caller: Caller; region: string; world: World };

type Operation = {
  schema: StaticOperationSchema;
  // A method, so that each operation may narrow its input to its own request type.
  answer(input: object, call: Call): object;
};

export type Service = {
  /** The name in the SigV4 credential scope. */
  name: string;
  /** The namespace of the SDK's model, which knows the errors and their HTTP statuses. */
  namespace: string;
  protocol: Protocol;
  /** Where the service spells a common error in its own way. */
  codes?: Partial<CommonCodes>;
  /** Answers in every Region, whether the account enabled it or not. */
  isGlobal?: boolean;
  operations: Operation[];
};
