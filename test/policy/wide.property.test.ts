/** What must hold of policies that take values from the request, in every way that the language has. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../shared/policy/principal.ts';
import { findWitness } from '../../shared/policy/witness.ts';
import { longest, toRuns } from '../runs.ts';
import { keyArn, outsideAccountId, toPolicy } from './policies.ts';
import { type Sought, seekRequest } from './seek.ts';
import { type RawStatement, wideDocument, wideStatement } from './wide-documents.ts';
import { actions, zones } from './zone-requests.ts';

type Asked = (typeof zones)[number];
const zone = fc.constantFrom(...zones);
const toText = (statements: RawStatement[]) => JSON.stringify(statements);
const ask = (asked: Asked, statements: RawStatement[]) =>
  findWitness({ actions, zone: asked, keyArn }, { keyPolicy: toPolicy(statements) });
const toAnswer = (asked: Asked, statements: RawStatement[]) => Object.keys(ask(asked, statements))[0];

/** Somebody of the zone whom the policies do not name. */
const toAskerOf =
  ({ kind }: Asked): Sought['toAsker'] =>
  (pick, texts) => {
    const accountId = kind === 'outside' ? outsideAccountId : pick(['987654321098', '717654321098']);
    const name = pick(['q', ...texts.filter((text) => /^[\w.-]+$/.test(text) && text !== 'ab')]);
    const organization = pick<Record<string, string[]>>([
      {},
      {
        'aws:PrincipalOrgID': ['o-q1q1q1q1q1'],
        'aws:PrincipalOrgPaths': [`o-q1q1q1q1q1/r-any/${pick(['ou-a', 'ou'])}/`],
      },
    ]);
    if (kind === 'service')
      return { principal: { kind: 'service', service: 's3.amazonaws.com' }, context: {} };
    const iam = `arn:aws:iam::${accountId}`;
    const session = pick(['one', name]);
    const principal = pick<Principal>([
      {
        kind: 'role-session',
        arn: `arn:aws:sts::${accountId}:assumed-role/${name}/${session}`,
        roleArn: `${iam}:role/${name}`,
        accountId,
        userId: `AROA9999999999STRANGE:${session}`,
      },
      { kind: 'user', arn: `${iam}:user/${name}`, accountId, userId: 'AIDA9999999999STRANGE' },
      { kind: 'account-root', arn: `${iam}:root`, accountId },
    ]);
    return { principal, context: organization };
  };
const fixed: Sought['fixed'] = {
  ...Object.fromEntries(
    ['sourceaccount', 'sourcearn', 'sourceorgid', 'sourceorgpaths', 'principalorgid', 'principalorgpaths']
      .concat(['username', 'userid', 'principalarn', 'principalaccount', 'vpceaccount'])
      .map((key) => [`aws:${key}`, [[]]]),
  ),
  'kms:calleraccount': [[]],
  // Nobody calls from a network so narrow that it is somebody's own.
  'aws:sourceip': [[], ['8.8.8.8'], ['200.1.1.1'], ['2001:db9::1']],
  'aws:sourcevpc': [[], ['vpc-0f0f0f0f0f0f0f0f0'], ['vpc-1f0f0f0f0f0f0f0f0']],
  'aws:sourcevpce': [[], ['vpce-1f0f0f0f0f0f0f0f0']],
  'aws:multifactorauthpresent': [[], ['true'], ['false']],
};

/** Statements that say the same: one for each of two values any of which is enough. */
const toSplit = (statements: RawStatement[]): RawStatement[] =>
  statements.flatMap((statement) => {
    const blocks = JSON.stringify(statement.Condition);
    const [, operator, key, first, second] =
      /"((?:ForAnyValue:)?(?!ForAll)(?!\w*Not)\w+)":\{(?:[^{}]*,)?"([^"]+)":\["([^"]*)","([^"]*)"\]/.exec(
        blocks,
      ) ?? [];
    if (!operator || !key) return [statement];
    const block: Record<string, Record<string, string[]>> = JSON.parse(blocks);
    return [first, second].map((value) => ({
      ...statement,
      Condition: { ...block, [operator]: { ...block[operator], [key]: [value] } },
    }));
  });
const toRenamed = (statements: RawStatement[]): RawStatement[] =>
  JSON.parse(toText(statements).replaceAll('PrincipalTag/x', 'PrincipalTag/a-name'));
const toTurnedBlock = (statements: RawStatement[]): RawStatement[] =>
  statements.map(({ Condition, ...rest }) => ({
    ...rest,
    Condition: Object.fromEntries(Object.entries(Object(Condition)).reverse()),
  }));

describe('findWitness, whatever values a policy takes from the request', { timeout: longest }, () => {
  it('misses nothing that is found by trying', () => {
    fc.assert(
      fc.property(wideDocument, zone, fc.nat(), (statements, asked, seed) => {
        const keyPolicy = toPolicy(statements);
        // In the zone outside only accounts that the policy names are asked about, of services those that it lets in.
        const mustName = { anyone: '', service: '"Service"', outside: outsideAccountId, unknown: '' }[
          asked.kind
        ];
        if (
          !toText(statements.filter(({ Effect }) => mustName !== '"Service"' || Effect === 'Allow')).includes(
            mustName,
          )
        )
          return;
        if (!('none' in ask(asked, statements))) return;
        const toAsker = toAskerOf(asked);
        const sought = { policies: { keyPolicy }, documents: [keyPolicy], actions, toAsker, fixed };
        expect(seekRequest(sought, seed)).toBe(null);
      }),
      { numRuns: toRuns(40) },
    );
  });

  it('never says both yes and no of what is the same in other words', () => {
    const rewordings: ((statements: RawStatement[]) => RawStatement[])[] = [
      (statements) => statements.toReversed(),
      (statements) => [...statements, ...statements],
      toTurnedBlock,
      toSplit,
    ];
    fc.assert(
      fc.property(wideDocument, zone, fc.constantFrom(...rewordings), (statements, asked, reword) => {
        const said = [toAnswer(asked, statements), toAnswer(asked, reword(statements))];
        expect(new Set(said.filter((one) => one !== 'undecided')).size).toBeLessThan(2);
        expect(toAnswer(asked, toRenamed(statements))).toBe(said[0]);
      }),
      { numRuns: toRuns(40) },
    );
  });

  it('finds nobody more when a Deny comes', () => {
    fc.assert(
      fc.property(wideDocument, wideStatement('Deny', 2), zone, (statements, deny, asked) => {
        // A newcomer may mention an account, which is then asked about in the zone outside.
        if (asked.kind === 'outside' || toAnswer(asked, statements) !== 'none') return;
        expect(toAnswer(asked, [...statements, deny])).not.toBe('found');
      }),
      { numRuns: toRuns(40) },
    );
  });

  it('is undecided of a fifth of these at most: of those that take a value in twice, in a circle or as a number', () => {
    const policies = fc.sample(wideDocument, { numRuns: 150, seed: 7 });
    const undecided = policies.filter((statements) =>
      zones.some((asked) => toAnswer(asked, statements) === 'undecided'),
    );
    expect(undecided.length).toBeLessThan(30);
  });
});
