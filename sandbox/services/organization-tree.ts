/** Organizations: the tree of units and accounts below the one root. */
import {
  type Account,
  ListAccountsForParent$,
  type ListAccountsForParentRequest,
  type ListAccountsForParentResponse,
  ListOrganizationalUnitsForParent$,
  type ListOrganizationalUnitsForParentRequest,
  type ListOrganizationalUnitsForParentResponse,
  ListParents$,
  type ListParentsRequest,
  type ListParentsResponse,
  ListRoots$,
  type ListRootsResponse,
  type PolicyType,
} from '@aws-sdk/client-organizations';
import { AwsError } from '../aws-error.ts';
import type { SandboxAccount, SandboxOrganization } from '../fleets/fleet.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { getReadableOrganization } from './organization-reader.ts';

export const root = 'r-exam';

const refuse = () => new AwsError('InvalidInputException', 'You specified an invalid value.');

/** The parent of an account or unit, or none if the organisation has no such child. */
export const findParent = (child: string, { world }: Call): string | undefined => {
  const unit = world.fleet.organization?.units?.find(({ id }) => id === child);
  const account = world.accounts.get(child);
  if (unit !== undefined) return unit.parent ?? root;
  return account === undefined || account.isOutside === true ? undefined : (account.unit ?? root);
};

/** An account as Organizations tells it. */
export const toAccount = (
  { id, name, state }: SandboxAccount,
  { id: organizationId, managementAccount }: SandboxOrganization,
): Account => ({
  Id: id,
  Arn: `arn:aws:organizations::${managementAccount}:account/${organizationId}/${id}`,
  Name: name,
  // Account.Status is retired since 2026-09-09: State is what AWS fills in.
  State: state ?? 'ACTIVE',
});

const listRoots = (_: object, call: Call): ListRootsResponse => {
  const { id, managementAccount, offTypes = [] } = getReadableOrganization(call);
  const types: PolicyType[] = ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'];
  const on = types.filter((type) => !offTypes.includes(type));
  return {
    Roots: [
      {
        Id: root,
        Arn: `arn:aws:organizations::${managementAccount}:root/${id}/${root}`,
        Name: 'Root',
        PolicyTypes: on.map((type) => ({ Type: type, Status: 'ENABLED' })),
      },
    ],
  };
};

const listParents = ({ ChildId = '' }: ListParentsRequest, call: Call): ListParentsResponse => {
  getReadableOrganization(call);
  const parent = findParent(ChildId, call);
  if (parent === undefined)
    throw new AwsError('ChildNotFoundException', `You specified a child that doesn't exist.`);
  return { Parents: [{ Id: parent, Type: parent === root ? 'ROOT' : 'ORGANIZATIONAL_UNIT' }] };
};

const requireParent = (parent: string | undefined, { units = [] }: SandboxOrganization): void => {
  if (parent !== root && !units.some(({ id }) => id === parent))
    throw new AwsError('ParentNotFoundException', `You specified a parent that doesn't exist.`);
};

const listUnits = (
  input: ListOrganizationalUnitsForParentRequest,
  call: Call,
): ListOrganizationalUnitsForParentResponse => {
  const organization = getReadableOrganization(call);
  requireParent(input.ParentId, organization);
  const units = (organization.units ?? []).filter(({ parent = root }) => parent === input.ParentId);
  const page = toPage(units, toPageSize(input.MaxResults, 20, 20, refuse), input.NextToken, refuse);
  const OrganizationalUnits = page.items.map(({ id, name }) => ({ Id: id, Name: name }));
  return { OrganizationalUnits, NextToken: page.next };
};

const listAccounts = (input: ListAccountsForParentRequest, call: Call): ListAccountsForParentResponse => {
  const organization = getReadableOrganization(call);
  requireParent(input.ParentId, organization);
  const accounts = call.world.fleet.accounts.filter(({ id }) => findParent(id, call) === input.ParentId);
  const page = toPage(accounts, toPageSize(input.MaxResults, 20, 20, refuse), input.NextToken, refuse);
  return { Accounts: page.items.map((account) => toAccount(account, organization)), NextToken: page.next };
};

export const treeOperations: Service['operations'] = [
  { schema: ListRoots$, answer: listRoots },
  { schema: ListParents$, answer: listParents },
  { schema: ListOrganizationalUnitsForParent$, answer: listUnits },
  { schema: ListAccountsForParent$, answer: listAccounts },
];
