/** Who calls, as CloudTrail tells it. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
import { toUniqueId } from '../iam/documents.ts';
import { toHash } from '../names.ts';

/** A caller: its identity, and where it calls from. */
export type Caller = {
  userIdentity: {
    type: string;
    principalId?: string;
    arn?: string;
    accountId?: string;
    [member: string]: unknown;
  };
  sourceIPAddress: string;
  userAgent: string;
};

/** A service of AWS that calls as itself, as recorded of CloudFront's calls to KMS in 2026. */
export const service = (name: string): Caller => ({
  userIdentity: { type: 'AWSService', invokedBy: name },
  sourceIPAddress: name,
  userAgent: name,
});

const cli = 'aws-cli/2.31.6 md/awscrt#0.28.1 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7';

const toAccount = (arn: string): string => arn.split(':')[4] ?? '';
const toName = (arn: string): string => arn.split('/').at(-1) ?? '';

/** The same few callers call all day long. */
const known = new Map<string, string>();
const remember = (name: string, make: () => string): string => {
  const made = known.get(name) ?? make();
  known.set(name, made);
  return made;
};

/** Temporary credentials are good for some hours, so one access key id serves a day. */
const toAccessKeyId = (prefix: string, text: string): string =>
  remember(`${prefix} ${text}`, () => `${prefix}${toHash(text).slice(0, 16).toUpperCase()}`);

type From = {
  sourceIPAddress?: string;
  userAgent?: string;
  /** The service that calls in the role's name. */
  invokedBy?: string;
};

/** A session of a role; its issuer is told with the role's path, the session is not. */
export const session = (
  roleArn: string,
  sessionName: string,
  createdAt: string,
  { invokedBy, sourceIPAddress, userAgent }: From = {},
): Caller => {
  const [accountId, name] = [toAccount(roleArn), toName(roleArn)];
  const path = roleArn.replace(/^.*:role\//, '');
  const principalId = remember(roleArn, () => toUniqueId('AROA', `${accountId} ${path}`));
  const partition = roleArn.split(':')[1];
  return {
    userIdentity: {
      type: 'AssumedRole',
      principalId: `${principalId}:${sessionName}`,
      arn: `arn:${partition}:sts::${accountId}:assumed-role/${name}/${sessionName}`,
      accountId,
      accessKeyId: toAccessKeyId('ASIA', `${roleArn} ${sessionName} ${createdAt.slice(0, 10)}`),
      sessionContext: {
        sessionIssuer: { type: 'Role', principalId, arn: roleArn, accountId, userName: name },
        attributes: { creationDate: createdAt, mfaAuthenticated: 'false' },
      },
      ...(invokedBy === undefined ? {} : { invokedBy }),
    },
    sourceIPAddress: invokedBy ?? sourceIPAddress ?? '203.0.113.24',
    userAgent: invokedBy ?? userAgent ?? cli,
  };
};

export const user = (arn: string, sourceIPAddress: string): Caller => ({
  userIdentity: {
    type: 'IAMUser',
    principalId: toUniqueId('AIDA', `${toAccount(arn)} ${toName(arn)}`),
    arn,
    accountId: toAccount(arn),
    accessKeyId: toAccessKeyId('AKIA', arn),
    userName: toName(arn),
  },
  sourceIPAddress,
  userAgent: cli,
});

/**
 * How a caller of another account stands in the record that the key's account gets: without a name.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html#cloudtrail-event-reference-user-identity-fields
 */
export const seenFromOutside = ({ userIdentity, ...from }: Caller): Caller => {
  const { principalId, accountId, invokedBy } = userIdentity;
  return {
    ...from,
    userIdentity: {
      type: 'AWSAccount',
      principalId,
      accountId,
      ...(invokedBy === undefined ? {} : { invokedBy }),
    },
  };
};
