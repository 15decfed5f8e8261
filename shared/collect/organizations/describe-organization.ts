import {
  DescribeOrganizationCommand,
  type Organization,
  type OrganizationsClient,
} from '@aws-sdk/client-organizations';

const described = new WeakMap<OrganizationsClient, Promise<Organization | undefined>>();

/** The organisation of the caller's account, asked for once a client, whoever wants to know. Rejects as AWS answers. */
export const describeOrganization = (
  client: OrganizationsClient,
  abortSignal: AbortSignal,
): Promise<Organization | undefined> => {
  const known =
    described.get(client) ??
    client
      .send(new DescribeOrganizationCommand({}), { abortSignal })
      .then(({ Organization }) => Organization);
  described.set(client, known);
  return known;
};
