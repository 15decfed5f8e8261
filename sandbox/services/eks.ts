/** EKS: the clusters of one account and Region. https://docs.aws.amazon.com/eks/latest/APIReference */
import {
  DescribeCluster$,
  type DescribeClusterRequest,
  type DescribeClusterResponse,
  ListClusters$,
  type ListClustersRequest,
  type ListClustersResponse,
} from '@aws-sdk/client-eks';
import { AwsError } from '../aws-error.ts';
import { toPage, toPageSize } from '../page.ts';
import type { Call, Service } from '../service.ts';
import { restJson } from '../wire/rest-json.ts';

const listClusters = (input: ListClustersRequest, { caller, region, world }: Call): ListClustersResponse => {
  const refuse = () => new AwsError('InvalidParameterException', 'maxResults or nextToken is not valid.');
  const names = [...world.at(caller.account, region).clusters.keys()].sort();
  const page = toPage(names, toPageSize(input.maxResults, 100, 100, refuse), input.nextToken, refuse);
  return { clusters: page.items, nextToken: page.next };
};

const describeCluster = (
  { name }: DescribeClusterRequest,
  { caller, region, world }: Call,
): DescribeClusterResponse => {
  const cluster = world.at(caller.account, region).clusters.get(name ?? '');
  if (cluster === undefined)
    throw new AwsError('ResourceNotFoundException', `No cluster found for name: ${name}.`);
  return { cluster };
};

export const eks: Service = {
  name: 'eks',
  namespace: 'com.amazonaws.eks',
  protocol: restJson,
  codes: { serverError: { code: 'ServerException', status: 500 } },
  operations: [
    { schema: ListClusters$, answer: listClusters },
    { schema: DescribeCluster$, answer: describeCluster },
  ],
};
