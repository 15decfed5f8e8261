import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iamInventory } from '../../shared/evidence/iam.ts';
import { decide } from '../../shared/policy/decide.ts';
import { createIdentityReader } from '../../shared/policy/identity-policies.ts';
import { findHoldings } from '../../shared/policy/key-holders.ts';
import { findPower, type Power } from '../../shared/policy/power.ts';
import { powerActions } from '../../shared/policy/powers.ts';
import { longest, toRuns } from '../runs.ts';
import { additions, conditioned, denial, removals, toTurned } from './changes.ts';
import { type RawPolicies, type RawStatement, rawPolicies } from './iam-generators.ts';
import { parseRaw } from './iam-parse.ts';
import { keyAccountId, keyArn } from './policies.ts';

const toText = (statements: RawStatement[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const otherKeyArn = keyArn.replace(/[^/]*$/, '99999999-8888-4777-8666-555555555555');
const knownContexts: (Record<string, string[]> | undefined)[] = [
  undefined,
  { 'aws:PrincipalTag/team': ['b'], 'aws:CurrentTime': ['2026-11-24T00:00:00Z'] },
  { 'aws:SourceIp': ['203.0.113.7'] },
];
type Tag = { Key: string; Value: string };
const tags = fc.constantFrom<Tag[]>([], [{ Key: 'team', Value: 'a' }], [{ Key: 'team', Value: 'b' }]);

type Holder = { name: string; isUser: boolean; which: number; tags: Tag[] };
const holders: fc.Arbitrary<Holder[]> = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('team/reader', 'reader-2', 'writer', 'ops', 'late', 'early'),
    isUser: fc.boolean(),
    which: fc.nat(2),
    tags,
  }),
  { minLength: 2, maxLength: 8, selector: ({ isUser, name }) => `${isUser} ${name}` },
);
/** A few policies among many holders, so that some are alike and some are not. */
const documents = fc.array(rawPolicies, { minLength: 1, maxLength: 3 });

const toInventory = (policies: RawPolicies[], asked: Holder[]) => {
  const toEntry = ({ name, which, tags: Tags }: Holder, kind: 'user' | 'role') => {
    const document = policies[which % policies.length];
    return {
      Arn: `arn:aws:iam::${keyAccountId}:${kind}/${name}`,
      name: name.replace(/.*\//, ''),
      inline: (document?.identity ?? []).map((statements, index) => ({
        PolicyName: `${name}-${index}`,
        PolicyDocument: toText(statements),
      })),
      PermissionsBoundary: document?.boundary
        ? { PermissionsBoundaryArn: `boundary-${which % policies.length}` }
        : undefined,
      Tags,
    };
  };
  return iamInventory.parse({
    users: asked
      .filter(({ isUser }) => isUser)
      .map((holder) => toEntry(holder, 'user'))
      .map(({ name, inline, ...entry }) => ({
        ...entry,
        UserName: name,
        UserId: `AIDA${name}`,
        UserPolicyList: inline,
      })),
    roles: asked
      .filter(({ isUser }) => !isUser)
      .map((holder) => toEntry(holder, 'role'))
      .map(({ name, inline, ...entry }) => ({
        ...entry,
        RoleName: name,
        RoleId: `AROA${name}`,
        AssumeRolePolicyDocument: '{}',
        RolePolicyList: inline,
      })),
    groups: [],
    policies: policies.flatMap(({ boundary }, index) =>
      boundary ? [{ Arn: `boundary-${index}`, Document: toText(boundary) }] : [],
    ),
  });
};

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
    documents,
    holders,
  })
  .map(({ raw, other, keys, ...iam }) => ({
    keys: keys.map((key) => ({ ...key, raw: key.isOtherPolicy ? other : raw })),
    inventory: toInventory(iam.documents, iam.holders),
  }));

/** Who may decrypt, and how surely. */
const toDecrypters = (raw: RawPolicies, policies: RawPolicies[], asked: Holder[]): Map<string, Power> => {
  const { keyPolicy, grants, serviceControl, resourceControl } = parseRaw(raw);
  const inventory = toInventory(policies, asked);
  const account = { account: keyAccountId, inventory, isPartial: false, serviceControl };
  const question = {
    keyArn,
    contexts: [{ app: 'a' }],
    keyPolicy,
    grants,
    resourceControl,
    accounts: [account],
  };
  const holdings = findHoldings(question, { decrypt: powerActions.decrypt });
  return new Map(holdings.map(({ principal, powers }) => [principal, powers.decrypt?.power ?? 'no']));
};
const rank = { no: 0, conditional: 1, yes: 2 };

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
      { numRuns: toRuns(100) },
    );
  });

  it('finds nobody who may more when a Deny comes, an Allow or a grant goes, or the order changes', () => {
    const changes = fc.constantFrom(
      ...additions.flatMap((add) =>
        [denial, conditioned].map((deny) => (raw: RawPolicies) => add(raw, deny)),
      ),
      ...removals,
    );
    fc.assert(
      fc.property(rawPolicies, documents, holders, changes, (raw, policies, asked, change) => {
        const before = toDecrypters(raw, policies, asked);
        const after = toDecrypters(change(raw), policies.map(change), asked);
        for (const [principal, power] of after)
          expect(rank[power]).toBeLessThanOrEqual(rank[before.get(principal) ?? 'no']);
        expect(toDecrypters(toTurned(raw), policies.map(toTurned), asked.toReversed())).toEqual(before);
      }),
      { numRuns: toRuns(300) },
    );
  });
});
