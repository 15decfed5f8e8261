import { describe, expect, it } from 'vitest';
import { getMentions } from '../../shared/policy/mentions.ts';
import { keyAccountId, keyArn, open, organizationId, outsideAccountId, root, toPolicy } from './policies.ts';

const mention = (statements: object | object[], own?: string) =>
  getMentions(toPolicy(statements), own, keyArn);
const on = (key: string, value: string | string[], operator = 'StringLike') =>
  open({ Condition: { [operator]: { [key]: value } } });
const role = `arn:aws:iam::${outsideAccountId}:role/theirs`;

describe('what a policy mentions', () => {
  it('are accounts, organisations, principals, buckets and services, each once and sorted', () => {
    const found = mention(
      [
        open({
          Principal: {
            AWS: [role, role, root, '555566667777', '*'],
            Service: ['sns.amazonaws.com', 's3.amazonaws.com'],
            Federated: 'arn:aws:iam::888899990000:saml-provider/x',
          },
        }),
        open({ Principal: undefined, NotPrincipal: { AWS: `arn:aws:iam::${outsideAccountId}:user/u` } }),
        open({
          Condition: {
            StringEquals: {
              'aws:PrincipalOrgID': ['o-zzzzzzzzzz', 'o-zzzzzzzzzz'],
              'aws:PrincipalServiceName': 'lambda.amazonaws.com',
            },
            ArnLike: { 'aws:SourceArn': ['arn:aws:s3:::a', 'arn:aws:s3:::b*', 'arn:aws:s3:::c?'] },
          },
        }),
        { ...open({ Principal: { Service: 'denied.amazonaws.com' } }), Effect: 'Deny' },
      ],
      organizationId,
    );
    expect(found).toMatchObject({
      keyArn,
      partition: 'aws',
      organizationId,
      accountIds: [keyAccountId, outsideAccountId, '555566667777', '888899990000'].sort(),
      organizationIds: [organizationId, 'o-zzzzzzzzzz'],
      principalArns: [role, `arn:aws:iam::${outsideAccountId}:user/u`],
      bucketArns: ['arn:aws:s3:::a'],
      services: ['lambda.amazonaws.com', 's3.amazonaws.com', 'sns.amazonaws.com'],
      isPartial: false,
      freshAccountIds: ['999999999999'],
      freshOrganizationIds: ['o-9999999999'],
      freshService: 'ec2.amazonaws.com',
      freshVpcIds: ['vpc-99999999999999999'],
      freshVpceIds: ['vpce-99999999999999999'],
    });
  });

  it('are no organisation but those that are named, and none where none is', () => {
    expect(mention(open())).toMatchObject({
      organizationId: null,
      organizationIds: [],
      services: [],
      accountIds: [keyAccountId],
    });
    expect(mention(on('aws:PrincipalOrgID', ['o-ab*', 'xo-abcdefghij'])).organizationIds).toEqual([]);
    expect(mention(on('aws:x', '1234567890123')).accountIds).toEqual([keyAccountId]);
  });

  it('are the services that a pattern takes in, by its shortest text', () => {
    const keys = ['aws:PrincipalServiceName', 'aws:PrincipalServiceNamesList'];
    expect(mention(keys.map((key, index) => on(key, `s${index}*.amazonaws.com`))).services).toEqual([
      's0.amazonaws.com',
      's1.amazonaws.com',
    ]);
    expect(mention(on('aws:PrincipalServiceName', '*')).services).toEqual([]);
    expect(mention(on('aws:SourceIdentity', 'x')).services).toEqual([]);
  });

  it.each<[says: string, statements: object | object[], fresh: object]>([
    ['accounts', on('aws:x', ['999999999999', '999999999998']), { freshAccountIds: ['999999999997'] }],
    ['organisations', on('aws:x', 'o-9999999999'), { freshOrganizationIds: ['o-9999999998'] }],
    [
      'networks',
      on('aws:x', ['vpc-99999999999999999', 'vpce-99999999999999999']),
      { freshVpcIds: ['vpc-99999999999999998'], freshVpceIds: ['vpce-99999999999999998'] },
    ],
    [
      'services',
      on('aws:x', ['ec2.amazonaws.com', 's3.amazonaws.com']),
      { freshService: 'lambda.amazonaws.com' },
    ],
    [
      'services, where all the common ones are named',
      on(
        'aws:x',
        ['ec2', 's3', 'lambda', 'sns'].map((name) => `${name}.amazonaws.com`),
      ),
      { freshService: 'service-9.amazonaws.com' },
    ],
    [
      'services, where that too is named',
      on(
        'aws:x',
        ['ec2', 's3', 'lambda', 'sns', 'service-9'].map((name) => `${name}.amazonaws.com`),
      ),
      { freshService: 'service-8.amazonaws.com' },
    ],
  ])('leaves fresh %s that it does not mention', (_, statements, fresh) => {
    expect(mention(statements)).toMatchObject(fresh);
  });

  it.each(['aws:PrincipalAccount', 'kms:CallerAccount', 'aws:SourceAccount'])(
    'are accounts of every kind that patterns on %s tell apart',
    (key) => {
      const { freshAccountIds } = mention(on(key, ['98*', '*', '??????????5*']));
      const kinds = freshAccountIds.map((id) => `${id.startsWith('98')} ${id[10] === '5'}`);
      expect(new Set(kinds)).toEqual(new Set(['false false', 'true false', 'false true', 'true true']));
      expect(freshAccountIds.every((id) => /^\d{12}$/.test(id))).toBe(true);
    },
  );

  it.each(['aws:PrincipalArn', 'aws:SourceArn'])(
    'are accounts of every kind that patterns in %s tell apart',
    (key) => {
      const { freshAccountIds } = mention(on(key, 'arn:aws:iam::98*:role/x'));
      expect(freshAccountIds.map((id) => id.startsWith('98')).sort()).toEqual([false, true]);
      expect(mention(on('aws:Other', 'arn:aws:iam::98*:role/x')).freshAccountIds).toEqual(['999999999999']);
    },
  );

  it.each(['aws:PrincipalOrgID', 'aws:SourceOrgID', 'aws:PrincipalOrgPaths', 'aws:SourceOrgPaths'])(
    'are organisations of every kind that patterns on %s tell apart',
    (key) => {
      const { freshOrganizationIds } = mention(on(key, key.endsWith('Paths') ? 'o-ab*/r-1/*' : 'o-ab*'));
      expect(freshOrganizationIds.map((id) => id.startsWith('o-ab')).sort()).toEqual([false, true]);
      expect(freshOrganizationIds.every((id) => /^o-.{10}$/.test(id))).toBe(true);
      expect(
        mention(on(key, ['*', '**', ['$', '{aws:PrincipalTag/o}*'].join('')])).freshOrganizationIds,
      ).toEqual(['o-9999999999']);
    },
  );

  it('are never those that are mentioned, even where a pattern takes them in', () => {
    const { freshAccountIds } = mention([
      on('aws:PrincipalAccount', '9999999999*'),
      on('aws:x', '999999999999'),
    ]);
    expect(freshAccountIds).not.toContain('999999999999');
    expect(freshAccountIds.some((id) => id.startsWith('9999999999'))).toBe(true);
  });

  it('are found once for the same statements, organisation and key', () => {
    const policy = toPolicy([open(), on('aws:x', 'a')]);
    const found = getMentions(policy, undefined, keyArn);
    expect(getMentions({ ...policy, statements: [...policy.statements] }, undefined, keyArn)).toBe(found);
    expect(getMentions(policy, organizationId, keyArn)).not.toBe(found);
    expect(getMentions(policy, undefined, keyArn.replace(keyAccountId, outsideAccountId))).not.toBe(
      getMentions(policy, undefined, keyArn),
    );
    const [first] = policy.statements;
    const fewer = { ...policy, statements: first ? [first] : [] };
    expect(getMentions(fewer, undefined, keyArn)).not.toBe(getMentions(policy, undefined, keyArn));
    const [, other] = toPolicy([open(), on('aws:x', '555566667777')]).statements;
    const changed = { ...policy, statements: [...fewer.statements, ...(other ? [other] : [])] };
    expect(getMentions(policy, undefined, keyArn).accountIds).toEqual([keyAccountId]);
    expect(getMentions(changed, undefined, keyArn).accountIds).toContain('555566667777');
    expect(getMentions({ ...policy, statements: [] }, undefined, keyArn).accountIds).toEqual([keyAccountId]);
  });
});
