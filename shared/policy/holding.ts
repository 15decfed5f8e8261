/** The question who may do what with a key, and what each part of the answer looks like. */
import type { IamInventory } from '../evidence/iam.ts';
import type { Grant } from '../evidence/key.ts';
import type { Request } from './decide.ts';
import type { Holder } from './holders.ts';
import type { NamedPolicy, Policies, Policy } from './policy.ts';
import type { Power, PowerOptions } from './power.ts';

/** An account whose IAM was read. */
export type AccountPrincipals = {
  account: string;
  inventory: IamInventory;
  /** Principals of it may be missing. */
  isPartial: boolean;
  /** Null where it is in no organisation; left out where that is not known. */
  organizationId?: string | null;
  serviceControl?: NamedPolicy[][];
};

export type KeyQuestion = PowerOptions & {
  keyPolicy: Policy;
  grants?: Grant[];
  resourceControl?: NamedPolicy[][];
  accounts: AccountPrincipals[];
};

/** One power that somebody has, and a request that what was read allows; null where only what was not seen may give it. */
export type Held = { power: Exclude<Power, 'no'>; witness: Request | null; policies: Policies };

export type Holding<Name extends string> = {
  /** As IAM says it, or a service's or provider's name. */
  principal: string;
  kind: 'role' | 'user' | 'session' | 'account' | 'service' | 'federated';
  /** Null for services, and for providers of nobody's account. */
  account: string | null;
  /** Null where the account's IAM was not read. */
  holder: Holder | null;
  /** Known by effect, never by name. */
  group: 'administrators' | 'aws-services' | null;
  powers: Partial<Record<Name, { power: Held['power']; isShown: boolean }>>;
  /** The request that shows a power, in this principal's own name, made only when it is asked for. */
  show: (name: Name) => Held | null;
};

/** What is asked: the actions that make up each power. */
export type Asked<Name extends string> = Readonly<Partial<Record<Name, readonly string[]>>>;

/** What of each power is told without making its request. */
export function toPowers<Name extends string>(
  held: ReadonlyMap<Name, Pick<Held, 'power'> & { isShown: boolean }>,
): Holding<Name>['powers'] {
  const powers: Holding<Name>['powers'] = {};
  for (const [name, { power, isShown }] of held) powers[name] = { power, isShown };
  return powers;
}
