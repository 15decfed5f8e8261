/**
 * Reads all of a cluster in a process of its own. Argv: the server, the file of its authority, a token, and where the
 * heap goes, if anywhere. Prints what it took.
 */
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { writeHeapSnapshot } from 'node:v8';
import { collectInside } from '../../shared/collect/kubernetes/collect-inside.ts';
import { openKubernetesApi } from '../../shared/collect/kubernetes/kubernetes-api.ts';
import { isKnown } from '../../shared/evidence/fact.ts';

const [server = '', authorityFile = '', token = '', heapFile] = process.argv.slice(2);
const api = openKubernetesApi(
  {
    server,
    agent: new Agent({ keepAlive: true, ca: readFileSync(authorityFile) }),
    getHeaders: async () => ({ authorization: `Bearer ${token}` }),
  },
  new AbortController().signal,
);
// The heap is written without what is garbage by then: every page is kept, as it is while it is read.
const pages: unknown[] = [];
const get: typeof api.get = async (...words) => {
  const page = await api.get(...words);
  if (heapFile !== undefined) pages.push(page);
  return page;
};
const began = performance.now();
const evidence = await collectInside({ ...api, get }, { isWithMetadata: true });
const milliseconds = performance.now() - began;
const peakMegabytes = process.resourceUsage().maxRSS / 1024;
if (heapFile !== undefined) writeHeapSnapshot(heapFile);
api.close();
process.stdout.write(
  JSON.stringify({
    milliseconds,
    peakMegabytes,
    secrets: isKnown(evidence.secrets) ? evidence.secrets.value.length : undefined,
    workloads: isKnown(evidence.workloads) ? evidence.workloads.value.length : undefined,
  }),
);
