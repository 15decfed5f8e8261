/**
 * Who asks a cluster: the caller of the GetCallerIdentity request that EKS's tokens are made of, if the cluster lets it
 * in. https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
 */
import { parse } from 'yaml';
import type { SandboxCluster } from '../fleets/fleet.ts';
import type { Caller } from '../service.ts';
import type { World } from '../world.ts';
import type { KubernetesObject } from './objects.ts';

const prefix = 'Bearer k8s-aws-v1.';
/** How long after it was signed EKS takes a token. */
const validMilliseconds = 15 * 60 * 1000;

/** Takes the header; gives who signed the token, undefined where EKS would not take it. Signatures are not verified. */
export const findTokenCaller = (
  world: World,
  authorization: string | undefined,
  now: number,
): Caller | undefined => {
  if (!authorization?.startsWith(prefix)) return undefined;
  const text = Buffer.from(authorization.slice(prefix.length), 'base64url').toString();
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, pathname, searchParams } = new URL(text);
  const get = (name: string): string => searchParams.get(name) ?? '';
  const isOfSts =
    protocol === 'https:' &&
    pathname === '/' &&
    /^sts\.(?:[a-z0-9-]+\.)?amazonaws\.com(?:\.cn)?$/.test(hostname);
  const isSigned =
    get('X-Amz-SignedHeaders').split(';').includes('x-k8s-aws-id') && get('X-Amz-Signature') !== '';
  const signedAt = Date.parse(
    get('X-Amz-Date').replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
  const isInTime =
    Number(get('X-Amz-Expires')) <= 900 && now - signedAt < validMilliseconds && signedAt <= now + 60_000;
  if (!isOfSts || get('Action') !== 'GetCallerIdentity' || !isSigned || !isInTime) return undefined;
  const session = world.sessions.get(get('X-Amz-Credential').split('/')[0] ?? '');
  const isSession = session?.sessionToken === (searchParams.get('X-Amz-Security-Token') ?? undefined);
  return session && isSession && session.expiresAt > now ? session.caller : undefined;
};

/** The principal of a caller: a session's role, without its path, which a session's ARN does not tell. */
const toPrincipal = (arn: string): string =>
  arn
    .replace(/^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\/.*$/, 'arn:$1:iam::$2:role/$3')
    .replace(/:(role|user)\/(?:.*\/)?/, ':$1/');

/** Whether the cluster lets the caller in: by an access entry, or by the ConfigMap aws-auth, as its mode goes. */
export const isLetIn = (
  { accessConfig, accessEntries = [] }: SandboxCluster,
  objects: readonly KubernetesObject[],
  { arn }: Caller,
): boolean => {
  const mode = accessConfig?.authenticationMode ?? 'CONFIG_MAP';
  const principal = toPrincipal(arn);
  const isEntered = accessEntries.some(({ principalArn }) => toPrincipal(principalArn) === principal);
  return (mode !== 'CONFIG_MAP' && isEntered) || (mode !== 'API' && getMapped(objects).includes(principal));
};

const getMapped = (objects: readonly KubernetesObject[]): string[] => {
  const awsAuth = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'aws-auth');
  const data: { mapRoles?: string; mapUsers?: string } = awsAuth?.data ?? {};
  const entries: { rolearn?: string; userarn?: string }[] = [
    ...(parse(data.mapRoles ?? '[]') ?? []),
    ...(parse(data.mapUsers ?? '[]') ?? []),
  ];
  return entries.map(({ rolearn, userarn }) => toPrincipal(rolearn ?? userarn ?? ''));
};
