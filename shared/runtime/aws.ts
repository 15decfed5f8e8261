/**
 * Whom Keyward runs as, and the clients it asks AWS with. Every client honours the standard environment
 * (profile, Region, AWS_ENDPOINT_URL, retries, proxies); every attempt, retries included, waits for its turn.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { AccountClient } from '@aws-sdk/client-account';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { OrganizationsClient } from '@aws-sdk/client-organizations';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { doesIdentityRequireRefresh, isIdentityExpired, memoizeIdentityProvider } from '@smithy/core';
import { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } from '@smithy/core/config';
import {
  NODE_MAX_ATTEMPT_CONFIG_OPTIONS,
  NODE_RETRY_MODE_CONFIG_OPTIONS,
  RETRY_MODES,
} from '@smithy/core/retry';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AwsCredentialIdentityProvider, FinalizeRequestMiddleware } from '@smithy/types';
import { parseArn } from '../evidence/arn.ts';
import { CredentialsError, UsageError } from './errors.ts';
import { createThrottle } from './request-rates.ts';
import { version } from './version.ts';

const connectTimeoutMilliseconds = 5_000;
const requestTimeoutMilliseconds = 30_000;
const openConnections = 64;

/** Inside the retries: each attempt is a request, and counts. */
const eachAttempt = { step: 'finalizeRequest', priority: 'low', name: 'requestRate' } as const;

/** An account as it can be asked: with whose credentials. */
export interface Access {
  account: string;
  credentials: AwsCredentialIdentityProvider;
}

export interface AwsOptions {
  profile?: string;
  /** Where to ask STS and Organizations; the Region of the environment or profile where none is given. */
  region?: string;
  /** The role that is assumed in accounts other than the caller's. */
  roleName?: string;
  isGentle: boolean;
  signal: AbortSignal;
}

export type Aws = Awaited<ReturnType<typeof openAws>>;

/** Throws CredentialsError where AWS does not say who is calling, UsageError where no Region is known. */
export const openAws = async (options: AwsOptions) => {
  const { profile, roleName, signal } = options;
  const callerCredentials = memoize(fromNodeProviderChain({ profile }));
  const region = options.region ?? (await getDefaultRegion(profile));
  const throttle = createThrottle(options.isGentle, signal);
  const sockets = { keepAlive: true, maxSockets: openConnections, proxyEnv: process.env };
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: connectTimeoutMilliseconds,
    requestTimeout: requestTimeoutMilliseconds,
    httpAgent: new HttpAgent(sockets),
    httpsAgent: new HttpsAgent(sockets),
  });
  const common = {
    requestHandler,
    customUserAgent: [['keyward', version]] satisfies [string, string][],
    maxAttempts: loadConfig({ ...NODE_MAX_ATTEMPT_CONFIG_OPTIONS, default: 5 }, { profile }),
    retryMode: loadConfig({ ...NODE_RETRY_MODE_CONFIG_OPTIONS, default: RETRY_MODES.ADAPTIVE }, { profile }),
  };

  const configure = (access: Access, inRegion: string) => ({
    ...common,
    region: inRegion,
    credentials: access.credentials,
  });
  const limit =
    <Input extends object, Output extends object>(
      access: Access,
      inRegion: string,
    ): FinalizeRequestMiddleware<Input, Output> =>
    (next, context) =>
    (args) =>
      throttle(String(context.commandName).replace(/Command$/, ''), access.account, inRegion, () =>
        next(args),
      );

  const identity = await getIdentity(
    new STSClient({ ...common, region, credentials: callerCredentials }),
    signal,
  );
  const caller: Access = { account: identity.account, credentials: callerCredentials };

  const assumed = new Map<string, Access>();
  return {
    caller: identity,
    region,
    /**
     * How to ask an account: as the caller in its own, by the role elsewhere. Asks STS once an account; throws its error.
     */
    getAccess: async (account: string): Promise<Access> => {
      if (account === identity.account) return caller;
      const known = assumed.get(account);
      if (known) return known;
      signal.throwIfAborted();
      if (roleName === undefined) throw new NoRoleError(account);
      const credentials = memoize(
        fromTemporaryCredentials({
          masterCredentials: callerCredentials,
          params: {
            RoleArn: `arn:${identity.partition}:iam::${account}:role/${roleName}`,
            RoleSessionName: 'keyward',
          },
          clientConfig: { ...common, region },
        }),
      );
      await credentials();
      const access = { account, credentials };
      assumed.set(account, access);
      return access;
    },
    eks: (access: Access, inRegion: string) => {
      const client = new EKSClient(configure(access, inRegion));
      client.middlewareStack.add(limit(access, inRegion), eachAttempt);
      return client;
    },
    kms: (access: Access, inRegion: string) => {
      const client = new KMSClient(configure(access, inRegion));
      client.middlewareStack.add(limit(access, inRegion), eachAttempt);
      return client;
    },
    /** IAM is global: it is asked in one Region, whichever. */
    iam: (access: Access) => {
      const client = new IAMClient(configure(access, region));
      client.middlewareStack.add(limit(access, region), eachAttempt);
      return client;
    },
    account: (access: Access) => {
      const client = new AccountClient(configure(access, region));
      client.middlewareStack.add(limit(access, region), eachAttempt);
      return client;
    },
    organizations: () => {
      const client = new OrganizationsClient(configure(caller, region));
      client.middlewareStack.add(limit(caller, region), eachAttempt);
      return client;
    },
    close: () => requestHandler.destroy(),
  };
};

/** There is no way into the account: nobody said which role to assume there. */
class NoRoleError extends Error {
  override readonly name = 'AccessDenied';
  constructor(account: string) {
    super(`account ${account} is not the caller's, and no role to assume there was named`);
  }
}

const memoize = (
  provider: (
    options?: Record<string, unknown>,
  ) => Promise<Awaited<ReturnType<AwsCredentialIdentityProvider>>>,
) => {
  const memoized = memoizeIdentityProvider(provider, isIdentityExpired, doesIdentityRequireRefresh);
  return memoized as AwsCredentialIdentityProvider;
};

const getDefaultRegion = async (profile: string | undefined): Promise<string> => {
  try {
    const region = await loadConfig(NODE_REGION_CONFIG_OPTIONS, {
      ...NODE_REGION_CONFIG_FILE_OPTIONS,
      profile,
    })();
    if (region === '') throw new Error('AWS_REGION is set, and empty');
    return region;
  } catch (cause) {
    throw new UsageError(
      'NO_REGION',
      'No Region: none was given, and neither the environment nor the profile has one',
      {
        hint: 'Name Regions with --regions, or set AWS_REGION.',
        cause,
      },
    );
  }
};

const getIdentity = async (sts: STSClient, signal: AbortSignal) => {
  try {
    const { Account: account, Arn: arn } = await sts.send(new GetCallerIdentityCommand({}), {
      abortSignal: signal,
    });
    const partition = arn === undefined ? undefined : parseArn(arn)?.partition;
    if (!account || !arn || !partition) throw new Error('GetCallerIdentity gave no account');
    return { account, arn, partition };
  } catch (cause) {
    throw toCredentialsError(cause);
  }
};

const toCredentialsError = (cause: unknown): CredentialsError => {
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return new CredentialsError('NO_CREDENTIALS', 'No AWS credentials were found', {
      hint: 'Name a profile with --profile, or sign in (aws sso login, aws configure). To look around without AWS: keyward demo.',
      cause,
    });
  if (name.startsWith('ExpiredToken'))
    return new CredentialsError('EXPIRED_CREDENTIALS', 'The AWS credentials have expired', {
      hint: 'Sign in again (aws sso login), then run the same command.',
      cause,
    });
  return new CredentialsError(
    'CALLER_UNKNOWN',
    'AWS did not say who is calling (sts:GetCallerIdentity failed)',
    {
      hint: 'Check the credentials, the Region and the way to the network (proxy, AWS_ENDPOINT_URL).',
      cause,
    },
  );
};
