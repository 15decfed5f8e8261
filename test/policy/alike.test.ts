/** Which questions are of one kind: too few kinds would be wrong answers, too many slow ones. */
import { describe, expect, it } from 'vitest';
import { iamInventory } from '../../shared/evidence/iam.ts';
import { createAnswers, toGroupKind, toShared } from '../../shared/policy/alike.ts';
import { toHolderIndex } from '../../shared/policy/holders.ts';
import type { AccountPrincipals, KeyQuestion } from '../../shared/policy/holding.ts';
import { parseIdentityPolicy, parsePolicy } from '../../shared/policy/policy-document.ts';
import { allow, deny, document } from '../checks/iam-cases.ts';
import { delegation, keyAccountId, keyArn, outsideAccountId, root } from './policies.ts';

const otherKeyArn = keyArn.replace(/[^/]*$/, '99999999-8888-4777-8666-555555555555');
const toArn = (name: string) => `arn:aws:iam::${keyAccountId}:role/${name}`;
const where = (operator: string, key: string, value: string) => ({
  Condition: { [operator]: { [key]: value } },
});
const toKeyPolicy = (...statements: object[]) => parsePolicy(document(...statements));
const toNamed = (...statements: object[]) => ({
  ref: 'any',
  policy: parseIdentityPolicy(document(...statements)),
});
const unread = { ref: 'unread', policy: null };
const grant = (GranteePrincipal: string) => ({ GrantId: 'g', GranteePrincipal, Operations: ['Decrypt'] });

type Given = Partial<Omit<KeyQuestion, 'accounts'>> &
  Partial<AccountPrincipals> & { own?: object[]; boundary?: object[] };
const answers = createAnswers();
const toKind = ({ own = [allow('kms:Decrypt')], boundary, ...given }: Given): string => {
  const inventory = iamInventory.parse({
    users: [],
    groups: [],
    roles: [
      {
        Arn: toArn('reader'),
        RoleName: 'reader',
        RoleId: 'AROAREADER',
        AssumeRolePolicyDocument: '{}',
        RolePolicyList: own.map((statement, index) => ({
          PolicyName: `p-${index}`,
          PolicyDocument: document(statement),
        })),
        PermissionsBoundary: boundary && { PermissionsBoundaryArn: 'boundary' },
      },
    ],
    policies: boundary ? [{ Arn: 'boundary', Document: document(...boundary) }] : [],
  });
  const { organizationId, serviceControl, ...more } = given;
  const account = { account: keyAccountId, inventory, isPartial: false, organizationId, serviceControl };
  const question = { keyArn, keyPolicy: toKeyPolicy(delegation), grants: [], accounts: [account], ...more };
  const [group] = toHolderIndex(inventory).groups;
  if (!group) throw new Error('an inventory of one role has one group');
  return toGroupKind(question, group, toShared(question, account), answers);
};

const named = (name: string) => allow('kms:*', { Sid: name, Principal: { AWS: toArn(name) } });
const onTeam = allow('kms:Decrypt', where('StringEquals', 'aws:ResourceTag/team', 'a'));
const onContext = allow('kms:Decrypt', where('StringEquals', 'kms:EncryptionContext:app', 'a'));

describe('two questions', () => {
  it.each<[what: string, one: Given, other: Given]>([
    ['their keys', {}, { keyArn: otherKeyArn }],
    [
      'whom the key policy names',
      { keyPolicy: toKeyPolicy(delegation, named('a')) },
      { keyPolicy: toKeyPolicy(named('b'), delegation) },
    ],
    [
      'that it names anybody',
      {},
      { keyPolicy: toKeyPolicy(delegation, named('a'), deny('kms:*', { Principal: { AWS: toArn('b') } })) },
    ],
    [
      'which service it names',
      {},
      { keyPolicy: toKeyPolicy(delegation, allow('kms:*', { Principal: { Service: '*' } })) },
    ],
    [
      'whom a Deny spares',
      { keyPolicy: toKeyPolicy(deny('kms:*', { NotPrincipal: { AWS: toArn('a') } })) },
      { keyPolicy: toKeyPolicy(deny('kms:*', { NotPrincipal: { AWS: toArn('b') } })) },
    ],
    [
      'the order of whom it lets in',
      { keyPolicy: toKeyPolicy({ ...delegation, Principal: { AWS: [root, outsideAccountId] } }) },
      { keyPolicy: toKeyPolicy({ ...delegation, Principal: { AWS: [outsideAccountId, root] } }) },
    ],
    ['names of statements', {}, { keyPolicy: toKeyPolicy({ ...delegation, Sid: 'Other' }) }],
    [
      'statements about nothing of this',
      {},
      { keyPolicy: toKeyPolicy(delegation, allow('kms:Encrypt', { Principal: '*' })) },
    ],
    [
      'grants to whom they name',
      {},
      { grants: [grant(toArn('a')), { GrantId: 'h', GranteePrincipal: outsideAccountId }] },
    ],
    ['contexts that nothing asks for', { contexts: [{ app: 'a' }] }, { contexts: [{ app: 'b' }, {}] }],
    ['what is known and nothing asks for', {}, { knownContext: { 'aws:ResourceTag/team': ['a'] } }],
    [
      'what is known, asked for or not',
      { own: [onTeam], knownContext: { 'aws:ResourceTag/team': ['a'] } },
      { own: [onTeam], knownContext: { 'kms:KeySpec': ['b'], 'AWS:ResourceTag/team': ['a'] } },
    ],
    [
      'contexts, where other keys are asked for',
      { own: [onTeam], contexts: [{ app: 'a' }] },
      { own: [onTeam], contexts: [] },
    ],
    [
      'statements about other keys',
      { own: [allow('kms:Decrypt')] },
      { own: [allow('kms:Decrypt'), { ...deny('kms:*'), Resource: otherKeyArn }] },
    ],
    [
      'patterns of other keys',
      { own: [allow('kms:Decrypt')] },
      {
        own: [allow('kms:Decrypt'), { ...deny('kms:*'), Resource: ['arn:aws:kms:*:*:key/9*', otherKeyArn] }],
      },
    ],
    [
      'how they name the key',
      { own: [{ ...allow('kms:Decrypt'), Resource: keyArn }] },
      { own: [{ ...allow('kms:Decrypt'), Resource: 'arn:aws:kms:*:*:key/*' }] },
    ],
    [
      'the order and number of statements',
      { own: [allow('kms:Decrypt'), onTeam] },
      { own: [onTeam, allow('kms:Decrypt'), onTeam] },
    ],
    [
      'what a policy says of a service control policy’s key',
      { serviceControl: [[toNamed(allow('*'), { ...deny('kms:*'), Resource: otherKeyArn })]] },
      { serviceControl: [[toNamed(allow('*'))]] },
    ],
  ])('are of one kind, whatever %s', (_, one, other) => {
    expect(toKind(other)).toBe(toKind(one));
  });

  it.each<[what: string, one: Given, other: Given]>([
    ['what the key policy says', {}, { keyPolicy: toKeyPolicy({ ...delegation, Action: 'kms:Decrypt' }) }],
    [
      'on which conditions',
      {},
      { keyPolicy: toKeyPolicy({ ...delegation, ...where('Bool', 'aws:MultiFactorAuthPresent', 'true') }) },
    ],
    [
      'whom it delegates to',
      {},
      { keyPolicy: toKeyPolicy({ ...delegation, Principal: { AWS: outsideAccountId } }) },
    ],
    ['that it is open', {}, { keyPolicy: toKeyPolicy({ ...delegation, Principal: '*' }) }],
    [
      'that it spares',
      { keyPolicy: toKeyPolicy(deny('kms:*', { Principal: { AWS: root } })) },
      { keyPolicy: toKeyPolicy(deny('kms:*', { NotPrincipal: { AWS: root } })) },
    ],
    [
      'that it names the key',
      { keyPolicy: toKeyPolicy({ ...delegation, Resource: otherKeyArn }) },
      { keyPolicy: toKeyPolicy(delegation) },
    ],
    ['their organisation', { organizationId: 'o-a1b2c3d4e5' }, { organizationId: null }],
    ['that their organisation is known', { organizationId: null }, {}],
    ['a grant to the account', {}, { grants: [grant(root)] }],
    ['whether grants were seen', {}, { grants: undefined }],
    [
      'the contexts asked for',
      { own: [onContext], contexts: [{ app: 'a' }] },
      { own: [onContext], contexts: [{ app: 'b' }] },
    ],
    [
      'the contexts asked for beside others',
      { own: [onTeam, onContext], contexts: [{ app: 'a' }] },
      { own: [onTeam, onContext], contexts: [{ app: 'b' }] },
    ],
    [
      'the contexts the key policy asks for',
      { keyPolicy: toKeyPolicy({ ...onContext, Principal: '*' }), contexts: [{ app: 'a' }] },
      { keyPolicy: toKeyPolicy({ ...onContext, Principal: '*' }), contexts: [] },
    ],
    [
      'what is known',
      { own: [onTeam], knownContext: { 'aws:ResourceTag/team': ['a'] } },
      { own: [onTeam], knownContext: { 'aws:ResourceTag/team': ['b'] } },
    ],
    [
      'what is known that a service control policy asks for',
      { serviceControl: [[toNamed(onTeam)]], knownContext: { 'aws:ResourceTag/team': ['a'] } },
      { serviceControl: [[toNamed(onTeam)]] },
    ],
    [
      'what is known that a resource control policy asks for',
      {
        resourceControl: [[{ ref: 'r', policy: toKeyPolicy({ ...onTeam, Principal: '*' }) }]],
        knownContext: { 'aws:ResourceTag/team': ['a'] },
      },
      { resourceControl: [[{ ref: 'r', policy: toKeyPolicy({ ...onTeam, Principal: '*' }) }]] },
    ],
    [
      'a service control policy',
      { serviceControl: [[toNamed(allow('*'))]] },
      { serviceControl: [[toNamed(allow('*'), deny('kms:*'))]] },
    ],
    [
      'a level',
      { serviceControl: [[toNamed(allow('*')), toNamed(deny('kms:*'))]] },
      { serviceControl: [[toNamed(allow('*'))], [toNamed(deny('kms:*'))]] },
    ],
    [
      'an unread service control policy',
      { serviceControl: [[toNamed(allow('s3:*')), unread]] },
      { serviceControl: [[toNamed(allow('s3:*'))]] },
    ],
    ['whether these were seen', { serviceControl: [] }, { serviceControl: undefined }],
    [
      'a resource control policy',
      { resourceControl: [[{ ref: 'r', policy: toKeyPolicy(deny('kms:*', { Principal: '*' })) }]] },
      { resourceControl: [[{ ref: 'r', policy: toKeyPolicy(deny('s3:*', { Principal: '*' })) }]] },
    ],
    [
      'an unread resource control policy',
      { resourceControl: [[unread]] },
      { resourceControl: [[{ ref: 'r', policy: toKeyPolicy(deny('s3:*', { Principal: '*' })) }]] },
    ],
    ['what their own policies say', {}, { own: [allow('kms:Encrypt')] }],
    [
      'that they say it of a key',
      { own: [{ ...allow('kms:Decrypt'), Resource: keyArn }] },
      { own: [{ ...allow('kms:Decrypt'), Resource: otherKeyArn }] },
    ],
    [
      'that they say it of all but a key',
      { own: [{ Effect: 'Deny', Action: 'kms:*', NotResource: keyArn }] },
      { own: [{ Effect: 'Deny', Action: 'kms:*', NotResource: otherKeyArn }] },
    ],
    [
      'a variable in the key’s name',
      { own: [{ ...allow('kms:Decrypt'), Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/a}' }] },
      { own: [{ ...allow('kms:Decrypt'), Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/b}' }] },
    ],
    [
      'the key, where a variable may name it',
      { own: [{ ...allow('kms:Decrypt'), Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/a}' }] },
      {
        keyArn: otherKeyArn,
        own: [{ ...allow('kms:Decrypt'), Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/a}' }],
      },
    ],
    ['a boundary', {}, { boundary: [allow('*')] }],
    ['what it says', { boundary: [allow('*')] }, { boundary: [allow('s3:*')] }],
    [
      'where it is said',
      { own: [allow('kms:Decrypt')], boundary: [onTeam] },
      { own: [onTeam], boundary: [allow('kms:Decrypt')] },
    ],
  ])('are of two kinds by %s', (_, one, other) => {
    expect(toKind(other)).not.toBe(toKind(one));
  });
});
