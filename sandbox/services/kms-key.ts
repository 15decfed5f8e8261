/** How KMS finds the key that a request names, and whom it lets near it. */
import { AwsError } from '../aws-error.ts';
import type { SandboxKey } from '../fleets/fleet.ts';
import type { Call } from '../service.ts';
import { parseArn } from '../world.ts';

/** What an operation takes as KeyId, and whether it answers callers of other accounts. */
export type KeyRule = { action: string; acceptsAlias: boolean; isCrossAccount: boolean };

// KMS doesn't say whether another account's key is missing or closed.
const toRefusal = (rule: KeyRule, resource: string, { caller }: Call): AwsError =>
  new AwsError(
    'AccessDeniedException',
    `User: ${caller.arn} is not authorized to perform: kms:${rule.action} on resource: ${resource} because the ` +
      'resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy ' +
      'explicitly denies access',
  );

const toMissing = ({ region }: Call, account: string, resource: string): AwsError => {
  const [kind, ...rest] = resource.split('/');
  const arn = `arn:aws:kms:${region}:${account}:${kind}/${rest.join('/')}`;
  return kind === 'alias'
    ? new AwsError('NotFoundException', `Alias ${arn} is not found.`)
    : new AwsError('NotFoundException', `Key '${arn}' does not exist`);
};

/** Takes a key id, key ARN, alias name or alias ARN; gives the key, or throws as KMS refuses. */
export const findKey = (keyId: string, rule: KeyRule, call: Call): SandboxKey => {
  const arn = parseArn(keyId);
  if (
    keyId.startsWith('arn:') &&
    (arn === undefined || arn.service !== 'kms' || !/^(key|alias)\//.test(arn.resource))
  ) {
    throw new AwsError('InvalidArnException', `Invalid arn ${keyId}`);
  }
  if (arn !== undefined && arn.region !== call.region) {
    throw new AwsError('NotFoundException', `Invalid arn ${arn.region}`);
  }
  const resource = arn?.resource ?? (keyId.startsWith('alias/') ? keyId : `key/${keyId}`);
  if (resource.startsWith('alias/') && !rule.acceptsAlias) {
    throw arn === undefined
      ? new AwsError('NotFoundException', `Invalid keyId ${keyId}`)
      : new AwsError('InvalidArnException', `${keyId} is not a valid key ARN`);
  }
  const account = arn?.account ?? call.caller.account;
  const { keys, aliases } = call.world.at(account, call.region);
  const key = resource.startsWith('alias/') ? aliases.get(resource) : keys.get(resource.slice('key/'.length));
  if (account !== call.caller.account) {
    const isOpen = rule.isCrossAccount && key?.crossAccount.includes(call.caller.account) === true;
    if (!isOpen || key === undefined) throw toRefusal(rule, keyId, call);
    return key;
  }
  if (key === undefined) throw toMissing(call, account, resource);
  return key;
};
