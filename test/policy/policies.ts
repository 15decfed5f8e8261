import type { Policy } from '../../shared/policy/policy.ts';
import { parsePolicy } from '../../shared/policy/policy-document.ts';

// Ids as AWS's own documentation uses them.
export const keyAccountId = '111122223333';
export const outsideAccountId = '444455556666';
export const organizationId = 'o-a1b2c3d4e5';
export const keyArn = `arn:aws:kms:eu-west-1:${keyAccountId}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
export const root = `arn:aws:iam::${keyAccountId}:root`;

export function toPolicy(statements: object | object[], version = '2012-10-17'): Policy {
  return parsePolicy(JSON.stringify({ Version: version, Statement: statements }));
}

/** An Allow for everybody to decrypt, narrowed or changed by what is given. */
export function open(elements: object = {}): object {
  return { Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*', ...elements };
}

export function deny(elements: object): object {
  return { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', ...elements };
}

export const delegation = {
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: { AWS: root },
  Action: 'kms:*',
  Resource: '*',
};
