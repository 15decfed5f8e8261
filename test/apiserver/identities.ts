/** Who asks: users as the API server knows them once EKS's authenticator has seen their token. */

export interface User {
  username: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

const account = '111122223333';

/** What EKS says of an IAM role's session. */
const toSession = (role: string, session: string, user: Omit<User, 'uid' | 'extra'>): User => {
  const id = `AROAEXAMPLE${role.toUpperCase()}`;
  return {
    ...user,
    uid: `aws-iam-authenticator:${account}:${id}`,
    extra: {
      accessKeyId: ['ASIAEXAMPLE000000000'],
      arn: [`arn:aws:sts::${account}:assumed-role/${role}/${session}`],
      canonicalArn: [`arn:aws:iam::${account}:role/${role}`],
      principalId: [id],
      sessionName: [session],
    },
  };
};

const toPerson = (role: string, session: string, groups: readonly string[]) =>
  toSession(role, session, { username: `arn:aws:sts::${account}:assumed-role/${role}/${session}`, groups });

export const nodeName = 'ip-192-168-20-5.eu-central-1.compute.internal';

export const identities = {
  admin: toPerson('Admin', 'ada', ['system:masters']),
  /** May read Secrets of the namespace payments, and act as others: population/access.ts. */
  onCall: toPerson('OnCall', 'sre-1', ['on-call']),
  /** May read workloads, and no Secret. */
  developer: toPerson('Developer', 'ana', ['developers']),
  /** In no group that anything is bound to. */
  stranger: toPerson('Stranger', 'sam', []),
  /** May do what infra/kubernetes gives to Keyward, once it is bound to that group. */
  keyward: toPerson('Keyward', 'keyward', ['keyward']),
  kubelet: toSession('eks-node', 'i-0123456789abcdef0', {
    username: `system:node:${nodeName}`,
    groups: ['system:bootstrappers', 'system:nodes'],
  }),
  /** Only named like one of the system's: without the groups that the system gives. */
  lookAlike: toSession('LookAlike', 'eve', { username: 'system:serviceaccount:payments:api', groups: [] }),
} satisfies Record<string, User>;

export type IdentityName = keyof typeof identities;

/** Something for each identity. */
export const forEachIdentity = <Thing>(make: (name: IdentityName) => Thing): Record<IdentityName, Thing> => ({
  admin: make('admin'),
  onCall: make('onCall'),
  developer: make('developer'),
  stranger: make('stranger'),
  keyward: make('keyward'),
  kubelet: make('kubelet'),
  lookAlike: make('lookAlike'),
});
