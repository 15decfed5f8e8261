/** What the formats of other tools tell of a check beside its findings. */
import type { Check } from '../checks/check.ts';

export type Rule = Pick<
  Check,
  'id' | 'kind' | 'title' | 'rationale' | 'remediation' | 'references' | 'frameworks' | 'outcomes'
> &
  // What is computed from all findings stands at no link of the chain.
  Partial<Pick<Check, 'link'>>;

/** What a format is given beside the result. */
export interface RuleOptions {
  /** Every check there is, in a fixed order. */
  rules: readonly Rule[];
}

export const toRulesById = (rules: readonly Rule[]): ReadonlyMap<string, Rule> =>
  new Map(rules.map((rule) => [rule.id, rule]));

/** `NIST 800-53/SC-12`: the requirements of frameworks that a check stands for. */
export const toRequirements = ({ frameworks }: Pick<Rule, 'frameworks'>): string[] =>
  Object.entries(frameworks).flatMap(([framework, controls]) =>
    controls.map((control) => `${framework}/${control}`),
  );
