import type { Grant } from '../evidence/key.ts';

// The shape of a policy once it is understood. What the text may look like is policy-document.ts's business.

export type PolicyVersion = '2008-10-17' | '2012-10-17';

export type PrincipalEntry = {
  type: 'AWS' | 'Service' | 'Federated' | 'CanonicalUser';
  /** `*`, an ARN, an account id, a unique id of a deleted principal, a service's or a provider's name. */
  value: string;
};

export type BaseOperator =
  | 'StringEquals'
  | 'StringNotEquals'
  | 'StringEqualsIgnoreCase'
  | 'StringNotEqualsIgnoreCase'
  | 'StringLike'
  | 'StringNotLike'
  | 'NumericEquals'
  | 'NumericNotEquals'
  | 'NumericLessThan'
  | 'NumericLessThanEquals'
  | 'NumericGreaterThan'
  | 'NumericGreaterThanEquals'
  | 'DateEquals'
  | 'DateNotEquals'
  | 'DateLessThan'
  | 'DateLessThanEquals'
  | 'DateGreaterThan'
  | 'DateGreaterThanEquals'
  | 'Bool'
  | 'BinaryEquals'
  | 'IpAddress'
  | 'NotIpAddress'
  | 'ArnEquals'
  | 'ArnNotEquals'
  | 'ArnLike'
  | 'ArnNotLike'
  | 'Null';

export type Condition = {
  operator: BaseOperator;
  ifExists: boolean;
  qualifier: 'ForAnyValue' | 'ForAllValues' | null;
  /** Lower-cased: AWS compares condition keys without regard to case. */
  key: string;
  /** As the policy spells it, for people. */
  originalKey: string;
  values: string[];
};

export type Statement = {
  index: number;
  sid: string | null;
  effect: 'Allow' | 'Deny';
  /** Of each pair exactly one is a list and the other null; in IAM policies both principals are null. */
  principals: PrincipalEntry[] | null;
  notPrincipals: PrincipalEntry[] | null;
  actions: string[] | null;
  notActions: string[] | null;
  resources: string[] | null;
  notResources: string[] | null;
  conditions: Condition[];
};

export type Policy = { version: PolicyVersion; statements: Statement[] };

/**
 * A policy and the name it goes by: a managed policy's ARN, `role/NAME/POLICY` for an inline one. A null policy is
 * attached, but could not be read or understood.
 */
export type NamedPolicy = { ref: string; policy: Policy | null };

/** What IAM says of one user or role: the policies of its own and of its groups, and its permissions boundary. */
export type IdentityPolicies = { policies: NamedPolicy[]; boundary: NamedPolicy | null };

/**
 * The policies that decide about a request for a key. An absent part was not seen: what it might give is no Allow,
 * what it might take away is no Deny, and the decision says so.
 */
export type Policies = {
  keyPolicy: Policy;
  /** Of the caller. A caller that is no user or role has none. */
  identity?: IdentityPolicies;
  grants?: Grant[];
  /**
   * Service control policies of the caller's account: one list a level, the root's first, the account's own last.
   * Empty for the management account and outside any organisation: there they bind nobody.
   */
  serviceControl?: NamedPolicy[][];
  /** Resource control policies of the key's account, in the same way. */
  resourceControl?: NamedPolicy[][];
};
