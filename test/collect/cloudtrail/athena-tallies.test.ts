import { describe, expect, it } from 'vitest';
import { ZodError } from 'zod';
import { toActor } from '../../../shared/activity/actor.ts';
import { parseTallies } from '../../../shared/collect/cloudtrail/athena-tallies.ts';

const account = '111122223333';
const row = {
  account,
  region: 'eu-central-1',
  is_use: true,
  key_name: `arn:aws:kms:eu-central-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
  operation: 'Decrypt',
  context: '{"aws:eks:context":"a9a8a022"}',
  outcome: 'success',
  caller_type: 'AssumedRole',
  caller_arn: `arn:aws:sts::${account}:assumed-role/backup`,
  caller_account: account,
  calls: 12,
  first_at: '2026-11-24T01:00:00Z',
  last_at: '2026-11-24T02:00:00Z',
  events: ['a', 'b'],
  sources: ['192.0.2.1'],
  agents: ['aws-cli/2'],
};
const hour = {
  account,
  region: 'eu-central-1',
  is_use: false,
  event_hour: '2026-11-24T20',
  records: 3,
  has_kms: false,
};
const parse = (...rows: object[]) => [
  ...parseTallies(rows.map((each) => JSON.stringify(each)).concat(''), account),
];

describe('a row of Athena', () => {
  it('is a tally of the principal whom single events would name', () => {
    expect(parse(row)).toEqual([
      {
        region: 'eu-central-1',
        kind: 'use',
        use: {
          of: { key: row.key_name, account, region: 'eu-central-1' },
          uses: {
            principal: `arn:aws:iam::${account}:role/backup`,
            kind: 'role',
            account,
            operation: 'Decrypt',
            context: { 'aws:eks:context': 'a9a8a022' },
            outcome: 'success',
            count: 12,
            first: '2026-11-24T01:00:00.000Z',
            last: '2026-11-24T02:00:00.000Z',
            events: ['a', 'b'],
            sources: ['192.0.2.1'],
            agents: ['aws-cli/2'],
          },
        },
      },
    ]);
  });

  it('of another account of the same bucket is none of ours, even where it names ours', () => {
    expect(parse({ ...row, account: '444455556666' })).toEqual([]);
  });

  it('of an hour tells that the trail kept records then, and whether any was of KMS', () => {
    expect(parse(hour, { ...hour, region: 'eu-west-1', has_kms: true })).toEqual([
      { region: 'eu-central-1', kind: 'hour', hour: '2026-11-24T20', hasKms: false },
      { region: 'eu-west-1', kind: 'hour', hour: '2026-11-24T20', hasKms: true },
    ]);
  });

  it('of a federated session hands on who issued it', () => {
    const federated = {
      caller_type: 'FederatedUser',
      caller_arn: `arn:aws:sts::${account}:federated-user/Bob`,
      issuer_type: 'IAMUser',
      issuer_arn: `arn:aws:iam::${account}:user/people/Carol`,
    };
    const identity = {
      type: 'FederatedUser',
      arn: federated.caller_arn,
      accountId: account,
      sessionContext: { sessionIssuer: { type: 'IAMUser', arn: federated.issuer_arn } },
    };
    expect(parse({ ...row, ...federated })).toMatchObject([{ use: { uses: toActor(identity, 'aws') } }]);
  });

  it.each([
    ['no context', { context: null }],
    ['a context that was sent as null', { context: 'null' }],
  ])('with %s has an empty one', (_what, more) => {
    const [told] = parse({ ...row, ...more });
    expect(told?.kind === 'use' && told.use.uses.context).toEqual({});
  });

  it.each([
    ['an operation that is no use', { operation: 'DescribeKey' }],
    ['no count', { calls: 0 }],
    ['a context that is no pairs of text', { context: '{"a":1}' }],
  ])('with %s is refused', (_what, wrong) => {
    expect(() => parse({ ...row, ...wrong })).toThrow(ZodError);
  });

  it.each([
    ['no hour', { event_hour: '2026-11-24' }],
    ['no records', { records: 0 }],
    ['nothing about KMS', { has_kms: null }],
  ])('of an hour with %s is refused', (_what, wrong) => {
    expect(() => parse({ ...hour, ...wrong })).toThrow(ZodError);
  });
});
