import { describe, expect, it } from 'vitest';
import { ZodError } from 'zod';
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
const parse = (...rows: object[]) => [
  ...parseTallies(rows.map((each) => JSON.stringify(each)).concat(''), account),
];

describe('a row of Athena', () => {
  it('is a tally of the principal whom single events would name', () => {
    expect(parse(row)).toEqual([
      {
        region: 'eu-central-1',
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

  it('without a use tells that the trail tells of the Region', () => {
    expect(parse({ account, region: 'eu-west-1', is_use: false })).toEqual([{ region: 'eu-west-1' }]);
  });

  it.each([
    ['no context', { context: null }],
    ['a context that was sent as null', { context: 'null' }],
  ])('with %s has an empty one', (_what, more) => {
    expect(parse({ ...row, ...more })[0]?.use?.uses.context).toEqual({});
  });

  it.each([
    ['an operation that is no use', { operation: 'DescribeKey' }],
    ['no count', { calls: 0 }],
    ['a context that is no pairs of text', { context: '{"a":1}' }],
  ])('with %s is refused', (_what, wrong) => {
    expect(() => parse({ ...row, ...wrong })).toThrow(ZodError);
  });
});
