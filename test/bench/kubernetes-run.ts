/**
 * One reading of a cluster in a process of its own, for kubernetes.ts: `bare` lists the same pages and parses them,
 * `collect` is Keyward's reading of them. Prints how many objects there were, and the milliseconds it took.
 */
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import pMap from 'p-map';
import { z } from 'zod';

const [mode, kubeconfig = '', token = '', authorityFile = '', endpoint = ''] = process.argv.slice(2);

/** What Keyward lists, each with the way it asks. */
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const lists: [path: string, accept?: string][] = [
  ['/api/v1/secrets?includeObject=Metadata&', table],
  ['/api/v1/pods?'],
  ['/apis/apps/v1/deployments?'],
  ['/apis/apps/v1/statefulsets?'],
  ['/apis/apps/v1/daemonsets?'],
  ['/apis/apps/v1/replicasets?'],
  ['/apis/batch/v1/cronjobs?'],
  ['/apis/batch/v1/jobs?'],
  ['/api/v1/serviceaccounts?'],
  ['/apis/networking.k8s.io/v1/ingresses?'],
  ...['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'].map((plural): [string] => [
    `/apis/rbac.authorization.k8s.io/v1/${plural}?`,
  ]),
];

const page = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
  rows: z.array(z.unknown()).nullish(),
});

const listBarely = async (): Promise<number> => {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(authorityFile) });
  const ask = (path: string, accept = 'application/json'): Promise<z.infer<typeof page>> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, accept };
      get(new URL(path, endpoint), { agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve(page.parse(JSON.parse(Buffer.concat(chunks).toString()))));
      }).on('error', reject);
    });
  const counts = await pMap(
    lists,
    async ([path, accept]) => {
      let count = 0;
      let from = '';
      do {
        const { metadata, items, rows } = await ask(`${path}limit=500${from}`, accept);
        count += (items ?? rows ?? []).length;
        from = metadata.continue ? `&continue=${metadata.continue}` : '';
      } while (from !== '');
      return count;
    },
    { concurrency: 4 },
  );
  agent.destroy();
  return counts.reduce((sum, count) => sum + count, 0);
};

const collect = async (): Promise<number> => {
  const { readKubeconfig, pickContext } = await import('../../shared/collect/kubernetes/kubeconfig.ts');
  const { readInside } = await import('../../shared/collect/kubernetes/collect-inside.ts');
  const { signal } = new AbortController();
  const read = await readKubeconfig(kubeconfig, { folder: '/', env: {}, signal });
  const connection = await read.connect(pickContext(read, undefined), signal);
  const { secrets, workloads } = await readInside(connection, { isWithMetadata: true }, signal);
  if (!('value' in secrets) || !('value' in workloads))
    throw new Error(JSON.stringify({ secrets, workloads }));
  return secrets.value.length + workloads.value.reduce((sum, { pods = 0 }) => sum + pods, 0);
};

const started = performance.now();
const objects = await (mode === 'bare' ? listBarely() : collect());
process.stdout.write(JSON.stringify({ objects, milliseconds: performance.now() - started }));
