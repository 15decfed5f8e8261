import { describe, expect, it } from 'vitest';
import { toKnown, toUnknown } from '../../shared/evidence/fact.ts';
import { controlPolicies } from '../../shared/evidence/iam.ts';
import { PolicyError } from '../../shared/policy/policy-error.ts';
import { toSeenPolicies } from '../../shared/policy/seen-policies.ts';
import { keyAccountId, open, outsideAccountId } from './policies.ts';

const otherAccountId = '999988887777';
const toText = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: statement });
const toControl = (Arn: string, managementAccount: string, statement: object) =>
  controlPolicies.parse({
    managementAccount,
    levels: [{ target: 'r-1', policies: [{ Id: 'p-1', Arn, Name: 'One', Content: toText(statement) }] }],
  });
const allow = { Effect: 'Allow', Action: '*', Resource: '*' };
const grants = [{ GrantId: 'g-1', GranteePrincipal: 'arn:aws:iam::1:role/a', Operations: ['Decrypt'] }];
const gap = [{ what: 'page 2', reason: 'throttled' as const }];
const denied = toUnknown('access-denied', 'no');
const serviceControl = toControl('scp', otherAccountId, allow);
const resourceControl = toControl('rcp', otherAccountId, { ...allow, Principal: '*' });
const seen = {
  keyPolicy: toText(open()),
  keyAccount: keyAccountId,
  account: outsideAccountId,
  identity: { policies: [], boundary: null },
  grants: toKnown(grants),
  serviceControl: toKnown(serviceControl),
  resourceControl: toKnown(resourceControl),
};
const tell = (changed: Partial<Parameters<typeof toSeenPolicies>[0]>) => {
  const policies = toSeenPolicies({ ...seen, ...changed });
  const toRefs = (levels: typeof policies.serviceControl) =>
    levels
      ?.map((level) => level.map(({ ref, policy }) => (policy === null ? `${ref}?` : ref)).join())
      .join() ?? 'unseen';
  return {
    statements: policies.keyPolicy.statements.length,
    isIdentitySeen: policies.identity !== undefined,
    grants: policies.grants?.map(({ GrantId }) => GrantId).join() ?? 'unseen',
    service: toRefs(policies.serviceControl),
    resource: toRefs(policies.resourceControl),
  };
};
const whole = { statements: 1, isIdentitySeen: true, grants: 'g-1', service: 'scp', resource: 'rcp' };

describe('what was read', () => {
  it.each<[says: string, changed: Parameters<typeof tell>[0], told: object]>([
    ['decides as a whole where all was', {}, {}],
    ['has no identity where none was', { identity: undefined }, { isIdentitySeen: false }],
    ['has no grants where they are unknown', { grants: denied }, { grants: 'unseen' }],
    ['has no grants where some are missing', { grants: toKnown(grants, gap) }, { grants: 'unseen' }],
    ['has none where there are none', { grants: toKnown([]) }, { grants: '' }],
    ['has no service control where it is unknown', { serviceControl: denied }, { service: 'unseen' }],
    [
      'has no service control where some is missing, which might allow',
      { serviceControl: toKnown(serviceControl, gap) },
      { service: 'unseen' },
    ],
    ['has no resource control where it is unknown', { resourceControl: denied }, { resource: 'unseen' }],
    [
      'has what there is of resource control, which only denies',
      { resourceControl: toKnown(resourceControl, gap) },
      { resource: 'rcp' },
    ],
    [
      'has no service control over a caller of the management account',
      { serviceControl: toKnown(toControl('scp', outsideAccountId, allow)) },
      { service: '' },
    ],
    [
      'has no resource control over a key of the management account',
      { resourceControl: toKnown(toControl('rcp', keyAccountId, { ...allow, Principal: '*' })) },
      { resource: '' },
    ],
    [
      'has service control over a caller whose key alone is of the management account',
      { serviceControl: toKnown(toControl('scp', keyAccountId, allow)) },
      {},
    ],
  ])('%s', (_, changed, told) => {
    expect(tell(changed)).toEqual({ ...whole, ...told });
  });

  it('is an error where the key policy is not understood', () => {
    expect(() => tell({ keyPolicy: '{' })).toThrow(PolicyError);
  });
});
