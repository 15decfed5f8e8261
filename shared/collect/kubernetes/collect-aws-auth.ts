import { parse } from 'yaml';
import { z } from 'zod';
import { type Fact, type MissingPart, toKnown, toUnknown } from '../../evidence/fact.ts';
import type { AwsAuth } from '../../evidence/kubernetes/rbac.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { RefusedError, toKubernetesUnknown } from './kubernetes-error.ts';
import { listOf } from './wire.ts';

/** https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html */
const path = '/api/v1/namespaces/kube-system/configmaps/aws-auth';
const what = 'get configmaps kube-system/aws-auth';

const yamlTexts = z.object({
  mapRoles: z.string().nullish(),
  mapUsers: z.string().nullish(),
  mapAccounts: z.string().nullish(),
});
/** Of the ConfigMap, what is read. */
export const awsAuthOfWire = z.object({ data: yamlTexts.nullish() });

/** Empty text stands for nothing. */
const text = z
  .string()
  .nullish()
  .transform((value) => value || undefined);
const texts = z.preprocess((value) => value || undefined, z.array(z.string()).optional());

const mapped = z.object({ username: text, groups: texts });
/** The authenticator reads names of any case, as Go does. */
const inLowerCase = (entry: unknown): unknown =>
  typeof entry === 'object' && entry !== null
    ? Object.fromEntries(Object.entries(entry).map(([name, value]) => [name.toLowerCase(), value]))
    : entry;
const mappedRole = z.preprocess(inLowerCase, mapped.extend({ rolearn: z.string().min(1) }));
const mappedUser = z.preprocess(inLowerCase, mapped.extend({ userarn: z.string().min(1) }));

/** Whom the ConfigMap aws-auth lets in; nobody where there is none. What of it can't be understood is missing. */
export const collectAwsAuth = async (api: KubernetesApi): Promise<Fact<AwsAuth>> => {
  try {
    const { data } = awsAuthOfWire.parse(await api.get(path));
    return toAwsAuth(data ?? {});
  } catch (error) {
    if (error instanceof RefusedError && error.isAbsent) return toKnown(nobody);
    return toKubernetesUnknown(error, what);
  }
};

const nobody: AwsAuth = { mapRoles: [], mapUsers: [], mapAccounts: [] };

/** Takes what the ConfigMap holds; gives whom it lets in, and what of it can not be understood as missing. */
export const toAwsAuth = (data: z.infer<typeof yamlTexts>): Fact<AwsAuth> => {
  const missing: MissingPart[] = [];
  const readList = <S extends z.ZodType>(name: keyof AwsAuth, shape: S): z.output<S>[] => {
    const list = listOf(z.unknown()).parse(parseYaml(data[name] ?? '') || []);
    return list.flatMap((entry) => {
      const parsed = shape.safeParse(entry);
      if (parsed.success) return [parsed.data];
      missing.push({
        what: `an entry of ${name} in kube-system/aws-auth can't be understood`,
        reason: 'failed',
      });
      return [];
    });
  };
  try {
    const mapRoles = readList('mapRoles', mappedRole);
    const mapUsers = readList('mapUsers', mappedUser);
    const mapAccounts = readList('mapAccounts', z.string());
    return toKnown({ mapRoles, mapUsers, mapAccounts }, missing);
  } catch {
    return toUnknown('failed', 'kube-system/aws-auth does not hold the YAML that EKS reads');
  }
};

/** Every scalar as text: a number would lose the zeros that an account begins with. */
const parseYaml = (yaml: string): unknown =>
  parse(yaml, { schema: 'failsafe', maxAliasCount: 100, logLevel: 'error' });
