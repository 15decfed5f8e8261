/** What services and tools of an account do with a key, day by day: volumes, backups, Terraform. */
import type { CloudTrailRecord, EventStream } from '../fleet.ts';
import { toHash } from '../names.ts';
import { callOnKey, createGrant, decrypt, generateDataKey, retireGrant } from './calls.ts';
import { type Caller, service, session } from './identities.ts';
import { type KmsCall, toEventTime, toRecord } from './record.ts';
import { after, every, keyStream, type Span, type Turn } from './streams.ts';

const toAccount = (keyArn: string): string => keyArn.split(':')[4] ?? '';

/**
 * Nodes come and go with encrypted volumes: a data key and a grant by whoever starts the instance, one Decrypt by EC2's
 * infrastructure, and the grant retired some hours later. Six a day, since whoever looks up changes waits half a second
 * for each fifty. https://docs.aws.amazon.com/kms/latest/developerguide/ct-ec2two.html
 */
export const volumes = (keyArn: string, span: Span): EventStream => {
  const account = toAccount(keyArn);
  const autoScaling = `arn:aws:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
  const ec2 = service('ec2.amazonaws.com');
  const make = (turn: Turn): CloudTrailRecord[] => {
    const number = toHash(`${keyArn} ${turn.number}`).slice(0, 17);
    const context = { 'aws:ebs:id': `vol-${number}` };
    const grantId = toHash(`volume grant ${keyArn} ${turn.number}`);
    const starter = session(autoScaling, 'AutoScaling', toEventTime(turn.time), {
      invokedBy: 'autoscaling.amazonaws.com',
    });
    const infrastructure = toInfrastructure(account, number, toEventTime(turn.time));
    const tell = (call: KmsCall, seconds: number, what: number) => toRecord(call, after(turn, seconds, what));
    return [
      tell(generateDataKey('GenerateDataKeyWithoutPlaintext', keyArn, starter, context), 0, 0),
      tell(
        createGrant(keyArn, starter, {
          GrantId: grantId,
          GranteePrincipal: infrastructure.userIdentity.arn,
          RetiringPrincipal: `ec2.${keyArn.split(':')[3]}.amazonaws.com`,
          Operations: ['Decrypt'],
          Constraints: { EncryptionContextSubset: context },
        }),
        2,
        1,
      ),
      tell(decrypt(keyArn, infrastructure, context), 9, 2),
      tell(retireGrant(keyArn, ec2, grantId), 3600 * (2 + turn.pick(6, 0)), 3),
    ];
  };
  return keyStream(
    keyArn,
    ['GenerateDataKeyWithoutPlaintext', 'CreateGrant', 'Decrypt', 'RetireGrant'],
    every(4 * 60, `volumes ${keyArn}`, span, make, 9 * 60),
  );
};

const toInfrastructure = (account: string, instance: string, createdAt: string): Caller => ({
  userIdentity: {
    type: 'AssumedRole',
    principalId: `${account}:aws:ec2-infrastructure:i-${instance}`,
    arn: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-${instance}`,
    accountId: account,
    accessKeyId: '',
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: `${account}:aws:ec2-infrastructure`,
        arn: `arn:aws:iam::${account}:role/aws:ec2-infrastructure`,
        accountId: account,
        userName: 'aws:ec2-infrastructure',
      },
      attributes: { mfaAuthenticated: 'false', creationDate: createdAt },
    },
  },
  sourceIPAddress: 'AWS Internal',
  userAgent: 'AWS Internal',
});

/** AWS Backup copies a volume each night and tests a restore a week later. */
export const backups = (keyArn: string, vault: string, span: Span): EventStream => {
  const role = `arn:aws:iam::${toAccount(keyArn)}:role/service-role/AWSBackupDefaultServiceRole`;
  const context = { 'aws:backup:backup-vault': `${vault}-vault` };
  const make = (turn: Turn): CloudTrailRecord[] => {
    const caller = session(role, 'AWSBackup-AWSBackupDefaultServiceRole', toEventTime(turn.time), {
      invokedBy: 'backup.amazonaws.com',
    });
    const grantId = toHash(`backup grant ${keyArn} ${turn.number}`);
    const tell = (call: KmsCall, seconds: number, what: number) => toRecord(call, after(turn, seconds, what));
    return [
      tell(callOnKey('DescribeKey', keyArn, caller), 0, 0),
      tell(
        createGrant(keyArn, caller, {
          GrantId: grantId,
          GranteePrincipal: `backup.${keyArn.split(':')[3]}.amazonaws.com`,
          RetiringPrincipal: `backup.${keyArn.split(':')[3]}.amazonaws.com`,
          Operations: ['Decrypt', 'GenerateDataKey', 'DescribeKey'],
          Constraints: { EncryptionContextSubset: context },
        }),
        1,
        1,
      ),
      tell(generateDataKey('GenerateDataKey', keyArn, caller, context), 2, 2),
      ...(turn.number % 7 === 0 ? [tell(decrypt(keyArn, caller, context), 600, 3)] : []),
      tell(retireGrant(keyArn, service('backup.amazonaws.com'), grantId), 1500, 4),
    ];
  };
  return keyStream(
    keyArn,
    ['DescribeKey', 'CreateGrant', 'GenerateDataKey', 'Decrypt', 'RetireGrant'],
    every(24 * 60, `backups ${keyArn}`, span, make, 60),
  );
};

const terraformAgent =
  'APN/1.0 HashiCorp/1.0 Terraform/1.13.3 (+https://www.terraform.io) terraform-provider-aws/6.14.1 aws-sdk-go-v2/1.39.0';

/** Terraform in CI plans three times a day: it reads all of the key; an apply now and then writes its tags. */
export const terraformRuns = (keyArn: string, span: Span): EventStream => {
  const role = `arn:aws:iam::${toAccount(keyArn)}:role/terraform`;
  const reads = ['DescribeKey', 'GetKeyPolicy', 'GetKeyRotationStatus', 'ListResourceTags', 'ListAliases'];
  const make = (turn: Turn): CloudTrailRecord[] => {
    const caller = session(role, 'GitHubActions', toEventTime(turn.time), {
      sourceIPAddress: '198.51.100.17',
      userAgent: terraformAgent,
    });
    const names = turn.pick(20, 0) === 0 ? [...reads, 'TagResource', 'EnableKeyRotation'] : reads;
    return names.map((name, index) => toRecord(callOnKey(name, keyArn, caller), after(turn, index, index)));
  };
  return keyStream(
    keyArn,
    [...reads, 'TagResource', 'EnableKeyRotation'],
    every(8 * 60, `terraform ${keyArn}`, span, make),
  );
};
