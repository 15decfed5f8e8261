/**
 * Claims that imported key material has no expiry within the grace that the settings give. Does not claim that
 * its owner still has a copy to import again, without which an expired key is lost.
 */
import { toDaysBetween } from '../evidence/timestamp.ts';
import { defineCheck } from './check.ts';

interface Expiry {
  key: string;
  validTo: string;
}

const lossOfKey = 'the key is unusable until the very same material is imported again';

export const keyMaterialDoesNotExpire = defineCheck({
  id: 'key-material-does-not-expire',
  kind: 'state',
  link: 2,
  scope: 'key',
  subject: null,
  facts: ['key.metadata'],
  title: 'Imported key material does not expire soon',
  rationale:
    'When imported material expires KMS deletes it, and the API server cannot open its data after its next restart. Only the same material, imported again, brings the key back.',
  remediation: {
    text: 'Import the same material again before it expires, best without an expiry: aws kms import-key-material --key-id KEY --expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE … KMS wants material that has not expired to be deleted first, which makes the key unusable for that moment.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-import-key-material.html',
  },
  references: ['https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys.html'],
  frameworks: { 'NIST 800-53': ['SC-12', 'SC-12(1)'] },
  outcomes: {
    expiresSoon: {
      severity: 'high',
      message: ({ key, validTo, daysLeft }: Expiry & { daysLeft: number }) =>
        `The imported material of key ${key} expires on ${validTo.slice(0, 10)} (whole days left: ${daysLeft}). KMS then deletes it, and ${lossOfKey}.`,
    },
    expired: {
      severity: 'high',
      message: ({ key, validTo }: Expiry) =>
        `The imported material of key ${key} expired on ${validTo.slice(0, 10)}: ${lossOfKey}.`,
    },
    gone: {
      severity: 'high',
      message: ({ key }: { key: string }) =>
        `Key ${key} has no imported material any more (state PendingImport): it expired or was deleted, and ${lossOfKey}.`,
    },
  },
  pass: 'The imported key material has no expiry within the grace.',
  *evaluate({ read, collectedAt }, { thresholds }) {
    const key = read('key.metadata');
    if (!key.Origin)
      return yield { unknown: 'failed', detail: `KMS did not say where ${key.Arn} comes from` };
    if (key.Origin !== 'EXTERNAL')
      return yield { notApplicable: `The key's material is not imported (origin ${key.Origin}).` };

    // The earliest expiry of all material of the key, where any of it expires.
    const validTo = key.ValidTo;
    if (validTo) {
      const daysLeft = toDaysBetween(collectedAt, validTo);
      const expiry = { key: key.Arn, validTo };
      if (daysLeft <= 0) return yield { outcome: 'expired', evidence: expiry };
      if (daysLeft <= thresholds.materialExpiryDays)
        return yield { outcome: 'expiresSoon', evidence: { ...expiry, daysLeft: Math.floor(daysLeft) } };
      return;
    }
    // A key that sealed a cluster had material once, and KMS gives no date for what is gone.
    if (key.KeyState === 'PendingImport') return yield { outcome: 'gone', evidence: { key: key.Arn } };
    if (key.ExpirationModel !== 'KEY_MATERIAL_DOES_NOT_EXPIRE')
      return yield { unknown: 'failed', detail: `KMS did not say when the material of ${key.Arn} expires` };
  },
});
