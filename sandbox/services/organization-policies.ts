/** Organizations: the tree of units, and the policies on it. */
import {
  DescribePolicy$,
  type DescribePolicyRequest,
  type DescribePolicyResponse,
  ListParents$,
  type ListParentsRequest,
  type ListParentsResponse,
  ListPoliciesForTarget$,
  type ListPoliciesForTargetRequest,
  type ListPoliciesForTargetResponse,
  type PolicySummary,
  type PolicyType,
} from '@aws-sdk/client-organizations';
import { AwsError } from '../aws-error.ts';
import type { SandboxOrganization } from '../fleets/fleet.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { getReadableOrganization } from './organization-reader.ts';

const root = 'r-exam';

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

/** The parent of an account or unit, or none if the organisation has no such child. */
const findParent = (child: string, { world }: Call): string | undefined => {
  const unit = world.fleet.organization?.units?.find(({ id }) => id === child);
  const account = world.accounts.get(child);
  if (unit !== undefined) return unit.parent ?? root;
  return account === undefined || account.isOutside === true ? undefined : (account.unit ?? root);
};

const listParents = ({ ChildId = '' }: ListParentsRequest, call: Call): ListParentsResponse => {
  getReadableOrganization(call);
  const parent = findParent(ChildId, call);
  if (parent === undefined)
    throw new AwsError('ChildNotFoundException', `You specified a child that doesn't exist.`);
  return { Parents: [{ Id: parent, Type: parent === root ? 'ROOT' : 'ORGANIZATIONAL_UNIT' }] };
};

const listPoliciesForTarget = (
  input: ListPoliciesForTargetRequest,
  call: Call,
): ListPoliciesForTargetResponse => {
  const organization = getReadableOrganization(call);
  const { TargetId: target = '', Filter: type } = input;
  if (target !== root && findParent(target, call) === undefined)
    throw new AwsError('TargetNotFoundException', `You specified a target that doesn't exist.`);
  const refuse = () => new AwsError('InvalidInputException', 'You specified an invalid value.');
  const own = (organization.policies ?? []).filter(({ targets }) => targets.includes(target));
  const attached = [...awsManaged, ...own].filter(
    (policy) => policy.type === type && organization.offTypes?.includes(type) !== true,
  );
  const page = toPage(attached, toPageSize(input.MaxResults, 20, 20, refuse), input.NextToken, refuse);
  return { Policies: page.items.map((policy) => toSummary(policy, organization)), NextToken: page.next };
};

const describePolicy = ({ PolicyId }: DescribePolicyRequest, call: Call): DescribePolicyResponse => {
  const organization = getReadableOrganization(call);
  const policy = [...awsManaged, ...(organization.policies ?? [])].find(({ id }) => id === PolicyId);
  if (policy === undefined)
    throw new AwsError('PolicyNotFoundException', `You specified a policy that doesn't exist.`);
  return { Policy: { PolicySummary: toSummary(policy, organization), Content: policy.content } };
};

export const policyOperations: Service['operations'] = [
  { schema: ListParents$, answer: listParents },
  { schema: ListPoliciesForTarget$, answer: listPoliciesForTarget },
  { schema: DescribePolicy$, answer: describePolicy },
];
