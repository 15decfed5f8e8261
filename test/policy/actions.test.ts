import { describe, expect, it } from 'vitest';
import {
  administeringActions,
  crossAccountActions,
  decryptingActions,
} from '../../shared/policy/kms-actions.ts';
import {
  everyPowerAction,
  foreignActions,
  keyStoreActions,
  powerActions,
  retirement,
  toDestroyingActions,
} from '../../shared/policy/powers.ts';
import { isForeignAction, toKeyAction } from '../../shared/who/key-actions.ts';

const lists = {
  administeringActions,
  crossAccountActions,
  decryptingActions,
  everyPowerAction,
  foreignActions: [...foreignActions],
  keyStoreActions,
  ...powerActions,
};

describe('the actions that are asked about', () => {
  it.each(Object.entries(lists))('are KMS’s own, each once: %s', (_, actions) => {
    expect(actions.map(toKeyAction)).toEqual(actions);
    expect(new Set(actions).size).toBe(actions.length);
  });

  it('are some of each kind', () => {
    expect(keyStoreActions).toContain('kms:DeleteCustomKeyStore');
    expect(decryptingActions).toContain('kms:Decrypt');
    expect(crossAccountActions).toContain('kms:GenerateDataKey');
    expect(administeringActions).toContain('kms:PutKeyPolicy');
  });

  it('are all those of every power', () => {
    expect(new Set(everyPowerAction)).toEqual(
      new Set([...Object.values(powerActions).flat(), retirement, ...keyStoreActions]),
    );
    expect(everyPowerAction).toContain('kms:RetireGrant');
  });

  it.each([
    [undefined, true],
    ['EXTERNAL', true],
    ['AWS_KMS', false],
    ['EXTERNAL_KEY_STORE', false],
  ])('are about material where the origin is %s: %s', (origin, isAsked) => {
    const actions = toDestroyingActions(origin);
    expect(actions.includes('kms:DeleteImportedKeyMaterial')).toBe(isAsked);
    expect(actions.includes('kms:ImportKeyMaterial')).toBe(isAsked);
    expect(actions).toContain('kms:ScheduleKeyDeletion');
  });

  it('are of other accounts only where KMS takes them from there', () => {
    expect(crossAccountActions.filter((action) => !isForeignAction(action))).toEqual([]);
    expect([...foreignActions].filter((action) => !isForeignAction(action))).toEqual([]);
    expect(administeringActions.filter(isForeignAction)).toEqual([]);
  });
});
