/** Thousands of Secrets and pods, as many as a large cluster has. */
import pMap from 'p-map';
import type { ApiServer } from '../api-server.ts';
import { type Entry, type KubernetesObject, posted, toSecret } from './objects.ts';
import { toRelease } from './platform.ts';
import { exported, mounted, toContainer, toDeployment, toVolume } from './workloads.ts';
import { writePopulation } from './write.ts';

const teamsInAll = 100;
const podsOfOne = 10;

/** Of ten Secrets three are releases of Helm, one is a certificate's, and one was applied by kubectl. */
const toBulkSecret = (namespace: string, index: number): KubernetesObject => {
  const name = `secret-${index}`;
  if (index % 10 < 3) return toRelease(namespace, name, 1, toPadding(index)).object;
  if (index % 10 === 3) return toSecret(namespace, name, 'kubernetes.io/tls', ['tls.crt', 'tls.key']);
  const secret = toSecret(namespace, name, 'Opaque', ['username', 'password', 'token']);
  if (index % 10 > 4) return secret;
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(secret)}\n` };
  return { ...secret, metadata: { ...secret.metadata, annotations } };
};

/** Some kilobytes that gzip can't make less of. */
const toPadding = (index: number): string =>
  Array.from({ length: 1000 }, (_, line) => ((line + 1) * (index + 7) * 2_654_435_761) % 4_294_967_296).join(
    '\n',
  );

const spec = {
  containers: [
    toContainer('app', { ...exported('secret-5', 'token'), ...mounted('secret-3') }),
    toContainer('sidecar', exported('secret-6', 'password')),
  ],
  volumes: [toVolume('secret-3', { defaultMode: 0o400 })],
};

/** What one team has: Secrets, and Deployments of ten pods each. */
const toTeam = (namespace: string, secrets: number, pods: number): Entry[] => [
  ...Array.from({ length: secrets }, (_, index) => posted(toBulkSecret(namespace, index))),
  ...Array.from({ length: pods / podsOfOne }, (_, index) =>
    toDeployment(namespace, `app-${index}`, spec, podsOfOne),
  ).flat(),
];

/** Spreads Secrets and pods over a hundred namespaces; both numbers are multiples of a thousand. */
export const writeBulk = async (
  server: ApiServer,
  { secrets, pods }: { secrets: number; pods: number },
): Promise<void> => {
  const teams = Array.from({ length: teamsInAll }, (_, index) =>
    toTeam(`team-${index}`, secrets / teamsInAll, pods / teamsInAll),
  );
  await pMap(teams, (team) => writePopulation(server, team), { concurrency: 32 });
};
