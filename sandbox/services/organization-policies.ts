/** Organizations: the control policies, and where they are attached. */
import {
  DescribePolicy$,
  type DescribePolicyRequest,
  type DescribePolicyResponse,
  ListPolicies$,
  ListPoliciesForTarget$,
  type ListPoliciesForTargetRequest,
  type ListPoliciesForTargetResponse,
  type ListPoliciesRequest,
  type ListPoliciesResponse,
  ListTargetsForPolicy$,
  type ListTargetsForPolicyRequest,
  type ListTargetsForPolicyResponse,
  type PolicySummary,
  type PolicyType,
} from '@aws-sdk/client-organizations';
import { AwsError } from '../aws-error.ts';
import type { SandboxOrganization } from '../fleets/fleet.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { getReadableOrganization } from './organization-reader.ts';
import { findParent, root } from './organization-tree.ts';

type AttachedPolicy = { id: string; name: string; type: PolicyType; content: string; isAwsManaged?: boolean };

const everything = { Effect: 'Allow', Action: '*', Resource: '*' };
const toContent = (statement: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [statement] });

/** What AWS attaches everywhere once a type is switched on. */
const awsManaged: AttachedPolicy[] = [
  {
    id: 'p-FullAWSAccess',
    name: 'FullAWSAccess',
    type: 'SERVICE_CONTROL_POLICY',
    content: toContent(everything),
    isAwsManaged: true,
  },
  {
    id: 'p-RCPFullAWSAccess',
    name: 'RCPFullAWSAccess',
    type: 'RESOURCE_CONTROL_POLICY',
    content: toContent({ ...everything, Principal: '*' }),
    isAwsManaged: true,
  },
];

const toSummary = (
  { id, name, type, isAwsManaged = false }: AttachedPolicy,
  { id: organizationId, managementAccount }: SandboxOrganization,
): PolicySummary => {
  const kind = type === 'SERVICE_CONTROL_POLICY' ? 'service_control_policy' : 'resource_control_policy';
  const owner = isAwsManaged ? 'aws' : managementAccount;
  const place = isAwsManaged ? '' : `${organizationId}/`;
  return {
    Id: id,
    Arn: `arn:aws:organizations::${owner}:policy/${place}${kind}/${id}`,
    Name: name,
    Type: type,
    AwsManaged: isAwsManaged,
  };
};

const refuse = () => new AwsError('InvalidInputException', 'You specified an invalid value.');
const noPolicy = () => new AwsError('PolicyNotFoundException', `You specified a policy that doesn't exist.`);

const isOn = (type: PolicyType | undefined, { offTypes = [] }: SandboxOrganization): boolean =>
  type !== undefined && !offTypes.includes(type);

const listPolicies = (input: ListPoliciesRequest, call: Call): ListPoliciesResponse => {
  const organization = getReadableOrganization(call);
  const policies = [...awsManaged, ...(organization.policies ?? [])].filter(
    ({ type }) => type === input.Filter,
  );
  const page = toPage(policies, toPageSize(input.MaxResults, 20, 20, refuse), input.NextToken, refuse);
  return { Policies: page.items.map((policy) => toSummary(policy, organization)), NextToken: page.next };
};

const listTargetsForPolicy = (
  input: ListTargetsForPolicyRequest,
  call: Call,
): ListTargetsForPolicyResponse => {
  const organization = getReadableOrganization(call);
  const managed = awsManaged.find(({ id }) => id === input.PolicyId);
  const own = organization.policies?.find(({ id }) => id === input.PolicyId);
  const type = managed?.type ?? own?.type;
  if (type === undefined) throw noPolicy();
  const units = organization.units?.map(({ id }) => id) ?? [];
  const accounts = call.world.fleet.accounts.filter(({ isOutside }) => isOutside !== true);
  const everywhere = [root, ...units, ...accounts.map(({ id }) => id)];
  const targets = isOn(type, organization) ? (own?.targets ?? everywhere) : [];
  const page = toPage(targets, toPageSize(input.MaxResults, 20, 20, refuse), input.NextToken, refuse);
  return { Targets: page.items.map((TargetId) => ({ TargetId })), NextToken: page.next };
};

const listPoliciesForTarget = (
  input: ListPoliciesForTargetRequest,
  call: Call,
): ListPoliciesForTargetResponse => {
  const organization = getReadableOrganization(call);
  const { TargetId: target = '', Filter: type } = input;
  if (target !== root && findParent(target, call) === undefined)
    throw new AwsError('TargetNotFoundException', `You specified a target that doesn't exist.`);
  const own = (organization.policies ?? []).filter(({ targets }) => targets.includes(target));
  const attached = [...awsManaged, ...own].filter(
    (policy) => policy.type === type && isOn(type, organization),
  );
  const page = toPage(attached, toPageSize(input.MaxResults, 20, 20, refuse), input.NextToken, refuse);
  return { Policies: page.items.map((policy) => toSummary(policy, organization)), NextToken: page.next };
};

const describePolicy = ({ PolicyId }: DescribePolicyRequest, call: Call): DescribePolicyResponse => {
  const organization = getReadableOrganization(call);
  const policy = [...awsManaged, ...(organization.policies ?? [])].find(({ id }) => id === PolicyId);
  if (policy === undefined) throw noPolicy();
  return { Policy: { PolicySummary: toSummary(policy, organization), Content: policy.content } };
};

export const policyOperations: Service['operations'] = [
  { schema: ListPolicies$, answer: listPolicies },
  { schema: ListPoliciesForTarget$, answer: listPoliciesForTarget },
  { schema: ListTargetsForPolicy$, answer: listTargetsForPolicy },
  { schema: DescribePolicy$, answer: describePolicy },
];
