import { evaluateCondition } from './condition.ts';
import type { Condition, Statement } from './policy.ts';

const opening = ['Decrypt', 'ReEncryptFrom'];

/**
 * What else a grant on a symmetric key may give, and KMS knows the operations of a request by.
 * https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations
 */
const others = [
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'ReEncryptTo',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
];

const keyOfOperations = 'kms:grantoperations';

/**
 * Sets of operations to create a grant with that gives decryption, one for each that the conditions can tell apart.
 * A condition may ask for some operation of its own beside it, never for two; what holds for all of a set holds for
 * any part of it. So one that opens, and as many others as there are conditions, are enough.
 */
export function toOpeningSets(statements: Statement[]): string[][] {
  const conditions = statements.flatMap((statement) =>
    statement.conditions.filter(({ key, operator }) => key === keyOfOperations && operator !== 'Null'),
  );
  if (conditions.length === 0) {
    return [['Decrypt']];
  }
  return toAlone(opening, conditions).flatMap((first) =>
    toSubsets(toAlone(others, conditions), conditions.length).map((rest) => [first, ...rest]),
  );
}

/** One operation of each kind that the conditions tell apart. */
function toAlone(operations: string[], conditions: Condition[]): string[] {
  const kinds = new Map(
    operations
      .toReversed()
      .map((operation) => [
        conditions
          .map((condition) =>
            evaluateCondition({ ...condition, qualifier: null }, '2012-10-17', (key) =>
              key === keyOfOperations ? [operation] : 'unknown',
            ),
          )
          .join(),
        operation,
      ]),
  );
  return [...kinds.values()].toReversed();
}

/** The smallest first. */
function toSubsets(all: string[], most: number): string[][] {
  const subsets: string[][] = [[]];
  for (const one of all) {
    subsets.push(...subsets.map((subset) => [...subset, one]));
  }
  return subsets.filter(({ length }) => length <= most).sort((a, b) => a.length - b.length);
}
