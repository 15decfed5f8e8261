import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { type KubernetesApi, openKubernetesApi } from '../../shared/collect/kubernetes/kubernetes-api.ts';
import type { ApiServer } from './api-server.ts';

/** Keyward's own way to the server, or to what stands in front of it, as the administrator. */
export const openReader = ({ authorityFile, tokens }: ApiServer, endpoint: string): KubernetesApi =>
  openKubernetesApi(
    {
      server: endpoint,
      agent: new Agent({ keepAlive: true, ca: readFileSync(authorityFile) }),
      getHeaders: async () => ({ authorization: `Bearer ${tokens.admin}` }),
    },
    new AbortController().signal,
  );
