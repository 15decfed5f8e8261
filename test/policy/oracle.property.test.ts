import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, decide, type Request } from '../../shared/policy/decide.ts';
import { parsePolicy } from '../../shared/policy/policy-document.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import { findWitness } from '../../shared/policy/witness.ts';
import type { Zone } from '../../shared/policy/zones.ts';
import { longest, toRuns } from '../runs.ts';
import { document } from './documents.ts';
import { isAllowedByOracle } from './oracle.ts';
import {
  delegation,
  keyAccountId,
  keyArn,
  open,
  organizationId,
  outsideAccountId,
  root,
} from './policies.ts';
import { requests } from './requests.ts';
import { actions, zones as families, requestOf } from './zone-requests.ts';

type Statement = { Condition?: Record<string, Record<string, unknown>> };
const toText = (policy: object) => JSON.stringify(policy);

const getAccount = (principal: Principal) => ('accountId' in principal ? principal.accountId : null);

/** The oracle's answer in our words: undecided is what only an IAM policy would allow. */
async function askOracle(request: Request, policy: object): Promise<Decision['effect']> {
  if (!(await isAllowedByOracle(request, policy, true))) {
    return 'denied';
  }
  const isOwn = getAccount(request.principal) === keyAccountId;
  return !isOwn || (await isAllowedByOracle(request, policy, false)) ? 'allowed' : 'undecided';
}

const rootUser: Principal = { kind: 'account-root', arn: root, accountId: keyAccountId };
const user: Principal = { kind: 'user', arn: `arn:aws:iam::${keyAccountId}:user/a`, accountId: keyAccountId };
const where = (operator: string, key: string, value: unknown) =>
  open({ Condition: { [operator]: { [key]: value } } });

/**
 * Where we differ from the oracle and why we are right, or why nobody can say. `holds` tells the policies and
 * requests that can show the difference; the example shows it.
 */
const differences: {
  says: string;
  holds: (request: Request, policy: { Statement: Statement[] }) => boolean;
  example: { principal: Principal; statement: object; context: Record<string, string[]> };
  ours: Decision['effect'];
  theirs: Decision['effect'];
}[] = [
  {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html
    says: 'the root user needs no IAM policy',
    holds: ({ principal }) => principal.kind === 'account-root' && principal.accountId === keyAccountId,
    example: { principal: rootUser, statement: delegation, context: {} },
    ours: 'allowed',
    theirs: 'undecided',
  },
  {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html: the account's
    // root has to be named beside a user, so it does not stand for the account's users.
    says: 'a root in NotPrincipal spares the root user alone',
    holds: (_, policy) => toText(policy).includes('NotPrincipal'),
    example: {
      principal: user,
      statement: open({ Principal: undefined, NotPrincipal: { AWS: root } }),
      context: {},
    },
    ours: 'allowed',
    theirs: 'denied',
  },
  {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    says: 'an operator without qualifier on a list asks for any of its values, which AWS does not define',
    holds: ({ context }, { Statement }) =>
      context['aws:TagKeys'] !== undefined &&
      Statement.some(({ Condition = {} }) =>
        Object.entries(Condition).some(
          ([operator, keys]) => !/:|^Null/.test(operator) && 'aws:TagKeys' in keys,
        ),
      ),
    example: {
      principal: user,
      statement: where('StringEquals', 'aws:TagKeys', 'a'),
      context: { 'aws:TagKeys': ['a', 'b'] },
    },
    ours: 'allowed',
    theirs: 'denied',
  },
  {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html says that a variable without
    // a value matches nothing; so a negated operator, whose match is the absence of one, holds.
    says: 'a negated operator holds where its variable has no value',
    holds: ({ context }, policy) =>
      toText(policy).includes('$' + '{') && context['aws:PrincipalTag/y'] === undefined,
    example: {
      principal: user,
      statement: where('StringNotEquals', 'aws:PrincipalTag/x', '$' + '{aws:PrincipalTag/y}'),
      context: { 'aws:PrincipalTag/x': ['a'] },
    },
    ours: 'allowed',
    theirs: 'denied',
  },
  {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    says: 'ArnNotLike holds where the pattern is no ARN',
    holds: (_, { Statement }) =>
      Statement.some(({ Condition = {} }) => toText(Condition.ArnNotLike ?? {}).includes('"*b"')),
    example: { principal: user, statement: where('ArnNotLike', 'aws:PrincipalArn', '*b'), context: {} },
    ours: 'allowed',
    theirs: 'denied',
  },
  {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress
    says: 'every IPv4 address is in 0.0.0.0/0',
    holds: (_, policy) => toText(policy).includes('0.0.0.0/0'),
    example: {
      principal: user,
      statement: where('NotIpAddress', 'aws:SourceIp', '0.0.0.0/0'),
      context: { 'aws:SourceIp': ['203.0.113.9'] },
    },
    ours: 'denied',
    theirs: 'allowed',
  },
];

/** As it is read from text: without what is undefined. */
const toPolicy = (...Statement: object[]): { Statement: Statement[] } =>
  JSON.parse(toText({ Version: '2012-10-17', Statement }));
const toKeyPolicy = (policy: object) => parsePolicy(toText(policy));

describe('decide and iam-simulate', { timeout: longest }, () => {
  it.each(differences)('differ because $says', async ({ holds, example, ours, theirs }) => {
    const { principal, statement, context } = example;
    const policy = toPolicy(statement);
    const request = { principal, action: 'kms:Decrypt', resource: keyArn, context, isClosed: true };
    expect(holds(request, policy)).toBe(true);
    expect(decide(request, { keyPolicy: toKeyPolicy(policy) }).effect).toBe(ours);
    expect(await askOracle(request, policy)).toBe(theirs);
  });

  it('agree on everything else', async () => {
    const many = fc.array(requests, { minLength: 12, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(document, many, async ({ allows, denies }, asked) => {
        const policy = toPolicy(...allows, ...denies);
        const keyPolicy = toKeyPolicy(policy);
        for (const request of asked.filter((one) => !differences.some(({ holds }) => holds(one, policy)))) {
          const { effect } = decide(request, { keyPolicy });
          expect(effect, toText({ request, policy })).toBe(await askOracle(request, policy));
        }
      }),
      { numRuns: toRuns(900) },
    );
  });
});

const zones: Zone[] = [
  { kind: 'anyone', organizationId },
  { kind: 'service', organizationId },
  { kind: 'principal', arn: `arn:aws:iam::${outsideAccountId}:role/ab` },
  {
    kind: 'outside',
    organizationId,
    classifyAccount: (accountId) => (accountId === keyAccountId ? 'inside' : 'outside'),
  },
];

describe('findWitness and iam-simulate', { timeout: longest }, () => {
  it('agree that every witness is allowed', async () => {
    await fc.assert(
      fc.asyncProperty(document, fc.constantFrom(...zones), async ({ allows, denies }, zone) => {
        const policy = toPolicy(...allows, ...denies);
        const question = { actions: ['kms:Decrypt', 'kms:CreateGrant'], zone, keyArn };
        const result = findWitness(question, { keyPolicy: toKeyPolicy(policy) });
        if ('found' in result && !differences.some(({ holds }) => holds(result.found, policy))) {
          expect(await askOracle(result.found, policy), toText({ result, policy })).toBe('allowed');
        }
      }),
      { numRuns: toRuns(900) },
    );
  });

  it.each(families)('agree that nobody of the zone $kind is let in where none is found', async (zone) => {
    const isServed = (policy: object) =>
      zone.kind !== 'service' || toText(policy).includes('s3.amazonaws.com');
    const isNamed = (policy: object) => zone.kind !== 'outside' || toText(policy).includes(outsideAccountId);
    let left = toRuns(1_000);
    for (let { seed = 0 } = fc.readConfigureGlobal(); left > 0; seed += 1) {
      const [{ allows, denies } = { allows: [], denies: [] }] = fc.sample(document, { numRuns: 1, seed });
      const policy = toPolicy(...allows, ...denies);
      const keyPolicy = toKeyPolicy(policy);
      const result = findWitness({ actions, zone, keyArn }, { keyPolicy });
      // In the zone outside only accounts that the policy names are asked about, of services those that it lets in.
      if (!('none' in result) || !isServed(allows) || !isNamed(policy)) continue;
      const asked = fc
        .sample(requestOf(zone), { numRuns: 40, seed })
        .filter((request) => !differences.some(({ holds }) => holds(request, policy)));
      for (const request of asked) {
        expect(decide(request, { keyPolicy }).effect, toText({ request, policy })).toBe('denied');
        expect(await askOracle(request, policy), toText({ request, policy })).toBe('denied');
      }
      left -= asked.length;
    }
  });
});
