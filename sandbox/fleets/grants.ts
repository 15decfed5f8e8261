/** Grants in the shapes that EKS, EBS, Auto Scaling and AWS Backup leave on keys. */
import type { GrantListEntry } from '@aws-sdk/client-kms';
import { toHash, toUuid } from './names.ts';

/** The uuid by which EKS knows one cluster in its encryption contexts. */
export const toEksContext = (cluster: string): string => toUuid(`aws:eks:context ${cluster}`);

/** EKS's grant for one cluster, as public state dumps of real keys show it. */
export const eksGrant = (cluster: string, account: string, region: string): GrantListEntry => ({
  GrantId: toHash(`eks-grant ${cluster}`),
  Name: `eks-grant-${cluster}`,
  GranteePrincipal: `eks.${region}.amazonaws.com`,
  RetiringPrincipal: `eks.${region}.amazonaws.com`,
  IssuingAccount: `arn:aws:iam::${account}:root`,
  Operations: ['Encrypt', 'Decrypt'],
  Constraints: { EncryptionContextEquals: { 'aws:eks:context': toEksContext(cluster) } },
});

/** One grant a volume and node. https://docs.aws.amazon.com/kms/latest/developerguide/determining-access-grants.html */
export const ebsGrants = (count: number, account: string, name: string): GrantListEntry[] =>
  Array.from({ length: count }, (_, index) => {
    const number = toHash(`${name} ${index}`).slice(0, 17);
    return {
      GrantId: toHash(`ebs-grant ${name} ${index}`),
      GranteePrincipal: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-${number}`,
      IssuingAccount: `arn:aws:iam::${account}:root`,
      Operations: ['Decrypt'],
      Constraints: { EncryptionContextSubset: { 'aws:ebs:id': `vol-${number}` } },
    };
  });

/** AWS Backup's grant for the vault that copies a volume. */
export const backupGrant = (account: string, region: string, name: string): GrantListEntry => ({
  GrantId: toHash(`backup-grant ${name}`),
  Name: 'aws-backup',
  GranteePrincipal: `backup.${region}.amazonaws.com`,
  RetiringPrincipal: `backup.${region}.amazonaws.com`,
  IssuingAccount: `arn:aws:iam::${account}:root`,
  Operations: ['Decrypt', 'GenerateDataKey', 'CreateGrant', 'DescribeKey'],
  Constraints: { EncryptionContextSubset: { 'aws:backup:backup-vault': `${name}-vault` } },
});

/** A grant that a person made for a role: without constraints, or bound to a cluster's own context. */
export const roleGrant = (
  name: string,
  roleArn: string,
  account: string,
  boundTo?: string,
): GrantListEntry => ({
  GrantId: toHash(`role-grant ${name}`),
  Name: name,
  GranteePrincipal: roleArn,
  IssuingAccount: `arn:aws:iam::${account}:root`,
  Operations: ['Decrypt'],
  ...(boundTo === undefined
    ? {}
    : { Constraints: { EncryptionContextEquals: { 'aws:eks:context': toEksContext(boundTo) } } }),
});
