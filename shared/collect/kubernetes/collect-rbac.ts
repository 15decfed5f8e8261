/** Who may do what in the cluster, by RBAC's objects. */
import { z } from 'zod';
import { type Fact, isKnown, toKnown } from '../../evidence/fact.ts';
import type { Role, RoleBinding } from '../../evidence/kubernetes/rbac.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { joinLists, listObjects, toItemsOf } from './list-objects.ts';
import { listOf, maybe, metadata, toListPath } from './wire.ts';

const group = 'rbac.authorization.k8s.io/v1';

const texts = maybe(z.array(z.string()));

const rule = z.object({
  apiGroups: texts,
  resources: texts,
  resourceNames: texts,
  verbs: listOf(z.string()),
  nonResourceURLs: texts,
});

const labelSelector = z.object({
  matchLabels: maybe(z.record(z.string(), z.string())),
  matchExpressions: maybe(z.array(z.object({ key: z.string(), operator: z.string(), values: texts }))),
});

const roleOfWire = z.object({
  metadata,
  rules: listOf(rule),
  aggregationRule: maybe(z.object({ clusterRoleSelectors: maybe(z.array(labelSelector)) })),
});

const subject = z.object({
  kind: z.enum(['User', 'Group', 'ServiceAccount']),
  name: z.string(),
  namespace: maybe(z.string()),
});

const bindingOfWire = z.object({
  metadata,
  roleRef: z.object({ kind: z.string(), name: z.string() }),
  subjects: listOf(subject),
});

export const roleOf = (kind: Role['kind']) =>
  roleOfWire.transform(
    ({ metadata: { name, namespace, labels }, rules, aggregationRule }): Role => ({
      kind,
      namespace,
      name,
      labels,
      rules,
      aggregationRule,
    }),
  );

export const bindingOf = (kind: RoleBinding['kind']) =>
  bindingOfWire.transform(
    ({ metadata: { name, namespace, labels }, roleRef, subjects }): RoleBinding => ({
      kind,
      namespace,
      name,
      labels,
      roleRef,
      subjects,
    }),
  );

/** All Roles and ClusterRoles; the Roles of one namespace where one is given. */
export const collectRoles = (api: KubernetesApi, namespace?: string): Promise<Fact<Role[]>> =>
  collectBoth(api, namespace, [
    { plural: 'roles', shape: roleOf('Role') },
    { plural: 'clusterroles', shape: roleOf('ClusterRole') },
  ]);

/** All RoleBindings and ClusterRoleBindings; the RoleBindings of one namespace where one is given. */
export const collectRoleBindings = (api: KubernetesApi, namespace?: string): Promise<Fact<RoleBinding[]>> =>
  collectBoth(api, namespace, [
    { plural: 'rolebindings', shape: bindingOf('RoleBinding') },
    { plural: 'clusterrolebindings', shape: bindingOf('ClusterRoleBinding') },
  ]);

const collectBoth = async <Item>(
  api: KubernetesApi,
  namespace: string | undefined,
  kinds: { plural: string; shape: z.ZodType<Item> }[],
): Promise<Fact<Item[]>> => {
  const list = ({ plural, shape }: (typeof kinds)[number]) =>
    listObjects(api, {
      what: `list ${plural}`,
      path: toListPath(group, plural, plural.startsWith('cluster') ? undefined : namespace),
      toItems: toItemsOf(shape),
    });
  const all = joinLists(await Promise.all(kinds.map(list)));
  if (namespace === undefined || !isKnown(all)) return all;
  // What stands elsewhere may lead here as well: nobody was asked.
  const what = `only the namespace ${namespace} was asked for, not the ${kinds[0]?.plural} of others`;
  return toKnown(all.value, [...all.missing, { what, reason: 'over-budget' }]);
};
