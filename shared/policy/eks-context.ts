import type { Condition, NamedPolicy, Policies } from './policy.ts';
import { toStatementRef } from './statement-id.ts';

// EKS's grants bind it to aws:eks:context alone; public policies suppose these instead.
const neverSent = ['kms:encryptioncontext:aws:eks:cluster-name', 'kms:encryptioncontext:aws:eks:arn'];

/**
 * Allow statements of the key policy and of the caller's IAM policies that only match under an encryption context
 * that EKS never sends, each by its source and name.
 */
export function findForeignContexts({ keyPolicy, identity }: Policies): string[] {
  const named: { prefix: string; document: NamedPolicy }[] = [
    { prefix: 'key-policy ', document: { ref: '', policy: keyPolicy } },
    ...(identity?.policies ?? []).map((document) => ({
      prefix: `identity-policy ${document.ref}#`,
      document,
    })),
  ];
  return named.flatMap(({ prefix, document: { policy } }) =>
    policy === null
      ? []
      : policy.statements
          .filter(({ effect, conditions }) => effect === 'Allow' && conditions.some(needsWhatIsNeverSent))
          .map((statement) => `${prefix}${toStatementRef(policy, statement)}`),
  );
}

function needsWhatIsNeverSent({ key, operator, ifExists, qualifier, values }: Condition): boolean {
  if (!neverSent.includes(key)) return false;
  if (operator === 'Null') return values.every((value) => value.toLowerCase() === 'false');
  return !ifExists && qualifier !== 'ForAllValues' && !operator.includes('Not');
}
