/** The way to a cluster's API server that EKS itself tells: no kubeconfig, only an access entry for the caller. */
import { Agent } from 'node:https';
import { STSClient } from '@aws-sdk/client-sts';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Cluster } from '../../evidence/cluster.ts';
import type { Access, Aws } from '../../runtime/aws.ts';
import { toUnknownFact } from '../collect-fact.ts';
import type { Connection } from './kubernetes-api.ts';
import { UnreachableError } from './kubernetes-error.ts';

/** EKS takes a token for 15 minutes: https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster */
const renewAfterMilliseconds = 600_000;
/** How long the request within may be sent; the authenticator refuses one that says more. */
const signedForSeconds = 60;

/** Throws UnreachableError where EKS has not said where the cluster is. */
export const toEksConnection = (
  { configure }: Pick<Aws, 'configure'>,
  access: Access,
  region: string,
  { name, endpoint, certificateAuthority }: Cluster,
): Connection => {
  if (!endpoint || !certificateAuthority?.data)
    throw new UnreachableError(`EKS tells no endpoint of ${name} yet`);
  const sts = new STSClient(configure(access, region));
  let made: { token: Promise<string>; at: number } | undefined;
  const getToken = (): Promise<string> => {
    if (!made || Date.now() - made.at > renewAfterMilliseconds)
      made = { token: toToken(sts, access, region, name), at: Date.now() };
    return made.token;
  };
  return {
    server: endpoint,
    agent: new Agent({
      keepAlive: true,
      ca: Buffer.from(certificateAuthority.data, 'base64'),
      proxyEnv: process.env,
    }),
    getHeaders: async () => ({ authorization: `Bearer ${await getToken()}` }),
  };
};

/**
 * What `aws eks get-token` gives: a request that tells who the caller is, signed for this cluster's name and not sent.
 * https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html
 */
const toToken = async (sts: STSClient, access: Access, region: string, cluster: string): Promise<string> => {
  try {
    const endpoint = new URL(await getStsEndpoint(sts, region));
    const signer = new SignatureV4({
      service: 'sts',
      region,
      credentials: access.credentials,
      sha256: sts.config.sha256,
    });
    const request = new HttpRequest({
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      path: endpoint.pathname,
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: endpoint.host, 'x-k8s-aws-id': cluster },
    });
    const { query = {} } = await signer.presign(request, { expiresIn: signedForSeconds });
    for (const [name, value] of Object.entries(query)) endpoint.searchParams.set(name, String(value));
    return `k8s-aws-v1.${Buffer.from(endpoint.href).toString('base64url')}`;
  } catch (error) {
    const { unknown, detail } = toUnknownFact(error);
    throw new UnreachableError(`no token for ${cluster} could be signed: ${detail}`, { reason: unknown });
  }
};

/** Of the Region, in the names of its partition. AWS_ENDPOINT_URL is not for it: EKS takes no host but STS's own. */
const getStsEndpoint = async ({ config }: STSClient, region: string): Promise<URL> =>
  config.endpointProvider({
    Region: region,
    UseFIPS: await config.useFipsEndpoint(),
    UseDualStack: false,
    UseGlobalEndpoint: false,
  }).url;
