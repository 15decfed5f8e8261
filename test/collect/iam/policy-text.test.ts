import { describe, expect, it } from 'vitest';
import { canConcernKms, decodeDocument } from '../../../shared/collect/iam/policy-text.ts';

const policy = (statement: unknown) => JSON.stringify({ Version: '2012-10-17', Statement: statement });
const allow = (Action: unknown) => ({ Effect: 'Allow', Action, Resource: '*' });

describe('decodeDocument', () => {
  it.each([
    ['a document', '%7B%22Version%22%3A%20%222012-10-17%22%7D', '{"Version": "2012-10-17"}'],
    ['letters of every alphabet', encodeURIComponent('Schlüssel 鍵 🔑'), 'Schlüssel 鍵 🔑'],
    ['a plus as a plus', 'a+b%2Bc', 'a+b+c'],
    ['plain JSON as it is', '{"Sid": "100 %"}', '{"Sid": "100 %"}'],
    ['a broken encoding as it is', '%E4%ZZ', '%E4%ZZ'],
  ])('gives %s', (_, sent, text) => {
    expect(decodeDocument(sent)).toBe(text);
  });
});

describe('canConcernKms', () => {
  it.each([
    ['an action of KMS', policy([allow('kms:Decrypt')])],
    ['an action of KMS in other letters', policy([allow('KMS:decrypt')])],
    ['every action', policy([allow('*')])],
    ['a pattern before the colon', policy([allow('k*:Decrypt')])],
    ['one action of many', policy([allow(['s3:Get*', 'kms:Describe*'])])],
    ['a statement after others', policy([allow('s3:*'), { ...allow('kms:*'), Effect: 'Deny' }])],
    ['all but some actions', policy([{ Effect: 'Allow', NotAction: ['s3:*'], Resource: '*' }])],
    ['all but KMS, which would not', policy([{ Effect: 'Deny', NotAction: ['kms:*'], Resource: '*' }])],
    ['a lone statement', policy(allow('kms:*'))],
    ['no action at all', policy([{ Effect: 'Allow', Resource: '*' }])],
    ['an empty list of actions', policy([allow([])])],
    ['an action that is no text', policy([allow([7])])],
    ['an action without a service', policy([allow('Decrypt')])],
    ['no JSON', 'nonsense'],
    ['no statement', '{}'],
    ['a statement that is none', policy(['s3:*'])],
  ])('is true for %s', (_, document) => {
    expect(canConcernKms(document)).toBe(true);
  });

  it.each([
    ['other services', policy([allow(['s3:*', 'ec2:Describe*']), allow('sts:AssumeRole')])],
    ['a service whose name begins alike', policy([allow('kmsx:*')])],
    ['a lone statement', policy(allow('s3:*'))],
    ['no statements', policy([])],
  ])('is false for %s', (_, document) => {
    expect(canConcernKms(document)).toBe(false);
  });
});
