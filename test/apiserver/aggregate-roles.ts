/**
 * Gives aggregated ClusterRoles their rules, among them admin, edit and view: the controller manager's work, which does
 * not run here. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
 */
import { z } from 'zod';
import type { Client } from './client.ts';

const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
const clusterRoles = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
      aggregationRule: z
        .object({
          clusterRoleSelectors: z.array(z.object({ matchLabels: z.record(z.string(), z.string()) })),
        })
        .optional(),
      rules: z.array(z.unknown()).nullish(),
    }),
  ),
});

export const aggregateRoles = async (client: Client): Promise<void> => {
  const { items } = clusterRoles.parse(await client.send('GET', path));
  let isChanged = false;
  for (const { metadata, aggregationRule, rules } of items) {
    if (!aggregationRule) continue;
    const gathered = aggregationRule.clusterRoleSelectors.flatMap(({ matchLabels }) =>
      items
        .filter((other) => other.metadata.name !== metadata.name)
        .filter((other) =>
          Object.entries(matchLabels).every(([label, value]) => other.metadata.labels[label] === value),
        )
        .flatMap((other) => other.rules ?? []),
    );
    if (JSON.stringify(gathered) === JSON.stringify(rules ?? [])) continue;
    isChanged = true;
    await client.send('PATCH', `${path}/${metadata.name}?fieldManager=clusterrole-aggregation-controller`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { rules: gathered },
    });
  }
  // What was gathered may itself be gathered from: edit is part of admin.
  if (isChanged) await aggregateRoles(client);
};
