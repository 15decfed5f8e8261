/** The file of `who --key-policy`: a key policy, or what `terraform show -json` says of a plan. */
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { UsageError } from '../shared/runtime/errors.ts';
import { readInput } from '../shared/runtime/read-input.ts';

const document = z.looseObject({ Statement: z.unknown() });

/** https://developer.hashicorp.com/terraform/internals/json-format#change-representation */
const values = z.looseObject({
  arn: z.string().nullish(),
  key_id: z.string().nullish(),
  policy: z.string().nullish(),
});
const plan = z.looseObject({
  format_version: z.string(),
  resource_changes: z.array(
    z.looseObject({
      address: z.string(),
      type: z.string(),
      change: z.looseObject({
        before: values.nullish(),
        after: values.nullish(),
        after_unknown: z.looseObject({ policy: z.boolean().optional() }).nullish(),
      }),
    }),
  ),
});
type ResourceChange = z.infer<typeof plan>['resource_changes'][number];

/**
 * Takes the file's path; gives what finds the policy in it for a key of an ARN. Throws UsageError, before anything is
 * asked of AWS where the file is neither of the two, later where a plan has no policy for the key.
 */
export const readKeyPolicyFile = async (
  path: string,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<(keyArn: string) => string> => {
  const content = await readText(path, { folder, signal });
  const json = parseJson(content, path);
  if (document.safeParse(json).success) return () => content;
  const planned = plan.safeParse(json);
  if (planned.success) return (keyArn) => toPlannedPolicy(planned.data.resource_changes, keyArn, path);
  throw new UsageError(
    'KEY_POLICY_UNKNOWN',
    `--key-policy: ${path} is neither a key policy nor a Terraform plan`,
    {
      hint: 'Give the policy as JSON, or the output of terraform show -json PLAN.',
    },
  );
};

const readText = async (path: string, { folder, signal }: { folder: string; signal: AbortSignal }) => {
  try {
    return await text(readInput(resolve(folder, path), signal));
  } catch (cause) {
    signal.throwIfAborted();
    throw new UsageError('KEY_POLICY_UNREADABLE', `--key-policy: ${path} can't be read`, { cause });
  }
};

const parseJson = (content: string, path: string): unknown => {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new UsageError('KEY_POLICY_NOT_JSON', `--key-policy: ${path} is not JSON`, { cause });
  }
};

/** https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/kms_replica_key and its like. */
const policyHolders = /^aws_kms_(key|key_policy|external_key|replica_key|replica_external_key)$/;

const toPlannedPolicy = (changes: ResourceChange[], keyArn: string, path: string): string => {
  const about = changes.filter(({ type }) => policyHolders.test(type));
  // Members of a multi-Region family share a key id: it tells only where no ARN does.
  const isOfKey = ({ change: { before, after } }: ResourceChange) =>
    [before, after].some((told) =>
      told?.arn
        ? told.arn === keyArn
        : told?.key_id && (told.key_id === keyArn || keyArn.endsWith(`/${told.key_id}`)),
    );
  const found = about.filter(isOfKey);
  // Where a key and a policy of its own are planned, the latter is put last.
  const change = found.find(({ type }) => type === 'aws_kms_key_policy') ?? found[0];
  const policy = change?.change.after?.policy;
  if (policy) return policy;
  if (change?.change.after_unknown?.policy)
    throw new UsageError(
      'KEY_POLICY_UNPLANNED',
      `--key-policy: ${path}: the policy of ${change.address} is known only once the plan is applied`,
    );
  throw new UsageError('KEY_POLICY_UNPLANNED', `--key-policy: ${path} plans no policy for ${keyArn}`, {
    hint:
      about.length > 0
        ? `It plans ${about.map(({ address }) => address).join(', ')}.`
        : 'It plans no key at all.',
  });
};
