/**
 * Whom Keyward runs as, and the clients it asks AWS with. Every client honours the standard environment
 * (profile, Region, AWS_ENDPOINT_URL, retries, proxies); every attempt, retries included, waits for its turn.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { STSClient } from '@aws-sdk/client-sts';
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { doesIdentityRequireRefresh, isIdentityExpired, memoizeIdentityProvider } from '@smithy/core';
import { loadConfig } from '@smithy/core/config';
import {
  NODE_MAX_ATTEMPT_CONFIG_OPTIONS,
  NODE_RETRY_MODE_CONFIG_OPTIONS,
  RETRY_MODES,
} from '@smithy/core/retry';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AwsCredentialIdentityProvider, FinalizeRequestMiddleware } from '@smithy/types';
import { type OnAttempt, sendObserved, toAction, toSubject } from './attempt.ts';
import { getDefaultRegion, getIdentity, requireProfile } from './caller.ts';
import { untilAborted } from './interruption.ts';
import { createThrottle, type Throttle } from './request-rates.ts';
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
  /** What the role's trust policy asks for beside the caller's name. */
  externalId?: string;
  isGentle: boolean;
  signal: AbortSignal;
  /** Hears of every request that was answered, but for sign-in and roles. */
  onAttempt?: OnAttempt;
}

/** A bucket of another Region is asked there. */
interface ForBuckets {
  followRegionRedirects?: boolean;
}

/** Every client of the SDK, as far as its requests can be made to wait. */
interface Limitable {
  middlewareStack: {
    add(middleware: FinalizeRequestMiddleware<object, object>, options: typeof eachAttempt): void;
  };
}

export type Aws = Awaited<ReturnType<typeof openAws>>;

/** Throws CredentialsError where AWS does not say who is calling, UsageError where no Region is known. */
export const openAws = async (options: AwsOptions) => {
  const { profile, roleName, externalId, signal, onAttempt } = options;
  await requireProfile(profile);
  const callerCredentials = toCredentials(fromNodeProviderChain({ profile, logger: silent }), signal);
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
  /** What every attempt goes through: its turn, where its API has a rate, and whoever wants to hear of it. */
  const attend =
    (access: Access, inRegion: string, wait: Throttle): FinalizeRequestMiddleware<object, object> =>
    (next, { clientName, commandName }) =>
    (args) => {
      const asked = performance.now();
      const toAbout = () => ({
        permission: toAction(String(clientName), String(commandName)),
        place: { account: access.account, region: inRegion },
        as: { caller: identity.arn, role: access.account === identity.account ? undefined : roleName },
        subject: toSubject(args.input),
      });
      const send = () => sendObserved(() => next(args), onAttempt, toAbout, asked);
      return wait(String(commandName).replace(/Command$/, ''), access.account, inRegion, send);
    };

  /** Gives a client of an account and Region whose every attempt waits for its turn. */
  const open = <Client extends Limitable>(
    ClientOf: new (configuration: ReturnType<typeof configure> & ForBuckets) => Client,
    access: Access,
    inRegion: string,
    forBuckets?: ForBuckets,
  ): Client => {
    const client = new ClientOf({ ...configure(access, inRegion), ...forBuckets });
    client.middlewareStack.add(attend(access, inRegion, throttle), eachAttempt);
    return client;
  };

  const identity = await getIdentity(
    new STSClient({ ...common, region, credentials: callerCredentials }),
    signal,
  );
  const caller: Access = { account: identity.account, credentials: callerCredentials };

  const assumeRole = async (account: string): Promise<Access> => {
    signal.throwIfAborted();
    if (roleName === undefined) throw new NoRoleError(account);
    const credentials = toCredentials(
      fromTemporaryCredentials({
        masterCredentials: callerCredentials,
        params: {
          RoleArn: `arn:${identity.partition}:iam::${account}:role/${roleName}`,
          RoleSessionName: 'keyward',
          ExternalId: externalId,
        },
        clientConfig: { ...common, region },
      }),
      signal,
    );
    try {
      await credentials();
    } catch (error) {
      throw isRefused(error) ? new RefusedRoleError(account, roleName, error) : error;
    }
    return { account, credentials };
  };
  const entered = new Map([[identity.account, Promise.resolve(caller)]]);
  return {
    caller: identity,
    /** To the caller's own account. */
    access: caller,
    region,
    /**
     * How to ask an account: as the caller in its own, by the role elsewhere. Asks STS once an account, a refusal too; throws its error.
     */
    getAccess: (account: string): Promise<Access> => {
      const access = entered.get(account) ?? assumeRole(account);
      entered.set(account, access);
      return access;
    },
    open,
    /** For a client whose requests are counted against no rate. */
    configure,
    /** For a client whose requests have no rate: lets them be heard of, and no more. */
    observe: (client: Limitable, access: Access, inRegion: string): void =>
      client.middlewareStack.add(
        attend(access, inRegion, (_command, _account, _region, send) => send()),
        eachAttempt,
      ),
    close: () => requestHandler.destroy(),
  };
};

/** There is no way into the account: nobody said which role to assume there. */
class NoRoleError extends Error {
  override readonly name = 'AccessDenied';
  constructor(account: string) {
    super(`account ${account} is not the caller's, and no role to assume there was named (--role-name)`);
  }
}

/** AWS answers alike to a role that does not exist and to one that does not trust the caller. */
class RefusedRoleError extends Error {
  override readonly name = 'AccessDenied';
  constructor(account: string, roleName: string, cause: Error) {
    super(
      `account ${account} has no role ${roleName} that trusts the caller (see docs/permissions.md): ${cause.message}`,
      { cause },
    );
  }
}

const isRefused = (error: unknown): error is Error =>
  error instanceof Error &&
  error.name.startsWith('AccessDenied') &&
  !/explicit deny in a service control policy/i.test(error.message);

/** What the SDK would print of its own accord; what matters of it is thrown as well. */
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Credentials that are fetched once until they expire. An interruption waits for no sign-in, role or process. */
const toCredentials = (
  provider: (
    options?: Record<string, unknown>,
  ) => Promise<Awaited<ReturnType<AwsCredentialIdentityProvider>>>,
  signal: AbortSignal,
): AwsCredentialIdentityProvider => {
  const memoized = memoizeIdentityProvider(
    (options) => untilAborted(signal, provider(options)),
    isIdentityExpired,
    doesIdentityRequireRefresh,
  );
  return memoized as AwsCredentialIdentityProvider;
};
