/** Clusters of a scan, each by the context of a kubeconfig that leads to it. */
import {
  findContexts,
  type Kubeconfig,
  pickContext,
  readKubeconfig,
} from '../collect/kubernetes/kubeconfig.ts';
import { UnreachableError } from '../collect/kubernetes/kubernetes-error.ts';
import type { Connect } from './collect-kubernetes.ts';

export interface KubeconfigChoice {
  /** The file; not given: the one that kubectl would take. */
  file?: string;
  /** The only context to go by. */
  context?: string;
  folder: string;
  env: NodeJS.ProcessEnv;
}

/** Reads the kubeconfig that is meant. Throws UsageError where it, or its context, is not there. */
export const openKubeconfig = async (
  { file, context, folder, env }: KubeconfigChoice,
  signal: AbortSignal,
): Promise<Kubeconfig> => {
  const kubeconfig = await readKubeconfig(file, { folder, env, signal });
  if (context !== undefined) pickContext(kubeconfig, context);
  return kubeconfig;
};

/** The way by the context whose server is the cluster's endpoint; without one by `otherwise`, where that is given. */
export const connectByKubeconfig =
  (kubeconfig: Kubeconfig, only: string | undefined, signal: AbortSignal, otherwise?: Connect): Connect =>
  async (cluster, place) => {
    const { currentContext, shown } = kubeconfig;
    const leading = findContexts(kubeconfig, cluster.endpoint ?? '').filter(
      (context) => only === undefined || context === only,
    );
    const context = leading.find((one) => one === currentContext) ?? leading[0];
    if (context !== undefined) return kubeconfig.connect(context, signal);
    if (otherwise) return otherwise(cluster, place);
    const what =
      only === undefined ? `no context of ${shown} leads` : `the context ${only} of ${shown} does not lead`;
    throw new UnreachableError(`${what} to the endpoint of ${cluster.name}`, { reason: 'not-found' });
  };
