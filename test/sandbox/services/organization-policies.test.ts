import {
  DescribePolicyCommand,
  ListAccountsForParentCommand,
  ListOrganizationalUnitsForParentCommand,
  ListParentsCommand,
  ListPoliciesCommand,
  ListPoliciesForTargetCommand,
  ListRootsCommand,
  ListTargetsForPolicyCommand,
  OrganizationsClient,
  paginateListAccountsForParent,
  paginateListTargetsForPolicy,
} from '@aws-sdk/client-organizations';
import { describe, expect, it } from 'vitest';
import { collectPages, management, serve, workload } from '../serve.ts';

const Filter = 'SERVICE_CONTROL_POLICY' as const;

describe('Organizations’ policies of the sandbox', () => {
  it('puts accounts without a unit below the root, and full access everywhere', async () => {
    const { toConfig } = await serve();
    const client = new OrganizationsClient(toConfig());
    const { Parents } = await client.send(new ListParentsCommand({ ChildId: workload }));
    expect(Parents).toEqual([{ Id: 'r-exam', Type: 'ROOT' }]);
    for (const TargetId of ['r-exam', workload, management]) {
      const { Policies } = await client.send(new ListPoliciesForTargetCommand({ TargetId, Filter }));
      expect(Policies).toMatchObject([
        { Arn: 'arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess', AwsManaged: true },
      ]);
    }
    const { Policy } = await client.send(new DescribePolicyCommand({ PolicyId: 'p-RCPFullAWSAccess' }));
    expect(JSON.parse(Policy?.Content ?? '')).toMatchObject({ Statement: [{ Principal: '*', Action: '*' }] });
  });

  it('tells the root, what is below it, the policies and where each is attached', async () => {
    const { toConfig } = await serve();
    const client = new OrganizationsClient(toConfig());
    const { Roots } = await client.send(new ListRootsCommand({}));
    expect(Roots).toMatchObject([
      { Id: 'r-exam', PolicyTypes: [{ Type: Filter, Status: 'ENABLED' }, { Status: 'ENABLED' }] },
    ]);
    const ParentId = 'r-exam';
    const below = await client.send(new ListOrganizationalUnitsForParentCommand({ ParentId }));
    expect(below.OrganizationalUnits).toEqual([]);
    const pages = await collectPages(paginateListAccountsForParent({ client }, { ParentId }));
    expect(pages.map(({ Accounts }) => Accounts?.length)).toEqual([20, 10]);
    const { Policies } = await client.send(new ListPoliciesCommand({ Filter }));
    expect(Policies?.map(({ Id }) => Id)).toEqual(['p-FullAWSAccess']);
    const targets = await collectPages(
      paginateListTargetsForPolicy({ client }, { PolicyId: 'p-FullAWSAccess' }),
    );
    expect(targets.map(({ Targets }) => Targets?.length)).toEqual([20, 11]);
  });

  it.each([
    ['ChildNotFoundException', new ListParentsCommand({ ChildId: '666677778888' })],
    ['TargetNotFoundException', new ListPoliciesForTargetCommand({ TargetId: 'ou-exam-nothing1', Filter })],
  ])('answers %s to what is not in the organisation', async (name, command) => {
    const { toConfig } = await serve();
    const client = new OrganizationsClient(toConfig());
    const asked = command instanceof ListParentsCommand ? client.send(command) : client.send(command);
    await expect(asked).rejects.toMatchObject({ name });
  });

  it('knows no parent that does not exist', async () => {
    const { toConfig } = await serve();
    const asked = new OrganizationsClient(toConfig()).send(
      new ListAccountsForParentCommand({ ParentId: 'ou-exam-nothing1' }),
    );
    await expect(asked).rejects.toMatchObject({ name: 'ParentNotFoundException' });
  });

  it('knows no policy that does not exist', async () => {
    const { toConfig } = await serve();
    const client = new OrganizationsClient(toConfig());
    const PolicyId = 'p-nothing1';
    const name = 'PolicyNotFoundException';
    await expect(client.send(new DescribePolicyCommand({ PolicyId }))).rejects.toMatchObject({ name });
    await expect(client.send(new ListTargetsForPolicyCommand({ PolicyId }))).rejects.toMatchObject({ name });
  });

  it('tells nothing to a member account', async () => {
    const { toConfig } = await serve();
    const client = new OrganizationsClient(toConfig('AKIAWORKLOAD'));
    const asked = client.send(new ListPoliciesForTargetCommand({ TargetId: workload, Filter }));
    await expect(asked).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
