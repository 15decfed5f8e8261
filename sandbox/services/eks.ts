/** EKS: the clusters of one account and Region, and whom it lets into them. https://docs.aws.amazon.com/eks/latest/APIReference */
import {
  DescribeAccessEntry$,
  type DescribeAccessEntryRequest,
  type DescribeAccessEntryResponse,
  DescribeCluster$,
  type DescribeClusterRequest,
  type DescribeClusterResponse,
  DescribePodIdentityAssociation$,
  type DescribePodIdentityAssociationRequest,
  type DescribePodIdentityAssociationResponse,
  ListAccessEntries$,
  type ListAccessEntriesRequest,
  type ListAccessEntriesResponse,
  ListAssociatedAccessPolicies$,
  type ListAssociatedAccessPoliciesRequest,
  type ListAssociatedAccessPoliciesResponse,
  ListClusters$,
  type ListClustersRequest,
  type ListClustersResponse,
  ListPodIdentityAssociations$,
  type ListPodIdentityAssociationsRequest,
  type ListPodIdentityAssociationsResponse,
} from '@aws-sdk/client-eks';
import { AwsError } from '../aws-error.ts';
import type { SandboxAccessEntry, SandboxCluster } from '../fleets/fleet.ts';
import { toClusterPath } from '../kubernetes/answer-kubernetes.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { restJson } from '../wire/rest-json.ts';

const refuse = () => new AwsError('InvalidParameterException', 'maxResults or nextToken is not valid.');

const toPageOf = <Item>(items: Item[], input: { maxResults?: number; nextToken?: string }) =>
  toPage(items, toPageSize(input.maxResults, 100, 100, refuse), input.nextToken, refuse);

const listClusters = (input: ListClustersRequest, { caller, region, world }: Call): ListClustersResponse => {
  const names = [...world.at(caller.account, region).clusters.keys()].sort();
  const page = toPageOf(names, input);
  return { clusters: page.items, nextToken: page.next };
};

const findCluster = (name: string | undefined, { caller, region, world }: Call): SandboxCluster => {
  const cluster = world.at(caller.account, region).clusters.get(name ?? '');
  if (cluster === undefined)
    throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`);
  return cluster;
};

const describeCluster = ({ name }: DescribeClusterRequest, call: Call): DescribeClusterResponse => {
  const found = findCluster(name, call);
  const { accessEntries: _, podIdentityAssociations: __, backups: ___, inside: ____, ...cluster } = found;
  const { kubernetes } = call.world;
  // One whose authority the fleet names is served by somebody else.
  if (cluster.endpoint === undefined || cluster.certificateAuthority || kubernetes === undefined)
    return { cluster };
  const endpoint = `${kubernetes.endpoint}${toClusterPath(cluster.arn)}`;
  const certificateAuthority = { data: Buffer.from(kubernetes.certificate).toString('base64') };
  return { cluster: { ...cluster, endpoint, certificateAuthority } };
};

/** Of clusters from before access entries, or without them, EKS refuses to tell any. */
const listEntries = (clusterName: string | undefined, call: Call): SandboxAccessEntry[] => {
  const { accessConfig, accessEntries = [] } = findCluster(clusterName, call);
  if ((accessConfig?.authenticationMode ?? 'CONFIG_MAP') === 'CONFIG_MAP')
    throw new AwsError(
      'InvalidRequestException',
      "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
    );
  return accessEntries;
};

const listAccessEntries = (input: ListAccessEntriesRequest, call: Call): ListAccessEntriesResponse => {
  const principals = listEntries(input.clusterName, call).map(({ principalArn }) => principalArn);
  const page = toPageOf(principals, input);
  return { accessEntries: page.items, nextToken: page.next };
};

const findEntry = (
  { clusterName, principalArn }: { clusterName?: string; principalArn?: string },
  call: Call,
): SandboxAccessEntry => {
  const entry = listEntries(clusterName, call).find((one) => one.principalArn === principalArn);
  if (entry === undefined)
    throw new AwsError(
      'ResourceNotFoundException',
      `The specified principalArn could not be found: ${principalArn}.`,
    );
  return entry;
};

const describeAccessEntry = (input: DescribeAccessEntryRequest, call: Call): DescribeAccessEntryResponse => {
  const { policies: _, ...accessEntry } = findEntry(input, call);
  return { accessEntry: { clusterName: input.clusterName, ...accessEntry } };
};

const listAssociatedAccessPolicies = (
  input: ListAssociatedAccessPoliciesRequest,
  call: Call,
): ListAssociatedAccessPoliciesResponse => {
  const page = toPageOf(findEntry(input, call).policies, input);
  return { ...input, associatedAccessPolicies: page.items, nextToken: page.next };
};

const listPodIdentityAssociations = (
  input: ListPodIdentityAssociationsRequest,
  call: Call,
): ListPodIdentityAssociationsResponse => {
  const { podIdentityAssociations = [] } = findCluster(input.clusterName, call);
  const page = toPageOf(podIdentityAssociations, input);
  return {
    // The listing tells no role.
    associations: page.items.map(({ namespace, serviceAccount, associationArn, associationId }) => ({
      clusterName: input.clusterName,
      namespace,
      serviceAccount,
      associationArn,
      associationId,
    })),
    nextToken: page.next,
  };
};

const describePodIdentityAssociation = (
  { clusterName, associationId }: DescribePodIdentityAssociationRequest,
  call: Call,
): DescribePodIdentityAssociationResponse => {
  const { podIdentityAssociations = [] } = findCluster(clusterName, call);
  const association = podIdentityAssociations.find((one) => one.associationId === associationId);
  if (association === undefined)
    throw new AwsError('ResourceNotFoundException', `No association found for id: ${associationId}.`);
  return { association: { clusterName, ...association } };
};

export const eks: Service = {
  name: 'eks',
  namespace: 'com.amazonaws.eks',
  protocol: restJson,
  codes: { serverError: { code: 'ServerException', status: 500 } },
  operations: [
    { schema: ListClusters$, answer: listClusters },
    { schema: DescribeCluster$, answer: describeCluster },
    { schema: ListAccessEntries$, answer: listAccessEntries },
    { schema: DescribeAccessEntry$, answer: describeAccessEntry },
    { schema: ListAssociatedAccessPolicies$, answer: listAssociatedAccessPolicies },
    { schema: ListPodIdentityAssociations$, answer: listPodIdentityAssociations },
    { schema: DescribePodIdentityAssociation$, answer: describePodIdentityAssociation },
  ],
};
