import { AccountClient, paginateListRegions } from '@aws-sdk/client-account';
import {
  AccessDeniedException,
  ListAccountsCommand,
  OrganizationsClient,
  paginateListAccounts,
} from '@aws-sdk/client-organizations';
import { describe, expect, it } from 'vitest';
import { collectPages, management, serve, workload } from '../serve.ts';

describe('Organizations and Account of the sandbox', () => {
  it('lists the organisation’s accounts over pages of which some are empty', async () => {
    const { toConfig } = await serve();
    const client = new OrganizationsClient(toConfig());
    const pages = await collectPages(paginateListAccounts({ client }, {}));
    expect(pages.map(({ Accounts }) => Accounts?.length)).toEqual([0, 20, 0, 10]);
    expect(pages.flatMap(({ Accounts }) => Accounts ?? []).map(({ Id }) => Id)).not.toContain('666677778888');
    expect(pages[1]?.Accounts?.[0]).toMatchObject({ Id: management, State: 'ACTIVE' });
    await expect(client.send(new ListAccountsCommand({ MaxResults: 21 }))).rejects.toMatchObject({
      name: 'InvalidInputException',
    });
  });

  it('tells nothing to a member account', async () => {
    const { toConfig } = await serve();
    const asked = new OrganizationsClient(toConfig('AKIAWORKLOAD')).send(new ListAccountsCommand({}));
    await expect(asked).rejects.toBeInstanceOf(AccessDeniedException);
  });

  it('lists the enabled Regions of the caller or of a member, not of the management account by number', async () => {
    const { toConfig } = await serve();
    const client = new AccountClient(toConfig());
    const list = async (AccountId?: string) =>
      (
        await collectPages(
          paginateListRegions(
            { client },
            { AccountId, RegionOptStatusContains: ['ENABLED', 'ENABLED_BY_DEFAULT'] },
          ),
        )
      )
        .flatMap(({ Regions }) => Regions ?? [])
        .map(({ RegionName }) => RegionName);
    expect(await list()).toEqual(['eu-central-1', 'eu-west-1']);
    expect(await list(workload)).toEqual(['eu-central-1']);
    await expect(list(management)).rejects.toMatchObject({ name: 'ValidationException' });
  });
});
