import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iamInventory } from '../../shared/evidence/iam.ts';
import { decide } from '../../shared/policy/decide.ts';
import { createIdentityReader } from '../../shared/policy/identity-policies.ts';
import { findHoldings } from '../../shared/policy/key-holders.ts';
import { findPower } from '../../shared/policy/power.ts';
import { powerActions } from '../../shared/policy/powers.ts';
import { type RawStatement, rawPolicies } from './iam-generators.ts';
import { parseRaw } from './iam-parse.ts';
import { keyAccountId, keyArn } from './policies.ts';
import { longest, toRuns } from './runs.ts';

const toText = (statements: RawStatement[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const otherKeyArn = keyArn.replace(/[^/]*$/, '99999999-8888-4777-8666-555555555555');
const knownContexts: (Record<string, string[]> | undefined)[] = [
  undefined,
  { 'aws:PrincipalTag/team': ['b'], 'aws:CurrentTime': ['2026-11-24T00:00:00Z'] },
  { 'aws:SourceIp': ['203.0.113.7'] },
];
const tags = fc.constantFrom([], [{ Key: 'team', Value: 'a' }], [{ Key: 'team', Value: 'b' }]);

/** A few policies among many holders, so that some are alike and some are not. */
const accounts = fc
  .record({
    raw: rawPolicies,
    other: rawPolicies,
    // Mostly the same policies, so that one key's answer could be taken for the next one's.
    keys: fc.array(
      fc.record({
        isOtherPolicy: fc.constantFrom(false, false, true),
        arn: fc.constantFrom(keyArn, otherKeyArn),
        contexts: fc.constantFrom<Record<string, string>[][]>([], [{ app: 'a' }], [{ app: 'b' }]),
        knownContext: fc.constantFrom(...knownContexts),
      }),
      { minLength: 2, maxLength: 5 },
    ),
    documents: fc.array(rawPolicies, { minLength: 1, maxLength: 3 }),
    holders: fc.array(
      fc.record({
        name: fc.constantFrom('team/reader', 'reader-2', 'writer', 'ops', 'late', 'early'),
        isUser: fc.boolean(),
        which: fc.nat(2),
        tags,
      }),
      { minLength: 2, maxLength: 8 },
    ),
  })
  .map(({ raw, other, keys, documents, holders }) => {
    const unique = [
      ...new Map(holders.map((holder) => [`${holder.isUser} ${holder.name}`, holder])).values(),
    ];
    const toEntry = ({ name, which, tags: Tags }: (typeof unique)[number], kind: 'user' | 'role') => {
      const document = documents[which % documents.length];
      const inline = (document?.identity ?? []).map((statements, index) => ({
        PolicyName: `${name}-${index}`,
        PolicyDocument: toText(statements),
      }));
      const boundary = document?.boundary
        ? { PermissionsBoundaryArn: `boundary-${which % documents.length}` }
        : undefined;
      return {
        Arn: `arn:aws:iam::${keyAccountId}:${kind}/${name}`,
        name: name.replace(/.*\//, ''),
        inline,
        boundary,
        Tags,
      };
    };
    const inventory = iamInventory.parse({
      users: unique
        .filter(({ isUser }) => isUser)
        .map((holder) => toEntry(holder, 'user'))
        .map(({ Arn, name, inline, boundary, Tags }) => ({
          Arn,
          UserName: name,
          UserId: `AIDA${name}`,
          UserPolicyList: inline,
          PermissionsBoundary: boundary,
          Tags,
        })),
      roles: unique
        .filter(({ isUser }) => !isUser)
        .map((holder) => toEntry(holder, 'role'))
        .map(({ Arn, name, inline, boundary, Tags }) => ({
          Arn,
          RoleName: name,
          RoleId: `AROA${name}`,
          AssumeRolePolicyDocument: '{}',
          RolePolicyList: inline,
          PermissionsBoundary: boundary,
          Tags,
        })),
      groups: [],
      policies: documents.flatMap(({ boundary }, index) =>
        boundary ? [{ Arn: `boundary-${index}`, Document: toText(boundary) }] : [],
      ),
    });
    return { keys: keys.map((key) => ({ ...key, raw: key.isOtherPolicy ? other : raw })), inventory };
  });

describe('findHoldings', { timeout: longest }, () => {
  it('answers for many principals and keys as for each alone, and shows what decide allows', () => {
    fc.assert(
      fc.property(accounts, ({ keys, inventory }) => {
        for (const { raw, arn, contexts, knownContext } of keys) {
          const { keyPolicy, grants, serviceControl, resourceControl } = parseRaw(raw);
          const options = { keyArn: arn, contexts, knownContext };
          const account = { account: keyAccountId, inventory, isPartial: false, serviceControl };
          const holdings = findHoldings(
            { ...options, keyPolicy, grants, resourceControl, accounts: [account] },
            powerActions,
          );
          const read = createIdentityReader(inventory);
          for (const entry of [...inventory.users, ...inventory.roles]) {
            const policies = { keyPolicy, grants, serviceControl, resourceControl, identity: read(entry) };
            const isUser = 'UserName' in entry;
            const fixed = {
              principal: { kind: isUser ? 'user' : 'role', arn: entry.Arn, accountId: keyAccountId } as const,
              tags: Object.fromEntries(entry.Tags.map(({ Key, Value }) => [Key, Value])),
              uniqueId: isUser ? entry.UserId : entry.RoleId,
            };
            const found = holdings.find(({ principal }) => principal === entry.Arn);
            for (const name of ['decrypt', 'administer', 'destroy'] as const) {
              const alone = findPower(fixed, powerActions[name], policies, options);
              const held = found?.show(name);
              expect(held?.power ?? 'no').toBe(alone.power);
              expect(found?.powers[name]?.isShown ?? false).toBe(alone.witness !== null);
              expect((held?.witness ?? null) === null).toBe(alone.witness === null);
              if (held?.witness) {
                expect(decide(held.witness, policies).effect).toBe('allowed');
                expect(held.witness.context['aws:PrincipalArn']).toEqual([entry.Arn]);
              }
            }
          }
        }
      }),
      { numRuns: toRuns(300) },
    );
  });
});
