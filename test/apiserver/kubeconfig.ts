/** Kubeconfigs, in JSON: that is YAML too. */
import { readFileSync } from 'node:fs';

const toBase64 = (file: string) => readFileSync(file).toString('base64');

export type Credentials = { token: string } | { certificate: string; key: string };

const toUser = (credentials: Credentials) =>
  'token' in credentials
    ? credentials
    : {
        'client-certificate-data': toBase64(credentials.certificate),
        'client-key-data': toBase64(credentials.key),
      };

/** A kubeconfig of one context; the names of cluster, user and context are all the given one. */
export const toKubeconfig = (
  name: string,
  endpoint: string,
  authorityFile: string,
  credentials: Credentials,
) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name, cluster: { server: endpoint, 'certificate-authority-data': toBase64(authorityFile) } }],
  users: [{ name, user: toUser(credentials) }],
  contexts: [{ name, context: { cluster: name, user: name } }],
  'current-context': name,
});
