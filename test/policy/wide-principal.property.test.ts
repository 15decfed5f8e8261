/** What one principal may by policies of every kind that take values from the request. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findPower } from '../../shared/policy/power.ts';
import { findPrincipalWitness } from '../../shared/policy/principal-witness.ts';
import { longest, toRuns } from '../runs.ts';
import { toTurned } from './changes.ts';
import { type RawPolicies, type RawStatement, rawPolicies } from './iam-generators.ts';
import { parseRaw } from './iam-parse.ts';
import { delegation, keyAccountId, keyArn } from './policies.ts';
import { type Sought, seekRequest } from './seek.ts';
import { wideAction, wideBlock, wideDocument, wideResource } from './wide-documents.ts';
import { actions } from './zone-requests.ts';

const roleArn = `arn:aws:iam::${keyAccountId}:role/ab`;
const tagSets: Record<string, string>[] = [{}, {}, { x: 'a' }, { x: 'ab', y: 'a' }];
const identityStatement: fc.Arbitrary<RawStatement> = fc
  .tuple(fc.constantFrom('Allow', 'Allow', 'Deny'), wideAction, wideResource, wideBlock(2))
  .map(([Effect, ...elements]) => Object.assign({ Effect }, ...elements));
const statements = fc.array(identityStatement, { minLength: 1, maxLength: 3 });
/** Only the language is wide here; who is named, and by what kind of policy, is the other generator's. */
const policies: fc.Arbitrary<RawPolicies> = fc
  .record({
    raw: rawPolicies,
    keyPolicy: fc.oneof(wideDocument, fc.constant<RawStatement[]>([delegation])),
    identity: fc.array(statements, { maxLength: 2 }),
    boundary: fc.option(statements, { freq: 1 }),
  })
  .map(({ raw, ...wide }) => ({ ...raw, ...wide }));
const principal = fc
  .record({ isUser: fc.boolean(), tags: fc.constantFrom(...tagSets) })
  .map(({ isUser, tags }) => {
    const kind = isUser ? ('user' as const) : ('role' as const);
    const arn = isUser ? `arn:aws:iam::${keyAccountId}:user/ab` : roleArn;
    const uniqueId = isUser ? 'AIDAEXAMPLE' : 'AROAEXAMPLE';
    return { principal: { kind, arn, accountId: keyAccountId }, tags, uniqueId, organizationId: null };
  });
type Fixed = typeof principal extends fc.Arbitrary<infer Item> ? Item : never;

const toAskerOf =
  ({ principal: { kind, arn, accountId }, uniqueId, tags }: Fixed): Sought['toAsker'] =>
  (pick, texts) => {
    const session = pick(texts.filter((text) => /^[\w.-]+$/.test(text)));
    const own = Object.entries(tags).map(([name, value]) => [`aws:PrincipalTag/${name}`, [value]]);
    return {
      principal:
        kind === 'user'
          ? { kind, arn, accountId, userId: uniqueId }
          : {
              kind: 'role-session',
              arn: `arn:aws:sts::${accountId}:assumed-role/ab/${session}`,
              roleArn: arn,
              accountId,
              userId: `${uniqueId}:${session}`,
            },
      context: Object.fromEntries(own),
    };
  };

const toFixed = ({ principal: { kind } }: Fixed): Sought['fixed'] => {
  const identity = [
    'principalorgid',
    'principalorgpaths',
    'username',
    'userid',
    'principalarn',
    'principalaccount',
  ];
  const source = ['sourceaccount', 'sourcearn', 'sourceorgid', 'sourceorgpaths', 'vpceaccount'];
  const untold = [...identity, ...source].map((name) => [`aws:${name}`, [[]]]);
  const own = ['x', 'y', 'z', 'team'].map((name) => [`aws:principaltag/${name}`, [[]]]);
  return {
    ...Object.fromEntries([...untold, ...(kind === 'user' ? own : [])]),
    'kms:calleraccount': [[]],
    'aws:multifactorauthpresent': [[], ['true'], ['false']],
  };
};

describe('What one principal may, whatever values policies take from the request', {
  timeout: longest,
}, () => {
  it('is all that it finds by trying, in any order of the policies', () => {
    fc.assert(
      fc.property(policies, principal, fc.nat(), (raw, fixed, seed) => {
        const parsed = parseRaw(raw);
        const toAnswer = (given: RawPolicies) =>
          Object.keys(findPrincipalWitness({ ...fixed, actions, keyArn }, parseRaw(given)))[0];
        const answer = toAnswer(raw);
        const said = new Set([answer, toAnswer(toTurned(raw))]);
        expect(said.has('found') && said.has('none')).toBe(false);
        const { power } = findPower(fixed, actions, parsed, { keyArn });
        if (answer === 'found') expect(power).not.toBe('no');
        if (answer === 'none') expect(power).not.toBe('yes');
        if (answer !== 'none' && power !== 'no') return;
        const { identity, serviceControl = [], resourceControl = [] } = parsed;
        const named = [
          ...(identity?.policies ?? []),
          identity?.boundary,
          ...serviceControl.flat(),
          ...resourceControl.flat(),
        ];
        const documents = [parsed.keyPolicy, ...named.flatMap((one) => one?.policy ?? [])];
        const sought = {
          policies: parsed,
          documents,
          actions,
          toAsker: toAskerOf(fixed),
          fixed: toFixed(fixed),
        };
        expect(seekRequest(sought, seed)).toBe(null);
      }),
      { numRuns: toRuns(40) },
    );
  });
});
