/** STS: who is calling, and whom they may become. https://docs.aws.amazon.com/STS/latest/APIReference */
import {
  AssumeRole$,
  type AssumeRoleRequest,
  type AssumeRoleResponse,
  GetCallerIdentity$,
  type GetCallerIdentityRequest,
  type GetCallerIdentityResponse,
} from '@aws-sdk/client-sts';
import { AwsError } from '../aws-error.ts';
import type { Call, Service } from '../service.ts';
import { awsQuery } from '../wire/aws-query.ts';
import { parseArn } from '../world.ts';

const getCallerIdentity = (_: GetCallerIdentityRequest, { caller }: Call): GetCallerIdentityResponse => ({
  UserId: caller.userId,
  Account: caller.account,
  Arn: caller.arn,
});

const assumeRole = (input: AssumeRoleRequest, { caller, world }: Call): AssumeRoleResponse => {
  const { RoleArn = '', RoleSessionName = '', ExternalId, DurationSeconds = 3600 } = input;
  const arn = parseArn(RoleArn);
  const name = RoleArn.split('/').at(-1);
  const role = world.accounts.get(arn?.account ?? '')?.roles.find((candidate) => candidate.name === name);
  const isTrusted = role?.trustedAccounts.includes(caller.account) === true;
  // AWS answers alike to a role that does not exist, does not trust, or wants another ExternalId.
  if (arn === undefined || role === undefined || !isTrusted || role.externalId !== ExternalId) {
    const message = `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`;
    throw new AwsError('AccessDenied', message, 403);
  }
  const number = String(world.sessions.size).padStart(12, '0');
  const roleId = `AROA${arn.account}EXAM:${RoleSessionName}`;
  const sessionArn = `arn:${arn.partition}:sts::${arn.account}:assumed-role/${role.name}/${RoleSessionName}`;
  const credentials = {
    AccessKeyId: `ASIA${number}`,
    SecretAccessKey: `sandbox-secret-${number}`,
    SessionToken: `sandbox-token-${number}`,
    Expiration: new Date(Date.now() + DurationSeconds * 1000),
  };
  world.sessions.set(credentials.AccessKeyId, {
    caller: { account: arn.account, arn: sessionArn, userId: roleId },
    sessionToken: credentials.SessionToken,
    expiresAt: credentials.Expiration.getTime(),
  });
  return { Credentials: credentials, AssumedRoleUser: { AssumedRoleId: roleId, Arn: sessionArn } };
};

export const sts: Service = {
  name: 'sts',
  namespace: 'com.amazonaws.sts',
  protocol: awsQuery('https://sts.amazonaws.com/doc/2011-06-15/'),
  operations: [
    { schema: AssumeRole$, answer: assumeRole },
    { schema: GetCallerIdentity$, answer: getCallerIdentity },
  ],
};
