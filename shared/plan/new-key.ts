/** The key that a plan has somebody make, as it would be: so that what is said of it is judged like any other. */

import type { Subject } from '../checks/check.ts';
import { parseArn } from '../evidence/arn.ts';
import { isKnown, toKnown, toUnknown } from '../evidence/fact.ts';
import type { Grant } from '../evidence/key.ts';
import { type KeySubject, peekAt } from '../who/access.ts';
import { eksGrantOperations } from './key-policy.ts';

/** KMS gives no key such an id. */
const id = '00000000-0000-0000-0000-000000000000';

/** Takes a cluster without a key; gives it with a symmetric key of its own account, without any policy yet. */
export const toNewKey = (subject: Subject): KeySubject => {
  const { cluster, facts } = subject;
  const { account, region } = cluster;
  const arn = `arn:${parseArn(cluster.arn)?.partition}:kms:${region}:${account}:key/${id}`;
  return {
    ...subject,
    key: { arn, account, region, isNamedByCluster: true, clusters: [cluster.arn] },
    facts: {
      ...facts,
      'key.metadata': toKnown({
        Arn: arn,
        KeyId: id,
        KeyState: 'Enabled',
        KeyManager: 'CUSTOMER',
        KeySpec: 'SYMMETRIC_DEFAULT',
        KeyUsage: 'ENCRYPT_DECRYPT',
        Origin: 'AWS_KMS',
        MultiRegion: false,
      }),
      'key.policy': toUnknown('not-found', 'the key is yet to be made'),
      'key.grants': toKnown<Grant[]>([]),
      'key.aliases': toKnown<string[]>([]),
      'iam.key': facts['iam.cluster'],
      'serviceControl.key': facts['serviceControl.cluster'],
    },
  };
};

/** The grant that EKS makes once a key is given to the cluster, in the shape that is seen on real keys. */
export const withEksGrant = (subject: KeySubject): KeySubject => {
  const { cluster, facts } = subject;
  const grants = peekAt(subject)('key.grants');
  if (!isKnown(grants)) return subject;
  const eks = `eks.${cluster.region}.amazonaws.com`;
  const grant: Grant = {
    GrantId: 'the one that EKS is going to make',
    Name: `eks-grant-${cluster.name}`,
    GranteePrincipal: eks,
    RetiringPrincipal: eks,
    IssuingAccount: cluster.account,
    Operations: eksGrantOperations,
    Constraints: { EncryptionContextEquals: { 'aws:eks:context': id } },
  };
  return { ...subject, facts: { ...facts, 'key.grants': { ...grants, value: [...grants.value, grant] } } };
};
