import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/policy/decide.ts';
import type { Policies } from '../../shared/policy/policy.ts';
import { parseIdentityPolicy } from '../../shared/policy/policy-document.ts';
import { PolicyError } from '../../shared/policy/policy-error.ts';
import { findPrincipalWitness, type PrincipalQuestion } from '../../shared/policy/principal-witness.ts';
import { callers } from './case-file.ts';
import { delegation, deny, keyArn, open, toPolicy } from './policies.ts';

const ask = (question: Partial<PrincipalQuestion>, policies: Policies) =>
  findPrincipalWitness({ principal: callers.role, actions: ['kms:Decrypt'], keyArn, ...question }, policies);
const toIdentity = (...statements: object[]): Policies['identity'] => ({
  policies: [
    {
      ref: 'role/reader/inline',
      policy: parseIdentityPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
    },
  ],
  boundary: null,
});
const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', ...more });
const keyPolicy = toPolicy(delegation);

describe('findPrincipalWitness', () => {
  it('finds a closed request with what the policies ask for and nothing else', () => {
    const identity = toIdentity(
      allow({
        Condition: {
          Bool: { 'aws:MultiFactorAuthPresent': 'true' },
          StringLike: { 'kms:EncryptionContext:App': 'a*' },
        },
      }),
    );
    const result = ask({}, { keyPolicy, identity });
    expect(result).toMatchObject({
      found: {
        action: 'kms:Decrypt',
        isClosed: true,
        context: {
          'aws:MultiFactorAuthPresent': ['true'],
          'kms:EncryptionContext:App': [expect.stringMatching(/^a/)],
          'aws:PrincipalArn': [callers.role.arn],
        },
      },
    });
    expect('found' in result && Object.keys(result.found.context)).not.toContain('aws:SourceIp');
  });

  it('writes the session that a grant is for, and the context that it asks for, as they are spelt', () => {
    const grants = [
      {
        GrantId: 'g1',
        GranteePrincipal: callers.session.arn,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextEquals: { 'aws:EKS:context': 'c-1' } },
      },
    ];
    const policies = { keyPolicy: toPolicy(open({ Action: 'kms:Encrypt' })), grants };
    const result = ask({}, policies);
    expect(result).toMatchObject({
      found: {
        principal: { arn: callers.session.arn },
        context: { 'kms:EncryptionContext:aws:EKS:context': ['c-1'] },
      },
    });
    expect('found' in result && decide(result.found, policies).effect).toBe('allowed');
  });

  it('gives up a grant whose context what is known contradicts', () => {
    const grants = [
      {
        GrantId: 'g1',
        GranteePrincipal: callers.role.arn,
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextSubset: { app: 'a' } },
      },
    ];
    const policies = { keyPolicy: toPolicy(open({ Action: 'kms:Encrypt' })), grants };
    expect(ask({ knownContext: { 'kms:EncryptionContext:app': ['b'] } }, policies)).toEqual({ none: true });
    expect(ask({ knownContext: { 'kms:EncryptionContext:app': ['a'] } }, policies)).toHaveProperty('found');
  });

  it('chooses the session name that a condition asks for', () => {
    const statement = open({ Condition: { StringLike: { 'aws:userid': 'AROAEXAMPLEEXAMPLE12:night-?*' } } });
    const result = ask(
      { uniqueId: 'AROAEXAMPLEEXAMPLE12' },
      { keyPolicy: toPolicy(statement), identity: toIdentity(allow({ Action: 'kms:Encrypt' })) },
    );
    expect(result).toMatchObject({
      found: { principal: { arn: expect.stringMatching(/:assumed-role\/reader\/night-.+$/) } },
    });
  });

  it('says so where the conditions combine in too many ways', () => {
    const keys = Array.from({ length: 16 }, (_, index) => `aws:RequestTag/k${index}`);
    const denies = keys.map((key) => deny({ Condition: { StringEquals: { [key]: ['a', 'b'] } } }));
    const impossible = deny({ Condition: { StringNotEquals: { 'custom:never': 'x' } } });
    const last = deny({ Condition: { StringEquals: { 'custom:never': 'x' } } });
    const policies = {
      keyPolicy: toPolicy([open(), ...denies, impossible, last]),
      identity: toIdentity(allow()),
    };
    expect(ask({}, policies)).toHaveProperty('undecided');
  });

  it('needs a Principal element nowhere in IAM, and takes none', () => {
    expect(() => toIdentity({ ...allow(), Principal: '*' })).toThrow(PolicyError);
    expect(() => toIdentity({ ...allow(), NotPrincipal: '*' })).toThrow(PolicyError);
  });
});
