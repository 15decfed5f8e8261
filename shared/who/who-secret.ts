/** Who may read one Secret, and how: by what was read inside the cluster, and by EKS's access entries. */
import type { SecretName } from '../activity/read-tally.ts';
import { toClusterAccess } from '../checks/access/cluster-access.ts';
import { isExpectedReader, toWaysJson } from '../checks/access/readers.ts';
import type { Subject } from '../checks/check.ts';
import { isKnown } from '../evidence/fact.ts';
import type { Settings } from '../evidence/settings.ts';
import { createReaderFinder } from '../rbac/readers.ts';
import { peekAt } from './access.ts';
import type { WhoSecretDocument } from './secret-document.ts';
import { toWhoRead } from './who-read.ts';

type Gap = WhoSecretDocument['notVisible'][number];

const notVisible: readonly Gap[] = [
  {
    what: 'nodes',
    reason:
      'the Node authorizer gives each kubelet the Secrets of its own pods, and so whoever is root there',
  },
  {
    what: 'custom resources',
    reason:
      'a controller that makes pods or copies Secrets for whoever writes its resources is not known by RBAC',
  },
  {
    what: 'admission webhooks',
    reason: 'who changes them sees, or alters, what is sent to the API server',
  },
  { what: 'other identity providers', reason: 'who is in a group by OpenID Connect is not told' },
  {
    what: 'IAM',
    reason: 'who may change access entries, node roles or backups of the cluster lets itself in',
  },
];
const creator = {
  what: 'the principal that created the cluster',
  reason: 'where the authentication mode is not API it can be an administrator whom nothing lists',
};

/** Takes a cluster that was read from within, and a Secret; gives who may read that one, and who did. */
export const toWhoSecret = (subject: Subject, settings: Settings, wanted: SecretName): WhoSecretDocument => {
  const { cluster, facts } = subject;
  const peek = peekAt(subject);
  const secrets = peek('kubernetes.secrets');
  const document = {
    schema: 'keyward/who-secret-v1' as const,
    cluster: cluster.arn,
    secret: `${wanted.namespace}/${wanted.name}`,
    exists: isKnown(secrets)
      ? secrets.value.some(({ namespace, name }) => namespace === wanted.namespace && name === wanted.name) ||
        (secrets.missing.length > 0 ? null : false)
      : null,
    read: toWhoRead(subject, settings, wanted),
  };
  const description = peek('cluster');
  const mode = isKnown(description) ? description.value.accessConfig?.authenticationMode : undefined;
  const limits = mode === 'API' ? [...notVisible] : [...notVisible, creator];
  const roleBindings = peek('kubernetes.roleBindings');
  const roles = peek('kubernetes.roles');
  if (!isKnown(roleBindings)) return { ...document, may: roleBindings, notVisible: limits };
  if (!isKnown(roles)) return { ...document, may: roles, notVisible: limits };
  const {
    access,
    facts: read,
    open,
  } = toClusterAccess(
    { peek, isAsked: (name) => facts[name] !== undefined, cluster },
    { roles: roles.value, roleBindings: roleBindings.value },
  );
  const find = createReaderFinder(access);
  const toName = ({ kind, identity }: { kind: string; identity: string }) => `${kind} ${identity}`;
  const everywhere = new Set(find('every').map(toName));
  const identities = find(wanted).map((reader) => ({
    identity: reader.identity,
    kind: reader.kind,
    usernames: [...reader.usernames],
    how: reader.ways[0].how,
    ways: toWaysJson(reader.ways),
    everySecret: everywhere.has(toName(reader)),
    expected: isExpectedReader(reader, cluster.name, settings),
    group: reader.isOfControlPlane ? ('control-plane' as const) : null,
  }));
  const missing: Gap[] = [
    ...read.flatMap((name): Gap[] => {
      const fact = peek(name);
      return isKnown(fact)
        ? fact.missing.map(({ what, reason }) => ({ what: `${name}: ${what}`, reason }))
        : [{ what: name, reason: `${fact.unknown}: ${fact.detail}` }];
    }),
    ...open.map(({ unknown, detail }) => ({ what: detail, reason: unknown })),
  ];
  return { ...document, may: { identities, missing }, notVisible: limits };
};
