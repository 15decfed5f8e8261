/** The ways from a cluster's pods to its key: by which role, let in how, and what the role then may. */
import type { PodIdentityAssociation } from '../../evidence/access-entry.ts';
import { parseArn } from '../../evidence/arn.ts';
import type { IamRole } from '../../evidence/iam.ts';
import type { ServiceAccount } from '../../evidence/kubernetes/service-account.ts';
import { toPrincipalName } from '../../evidence/principal-arn.ts';
import type { Asked, KeyQuestion } from '../../policy/holding.ts';
import type { Truth } from '../../policy/truth.ts';
import type { AccountName } from '../../rbac/identities.ts';
import {
  type ClusterOfPods,
  isLetInByAssociation,
  toSessionTags,
  toTokenGate,
  trustsTokens,
} from './pod-roles.ts';
import { findRoleUses, type PodSession, type RoleUses, type Use } from './role-powers.ts';

type PodPower = 'decrypt' | 'destroy';

/** A way from a service account to a role, and what the role then may. */
export interface PodPath {
  role: string;
  way: 'IRSA' | 'Pod Identity';
  uses: Use<PodPower>[];
}

export interface PodQuestion {
  question: KeyQuestion;
  asked: Asked<PodPower>;
  cluster: ClusterOfPods;
  serviceAccounts: readonly ServiceAccount[];
  associations: readonly PodIdentityAssociation[];
  isExpected: (account: AccountName, roleArn: string, power: PodPower) => boolean;
}

export interface PodPaths {
  /** Of the service accounts that name a role, or are associated with one: by `NAMESPACE/NAME`. */
  named: Map<string, PodPath[]>;
  /** Roles that let in service accounts which do not name them. */
  open: (PodPath & { serviceAccounts: string[] })[];
  /** What nobody can tell, in words. */
  unsettled: string[];
}

const toAccountText = ({ namespace, name }: AccountName): string => `${namespace}/${name}`;

export const findPodPaths = (asked: PodQuestion): PodPaths => {
  const roles = new Map(
    asked.question.accounts.flatMap(({ inventory }) =>
      inventory.roles.map((role) => [toPrincipalName(role.Arn), role] as const),
    ),
  );
  const named: PodPaths['named'] = new Map();
  const open: PodPaths['open'] = [];
  const unsettled = new Set<string>();
  const findUses = createUseFinder(asked);

  /** What an account's pods may by a role that nobody expects; undefined for nothing. */
  const toPath = (
    account: AccountName,
    role: IamRole,
    way: PodPath['way'],
    { uses, unsettled: unsettledPowers }: RoleUses<PodPower>,
    letIn: Truth,
  ) => {
    const isUnexpected = (power: PodPower) => !asked.isExpected(account, role.Arn, power);
    if (letIn === false) return undefined;
    const unexpected = uses.filter(({ power }) => isUnexpected(power));
    if (unsettledPowers.some(isUnexpected)) unsettled.add(`what ${role.Arn} may do with the key`);
    if (unexpected.length === 0) return undefined;
    if (letIn === true) return { role: toPrincipalName(role.Arn), way, uses: unexpected };
    unsettled.add(`whether service account ${toAccountText(account)} may become ${role.Arn}`);
    return undefined;
  };
  const add = (account: AccountName, path: PodPath) => {
    const name = toAccountText(account);
    named.set(name, [...(named.get(name) ?? []), path]);
  };
  /** A role of an account whose IAM was not read, which matters where the key may let that account in. */
  const tellUnread = (arn: string | undefined) => {
    const account = parseArn(arn ?? '')?.account ?? '';
    const isRead = asked.question.accounts.some((one) => one.account === account);
    if (arn && !isRead && JSON.stringify(asked.question.keyPolicy).includes(account))
      unsettled.add(`what ${arn} may do with the key: the IAM of account ${account} was not read`);
  };

  for (const { roleArn } of asked.serviceAccounts) tellUnread(roleArn);
  const session: PodSession = { tags: {} };
  for (const role of roles.values()) {
    if (!trustsTokens(role, asked.cluster)) continue;
    const may = findUses(role, session);
    if (may.uses.length + may.unsettled.length === 0) continue;
    const isLetIn = toTokenGate(role, asked.cluster);
    const others: { account: string; path: PodPath }[] = [];
    for (const account of asked.serviceAccounts) {
      const path = toPath(account, role, 'IRSA', may, isLetIn(account));
      if (!path) continue;
      if (account.roleArn && toPrincipalName(account.roleArn) === path.role) add(account, path);
      else others.push({ account: toAccountText(account), path });
    }
    const [first] = others;
    if (first) open.push({ ...first.path, serviceAccounts: others.map(({ account }) => account).sort() });
  }

  for (const association of asked.associations) {
    const { namespace, serviceAccount: name, roleArn, targetRoleArn } = association;
    tellUnread(targetRoleArn ?? roleArn);
    const [role, target] = [roleArn, targetRoleArn].map((arn) => arn && roles.get(toPrincipalName(arn)));
    if (!role || (targetRoleArn && !target)) continue;
    const letIn = isLetInByAssociation(association, role, target || undefined, asked.cluster);
    const path = toPath(
      { namespace, name },
      target || role,
      'Pod Identity',
      findUses(target || role, toSession(association, asked.cluster)),
      letIn,
    );
    if (path) add({ namespace, name }, path);
  }
  return { named, open, unsettled: [...unsettled] };
};

const toSession = (association: PodIdentityAssociation, cluster: ClusterOfPods): PodSession => ({
  tags: toSessionTags(association, cluster),
  ...(association.policy === undefined ? {} : { policy: association.policy }),
});

/** Asks about each role and session once. */
const createUseFinder = ({ question, asked }: Pick<PodQuestion, 'question' | 'asked'>) => {
  const known = new Map<string, RoleUses<PodPower>>();
  return (role: IamRole, session: PodSession): RoleUses<PodPower> => {
    const name = JSON.stringify([role.Arn, session]);
    const uses = known.get(name) ?? findRoleUses(question, asked, role, session);
    known.set(name, uses);
    return uses;
  };
};
