import { describe, expect, it } from 'vitest';
import { classifyAccount } from '../../shared/evidence/account-trust.ts';
import { toKnown, toUnknown } from '../../shared/evidence/fact.ts';
import type { Organization } from '../../shared/evidence/organization.ts';
import { settings } from '../../shared/evidence/settings.ts';

const own = '111122223333';
const member = '222233334444';
const stranger = '999988887777';
const whole = toKnown<Organization>({ accounts: [own, member] });
const partial = toKnown<Organization>({ accounts: [member] }, [{ what: 'page 2', reason: 'throttled' }]);
const denied = toUnknown('access-denied', 'ListAccounts was denied');

describe('classifyAccount', () => {
  it.each([
    ['the own account, whatever is known', own, denied, {}, 'inside'],
    ['a trusted account', stranger, denied, { trustedAccounts: [stranger] }, 'inside'],
    ['a member of the organisation', member, whole, {}, 'inside'],
    ['a member of a list known in part', member, partial, {}, 'inside'],
    ['an account the configuration lists', member, denied, { organizationAccounts: [member] }, 'inside'],
    ['a member the configuration forgot', member, whole, { organizationAccounts: [own] }, 'inside'],
    ['a stranger to the organisation', stranger, whole, {}, 'outside'],
    ['a stranger to the configured list', stranger, denied, { organizationAccounts: [own] }, 'outside'],
    ['a stranger to a list known in part', stranger, partial, {}, { unknown: 'throttled' }],
    ['a stranger where the list was denied', stranger, denied, {}, { unknown: 'access-denied' }],
    ['a stranger where nobody asked', stranger, undefined, {}, { unknown: 'failed' }],
  ])('classifies %s', (_, account, organization, configured, zone) => {
    const given = { ownAccount: own, organization, settings: settings.parse(configured) };
    const classified = classifyAccount(account, given);
    if (typeof zone === 'string') expect(classified).toBe(zone);
    else expect(classified).toMatchObject({ ...zone, detail: expect.stringContaining(account) });
  });
});
