import {
  GetRoleCommand,
  IAMClient,
  ListAccountAliasesCommand,
  NoSuchEntityException,
  paginateGetAccountAuthorizationDetails,
} from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { collectPages, management, serve } from '../serve.ts';

describe('IAM of the sandbox', () => {
  it('pages the inventory, with documents URL-encoded', async () => {
    const { toConfig } = await serve();
    const client = new IAMClient(toConfig());
    const pages = await collectPages(
      paginateGetAccountAuthorizationDetails({ client }, { Filter: ['Role'] }),
    );
    expect(pages.map(({ RoleDetailList }) => RoleDetailList?.length)).toEqual([100, 50]);
    const [role] = pages[0]?.RoleDetailList ?? [];
    expect(role?.Arn).toBe(`arn:aws:iam::${management}:role/role-0`);
    expect(JSON.parse(decodeURIComponent(role?.AssumeRolePolicyDocument ?? ''))).toHaveProperty('Statement');
  });

  it('knows the account’s alias and its roles by name', async () => {
    const { toConfig } = await serve();
    const client = new IAMClient(toConfig());
    expect((await client.send(new ListAccountAliasesCommand({}))).AccountAliases).toEqual([
      'example-management',
    ]);
    expect((await client.send(new GetRoleCommand({ RoleName: 'role-7' }))).Role?.RoleName).toBe('role-7');
    await expect(client.send(new GetRoleCommand({ RoleName: 'none' }))).rejects.toBeInstanceOf(
      NoSuchEntityException,
    );
  });
});
