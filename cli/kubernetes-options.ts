/** --kubernetes, --kubeconfig, --context, --namespace, --secret and --no-metadata: whether and how clusters are read from within. */
import { UsageError } from '../shared/runtime/errors.ts';
import type { KubernetesToCollect } from '../shared/use-cases/collect-run.ts';
import type { Values } from './arguments.ts';
import type { Surroundings } from './command.ts';

/** Takes the options of a scan; gives how to read inside clusters, undefined where nobody asks for it. Throws UsageError. */
export const parseKubernetes = (
  values: Pick<Values, 'kubernetes' | 'kubeconfig' | 'context' | 'no-metadata'>,
  { folder, env }: Pick<Surroundings, 'folder' | 'env'>,
): KubernetesToCollect | undefined => {
  const { kubernetes: isByEks = false, kubeconfig: file, context, 'no-metadata': isBare = false } = values;
  const isByKubeconfig = file !== undefined || context !== undefined;
  if (!isByEks && !isByKubeconfig) {
    if (!isBare) return undefined;
    throw new UsageError('CONTRADICTION', '--no-metadata needs --kubernetes or --kubeconfig FILE');
  }
  return {
    isByEks,
    isWithMetadata: !isBare,
    ...(isByKubeconfig ? { kubeconfig: { file, context, folder, env } } : {}),
  };
};

/** Takes --namespace; gives it. Throws UsageError where no namespace can be called so. */
export const parseNamespace = ({ namespace }: Pick<Values, 'namespace'>): string | undefined => {
  // https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
  if (namespace === undefined || /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace)) return namespace;
  throw new UsageError(
    'WRONG_NAMESPACE',
    `--namespace: ${JSON.stringify(namespace)} is no name of a namespace`,
    {
      hint: 'Give one namespace; without --namespace all are read.',
    },
  );
};

/** Takes --secret; gives the one that is asked about, or undefined. Throws UsageError where no Secret can be called so. */
export const parseSecret = ({
  secret,
}: Pick<Values, 'secret'>): { namespace: string; name: string } | undefined => {
  if (secret === undefined) return undefined;
  // https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
  const [, namespace, name] = /^([a-z0-9][a-z0-9-]{0,62})\/([a-z0-9][a-z0-9.-]{0,252})$/.exec(secret) ?? [];
  if (namespace !== undefined && name !== undefined) return { namespace, name };
  throw new UsageError('WRONG_SECRET', `--secret: ${JSON.stringify(secret)} is no name of a Secret`, {
    hint: 'Give NAMESPACE/NAME, such as payments/database.',
  });
};
