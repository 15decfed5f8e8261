/** Whom EKS lets into a cluster by its own API, and what each may do there. */
import {
  DescribeAccessEntryCommand,
  type EKSClient,
  paginateListAccessEntries,
  paginateListAssociatedAccessPolicies,
} from '@aws-sdk/client-eks';
import { z } from 'zod';
import { type AccessEntry, accessEntry } from '../../evidence/access-entry.ts';
import { type Fact, isKnown, type MissingPart, toKnown } from '../../evidence/fact.ts';
import { collectFact, collectPages } from '../collect-fact.ts';
import { type FoundOfOne, gatherFound } from './gather-found.ts';

const perPage = 100;

/**
 * EKS grants the others what nodes need and takes no policies for them.
 * https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html
 */
const typesWithoutPolicies = ['EC2_LINUX', 'EC2_WINDOWS', 'FARGATE_LINUX', 'HYBRID_LINUX', 'HYPERPOD_LINUX'];

export interface EntriesToCollect {
  clusterName: string;
  /** As the cluster tells it; a cluster from before access entries tells none. */
  authenticationMode: string | undefined;
  /** Whether each entry is described as well, which costs a request: the listing tells no group and no username. */
  isDescribed: boolean;
}

/**
 * The access entries of a cluster. EKS refuses to list them where the ConfigMap aws-auth alone lets people in: there
 * are none in force, and it is not asked.
 */
export const collectAccessEntries = async (
  client: EKSClient,
  { clusterName, authenticationMode, isDescribed }: EntriesToCollect,
  abortSignal: AbortSignal,
): Promise<Fact<AccessEntry[]>> => {
  if (authenticationMode === undefined || authenticationMode === 'CONFIG_MAP') return toKnown([]);
  const listing = await collectPages(
    'eks:ListAccessEntries',
    paginateListAccessEntries({ client, pageSize: perPage }, { clusterName }, { abortSignal }),
    ({ accessEntries = [] }) => accessEntries,
  );
  if (!isKnown(listing)) return listing;
  const principals = [...new Set(listing.value)].sort();

  const describe = (principalArn: string) =>
    collectFact(async () =>
      described.parse(
        (await client.send(new DescribeAccessEntryCommand({ clusterName, principalArn }), { abortSignal }))
          .accessEntry,
      ),
    );
  const listPolicies = (principalArn: string) =>
    collectPages(
      `eks:ListAssociatedAccessPolicies of ${principalArn}`,
      paginateListAssociatedAccessPolicies(
        { client, pageSize: perPage },
        { clusterName, principalArn },
        { abortSignal },
      ),
      ({ associatedAccessPolicies = [] }) =>
        z.array(accessEntry.shape.accessPolicies.element).parse(associatedAccessPolicies),
    );
  const collectEntry = async (principalArn: string): Promise<FoundOfOne<AccessEntry>> => {
    const description = isDescribed ? await describe(principalArn) : undefined;
    const told = description && isKnown(description) ? description.value : {};
    const policies = typesWithoutPolicies.includes(told.type ?? '')
      ? toKnown([])
      : await listPolicies(principalArn);
    const missing: MissingPart[] = [];
    if (description && !isKnown(description))
      missing.push({
        what: `the access entry of ${principalArn}: ${description.detail}`,
        reason: description.unknown,
      });
    if (!isKnown(policies))
      missing.push({
        what: `the access policies of ${principalArn}: ${policies.detail}`,
        reason: policies.unknown,
      });
    else missing.push(...policies.missing);
    return {
      value: { principalArn, ...told, accessPolicies: isKnown(policies) ? policies.value : [] },
      missing,
    };
  };
  return gatherFound(principals, collectEntry, listing.missing);
};

const described = accessEntry.pick({ username: true, kubernetesGroups: true, type: true });
