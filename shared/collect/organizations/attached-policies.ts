/** The control policies of one type that are attached to a root, unit or account itself, and what they say. */
import {
  type OrganizationsClient,
  type PolicySummary,
  type PolicyType,
  paginateListPolicies,
  paginateListPoliciesForTarget,
  paginateListTargetsForPolicy,
} from '@aws-sdk/client-organizations';
import { type Fact, isKnown, type MissingPart, toKnown } from '../../evidence/fact.ts';
import type { ControlPolicy } from '../../evidence/iam.ts';
import { askOnce } from '../ask-once.ts';
import { collectPages } from '../collect-fact.ts';

const itemsPerPage = 20;

/**
 * Attached to every root, unit and account of an organisation with resource control policies, and cannot be detached.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html
 */
const isEverywhere = (policy: ControlPolicy): boolean => policy.Id === 'p-RCPFullAWSAccess';

export type AskAttached = (target: string) => Promise<Fact<ControlPolicy[]>>;

/**
 * Gives a function that tells the policies of a target, sorted by id. Organisations have few policies and many
 * accounts: each policy is asked for its targets, 20 a page. Where that takes more requests than there are accounts to
 * ask about, each target is asked for its policies instead.
 */
export const createAttachmentAsker = (
  client: OrganizationsClient,
  type: PolicyType,
  accounts: readonly string[],
  askContent: (policyId: string) => Promise<Fact<string>>,
  abortSignal: AbortSignal,
): AskAttached => {
  const config = { client, pageSize: itemsPerPage };
  let pagesOfTargets = 0;
  let isByTarget = false;
  const untilTooMany = async function* <Page extends { NextToken?: string }>(pages: AsyncIterable<Page>) {
    for await (const page of pages) {
      yield page;
      pagesOfTargets += 1;
      isByTarget = page.NextToken !== undefined && pagesOfTargets >= accounts.length;
      if (isByTarget) return;
    }
  };
  const askTargets = askOnce((policyId) =>
    collectPages(
      `organizations:ListTargetsForPolicy of ${policyId}`,
      untilTooMany(paginateListTargetsForPolicy(config, { PolicyId: policyId }, { abortSignal })),
      ({ Targets = [] }) => Targets.map(({ TargetId = '' }) => TargetId),
    ),
  );
  const askPolicies: AskAttached = askOnce((target) =>
    collectPages(
      `organizations:ListPoliciesForTarget of ${target}`,
      paginateListPoliciesForTarget(config, { TargetId: target, Filter: type }, { abortSignal }),
      toPolicies,
    ),
  );
  const listAll = async (): Promise<Fact<ControlPolicy[]>> => {
    const all = await collectPages(
      `organizations:ListPolicies of ${type}`,
      paginateListPolicies(config, { Filter: type }, { abortSignal }),
      toPolicies,
    );
    if (!isKnown(all)) return all;
    isByTarget = all.value.length > accounts.length;
    // One after the other: where the first is refused, no other is asked.
    for (const policy of all.value) if (!isByTarget && !isEverywhere(policy)) await askTargets(policy.Id);
    return all;
  };
  const listed = listAll();

  const askAttached: AskAttached = async (target) => {
    const all = await listed;
    if (!isKnown(all)) return all;
    if (isByTarget) return askPolicies(target);
    const attached: ControlPolicy[] = [];
    const missing = [...all.missing];
    for (const policy of all.value) {
      const targets = isEverywhere(policy) ? toKnown([target]) : await askTargets(policy.Id);
      if (!isKnown(targets)) {
        const what = `where control policy ${policy.Id} is attached: ${targets.detail}`;
        missing.push({ what, reason: targets.unknown });
      } else if (targets.value.includes(target)) attached.push(policy);
      else missing.push(...targets.missing);
    }
    return toKnown(attached, missing);
  };

  return async (target) => {
    const attached = await askAttached(target);
    if (!isKnown(attached)) return attached;
    const missing: MissingPart[] = [...attached.missing];
    const policies: ControlPolicy[] = [];
    for (const policy of attached.value.toSorted((a, b) => (a.Id < b.Id ? -1 : 1))) {
      const content = await askContent(policy.Id);
      policies.push(isKnown(content) ? { ...policy, Content: content.value } : policy);
      if (isKnown(content)) continue;
      const what = `control policy ${policy.Id} of ${target}: ${content.detail}`;
      missing.push({ what, reason: content.unknown });
    }
    return toKnown(policies, missing);
  };
};

const toPolicies = ({ Policies = [] }: { Policies?: PolicySummary[] }): ControlPolicy[] =>
  Policies.map(({ Id = '', Arn = '', Name = '' }) => ({ Id, Arn, Name }));
