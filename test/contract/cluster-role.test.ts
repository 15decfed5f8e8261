import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { collectInside } from '../../shared/collect/kubernetes/collect-inside.ts';
import type { KubernetesApi } from '../../shared/collect/kubernetes/kubernetes-api.ts';
import { RefusedError } from '../../shared/collect/kubernetes/kubernetes-error.ts';

const manifest = z.object({
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  rules: z
    .array(
      z.object({
        apiGroups: z.array(z.string()),
        resources: z.array(z.string()),
        resourceNames: z.array(z.string()).optional(),
        verbs: z.array(z.string()),
      }),
    )
    .optional(),
  roleRef: z.object({ kind: z.string(), name: z.string() }).optional(),
  subjects: z.array(z.object({ kind: z.string(), name: z.string() })).optional(),
});
const text = readFileSync(new URL('../../infra/kubernetes/cluster-role.yml', import.meta.url), 'utf8');
const manifests = parseAllDocuments(text).map((document) => manifest.parse(document.toJS()));

/** Each thing that the roles allow, as one line. */
const allowed = manifests.flatMap(({ metadata: { namespace = '*' }, rules = [] }) =>
  rules.flatMap(({ apiGroups, resources, resourceNames = ['*'], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) =>
          verbs.map((verb) => `${verb} ${namespace}/${group}/${resource}/${name}`),
        ),
      ),
    ),
  ),
);

const path =
  /^\/apis?(?:\/(?<group>[^/]+))?\/v1(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<resource>[^/?]+)(?:\/(?<name>[^/?]+))?(?:\?.*)?$/;

/** What the collectors ask for, as one line each; a request within a namespace is one of all namespaces here. */
const collectAsked = async (isWithMetadata: boolean): Promise<string[]> => {
  const asked: string[] = [];
  const api: KubernetesApi = {
    get: async (url) => {
      const { group = '', namespace, resource, name } = path.exec(url)?.groups ?? {};
      if (resource === undefined) throw new Error(`not understood: ${url}`);
      asked.push(name ? `get ${namespace}/${group}/${resource}/${name}` : `list */${group}/${resource}/*`);
      if (resource === 'namespaces') return { items: [{ metadata: { name: 'one' } }] };
      throw new RefusedError(403, '');
    },
    close: () => {},
  };
  await collectInside(api, { isWithMetadata });
  return asked;
};

describe('infra/kubernetes/cluster-role.yml', () => {
  it('allows what the collectors ask for, and nothing else', async () => {
    const asked = [...(await collectAsked(true)), ...(await collectAsked(false))];
    expect([...allowed].sort()).toEqual([...new Set(asked)].sort());
  });

  it('allows nothing but to list, and to get the one ConfigMap', () => {
    expect(allowed.filter((line) => !line.startsWith('list '))).toEqual([
      'get kube-system//configmaps/aws-auth',
    ]);
    expect(text).not.toContain("'*'");
  });

  it('gives it to the group that the access entry carries', () => {
    const bindings = manifests.filter(({ roleRef }) => roleRef);
    expect(bindings).toHaveLength(2);
    for (const { metadata, roleRef, subjects } of bindings) {
      expect(subjects).toEqual([{ kind: 'Group', name: 'keyward' }]);
      expect(
        manifests.filter(
          ({ kind, metadata: role }) =>
            kind === roleRef?.kind && role.name === roleRef.name && role.namespace === metadata.namespace,
        ),
      ).toHaveLength(1);
    }
    const entry = readFileSync(new URL('../../infra/kubernetes/access-entry.yml', import.meta.url), 'utf8');
    expect(entry).toContain('KubernetesGroups: [keyward]');
  });
});
