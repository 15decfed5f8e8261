/** As whom and where Keyward starts: the profile, the Region and the credentials of the environment. */
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import {
  loadConfig,
  NODE_REGION_CONFIG_FILE_OPTIONS,
  NODE_REGION_CONFIG_OPTIONS,
  parseKnownFiles,
} from '@smithy/core/config';
import { parseArn } from '../evidence/arn.ts';
import { CredentialsError, UsageError } from './errors.ts';
import { toNearestName } from './nearest-name.ts';

/** Throws UsageError where the profile is in no file of AWS: the SDK would take whatever other credentials it finds. */
export const requireProfile = async (given: string | undefined): Promise<void> => {
  const profile = given ?? process.env.AWS_PROFILE;
  if (!profile || profile === 'default') return;
  const known = Object.keys(await parseKnownFiles({ profile }));
  if (known.includes(profile)) return;
  const nearest = toNearestName(profile, known);
  const source = given === undefined ? 'AWS_PROFILE' : '--profile';
  throw new UsageError('UNKNOWN_PROFILE', `${source}: there is no profile ${JSON.stringify(profile)}`, {
    hint: nearest ? `Did you mean ${nearest}?` : 'aws configure list-profiles lists them all.',
  });
};

/** The Region of the environment or profile. Throws UsageError where neither has one. */
export const getDefaultRegion = async (profile: string | undefined): Promise<string> => {
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

/** Who the credentials belong to. Throws CredentialsError, or the signal's reason. */
export const getIdentity = async (sts: STSClient, signal: AbortSignal) => {
  try {
    const { Account: account, Arn: arn } = await sts.send(new GetCallerIdentityCommand({}), {
      abortSignal: signal,
    });
    const partition = arn === undefined ? undefined : parseArn(arn)?.partition;
    if (!account || !arn || !partition) throw new Error('GetCallerIdentity gave no account');
    return { account, arn, partition };
  } catch (cause) {
    signal.throwIfAborted();
    throw toCredentialsError(cause);
  }
};

const toCredentialsError = (cause: unknown): CredentialsError => {
  const { name, message } = cause instanceof Error ? cause : new Error(String(cause));
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
  if (name.startsWith('AccessDenied') && message.includes('sts:AssumeRole'))
    return new CredentialsError('ROLE_REFUSED', "The role of the AWS profile can't be assumed", {
      hint: 'The role must exist, its trust policy must name the caller, and the caller must be allowed sts:AssumeRole on it.',
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
