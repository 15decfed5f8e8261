import { OrganizationsClient } from '@aws-sdk/client-organizations';
import type { Aws } from '../runtime/aws.ts';

const clients = new WeakMap<Aws, OrganizationsClient>();

/** Gives the one client for the caller's organisation: what a client was told of it is not asked for again. */
export const openOrganizations = (aws: Aws): OrganizationsClient => {
  const client = clients.get(aws) ?? aws.open(OrganizationsClient, aws.access, aws.region);
  clients.set(aws, client);
  return client;
};
