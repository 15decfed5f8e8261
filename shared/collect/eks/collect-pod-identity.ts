/** Which service accounts of a cluster EKS gives an IAM role by Pod Identity. */
import {
  DescribePodIdentityAssociationCommand,
  type EKSClient,
  paginateListPodIdentityAssociations,
} from '@aws-sdk/client-eks';
import { z } from 'zod';
import { type PodIdentityAssociation, podIdentityAssociation } from '../../evidence/access-entry.ts';
import { type Fact, isKnown } from '../../evidence/fact.ts';
import { collectFact, collectPages } from '../collect-fact.ts';
import { type FoundOfOne, gatherFound } from './gather-found.ts';

const perPage = 100;

const listed = podIdentityAssociation.extend({ associationId: z.string() });

/** The Pod Identity associations of a cluster, each described: the listing tells no role. */
export const collectPodIdentity = async (
  client: EKSClient,
  clusterName: string,
  abortSignal: AbortSignal,
): Promise<Fact<PodIdentityAssociation[]>> => {
  const listing = await collectPages(
    'eks:ListPodIdentityAssociations',
    paginateListPodIdentityAssociations({ client, pageSize: perPage }, { clusterName }, { abortSignal }),
    ({ associations = [] }) => z.array(listed).parse(associations),
  );
  if (!isKnown(listing)) return listing;

  const describe = async ({
    associationId,
    ...known
  }: z.infer<typeof listed>): Promise<FoundOfOne<PodIdentityAssociation>> => {
    const told = await collectFact(async () => {
      const command = new DescribePodIdentityAssociationCommand({ clusterName, associationId });
      return podIdentityAssociation.parse((await client.send(command, { abortSignal })).association);
    });
    if (isKnown(told)) return { value: told.value, missing: [] };
    const what = `the role of service account ${known.namespace}/${known.serviceAccount}: ${told.detail}`;
    return { value: known, missing: [{ what, reason: told.unknown }] };
  };
  return gatherFound(listing.value, describe, listing.missing);
};
