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
  /** Of each pair exactly one is a list and the other null. */
  principals: PrincipalEntry[] | null;
  notPrincipals: PrincipalEntry[] | null;
  actions: string[] | null;
  notActions: string[] | null;
  resources: string[] | null;
  notResources: string[] | null;
  conditions: Condition[];
};

export type Policy = { version: PolicyVersion; statements: Statement[] };

/** The policies that decide about a key. IAM policies and grants will join the key policy here. */
export type Policies = { keyPolicy: Policy };
