/**
 * Claims that KMS is set to give the key new material often enough, or was told to lately. Does not claim that old
 * material is gone (KMS keeps it to decrypt), nor that a disabled key rotates: it keeps its setting, and waits.
 */
import { parseArn } from '../evidence/arn.ts';
import { isKnown } from '../evidence/fact.ts';
import type { KeyMetadata, PastRotation } from '../evidence/key.ts';
import { toKmsCommand } from '../evidence/key-reference.ts';
import { toDaysBetween } from '../evidence/timestamp.ts';
import { defineCheck } from './check.ts';

interface NotRotating {
  key: string;
  /** Where rotation is set: of a replica, its primary. */
  primary: string;
  allowedDays: number;
  lastRotation: string | null;
}

const lastRotated = ({ lastRotation }: NotRotating) =>
  lastRotation ? `its last rotation was on ${lastRotation.slice(0, 10)}` : 'it was never rotated';

/** KMS rotates a multi-Region key by its primary alone: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html */
const getPrimary = ({ Arn, MultiRegionConfiguration: family }: KeyMetadata): string =>
  family?.MultiRegionKeyType === 'REPLICA' ? (family.PrimaryKey?.Arn ?? Arn) : Arn;

const atPrimary = (key: string, primary: string): string =>
  key === primary
    ? ''
    : `The key is a replica and rotates with its primary, in ${parseArn(primary)?.region}: `;

/** KMS takes periods from 90 to 2560 days: https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html */
const toEnableRotation = ({ key, primary, allowedDays }: NotRotating) =>
  `${atPrimary(key, primary)}${toKmsCommand('enable-key-rotation', primary)} --rotation-period-in-days ${Math.min(Math.max(allowedDays, 90), 2560)}`;

/** Why KMS offers this key no rotation: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html */
const getIneligibility = (key: KeyMetadata): string | undefined => {
  if (key.KeyManager === 'AWS') return 'AWS rotates its managed keys itself, every year.';
  if (key.KeySpec && key.KeySpec !== 'SYMMETRIC_DEFAULT')
    return `KMS cannot rotate a key of spec ${key.KeySpec}.`;
  if (key.CustomKeyStoreId || key.Origin === 'AWS_CLOUDHSM' || key.Origin === 'EXTERNAL_KEY_STORE')
    return `KMS cannot rotate a key in a custom key store (origin ${key.Origin}).`;
  if (key.KeyState === 'PendingImport') return 'The key holds no material to rotate.';
  // A key pending deletion reads as not rotating, whatever it was set to.
  if (key.KeyState === 'PendingDeletion' || key.KeyState === 'PendingReplicaDeletion')
    return 'The key is pending deletion; its rotation status says nothing.';
  return undefined;
};

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html */
const defaultPeriodDays = 365;

const getLastRotation = (rotations: PastRotation[]): string | null =>
  rotations
    .flatMap((rotation) => rotation.RotationDate ?? [])
    .sort()
    .at(-1) ?? null;

export const keyRotates = defineCheck({
  id: 'key-rotates',
  kind: 'state',
  link: 2,
  scope: 'key',
  subject: null,
  facts: ['key.metadata', 'key.rotation', 'key.rotations'],
  title: 'The key is rotated often enough',
  rationale:
    'Rotation limits how much data one generation of key material protects, and many standards ask for it. KMS keeps earlier material, so rotating breaks nothing.',
  remediation: {
    text: 'Switch automatic rotation on: aws kms enable-key-rotation --key-id KEY --rotation-period-in-days 365. For imported material import new material and call rotate-key-on-demand.',
    url: 'https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-enable.html',
  },
  references: ['https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html'],
  frameworks: {
    'AWS Security Hub': ['KMS.4'],
    'AWS Config': ['cmk-backing-key-rotation-enabled'],
    'NIST 800-53': ['SC-12', 'SC-12(2)', 'SC-28(3)'],
    'PCI DSS 4': ['3.7.4'],
    Prowler: ['kms_cmk_rotation_enabled'],
  },
  outcomes: {
    off: {
      severity: 'medium',
      message: (seen: NotRotating) =>
        `Automatic rotation of the key is off and ${lastRotated(seen)}; it should be rotated at least every ${seen.allowedDays} days.`,
      fix: toEnableRotation,
    },
    tooSeldom: {
      severity: 'medium',
      message: (seen: NotRotating & { periodDays: number }) =>
        `The key rotates every ${seen.periodDays} days and ${lastRotated(seen)}; it should be rotated at least every ${seen.allowedDays} days.`,
      fix: toEnableRotation,
    },
    importedMaterialIsOld: {
      severity: 'low',
      message: (seen: NotRotating) =>
        `The key's imported material can be rotated on demand only, and ${lastRotated(seen)}; it should be rotated at least every ${seen.allowedDays} days.`,
      fix: ({ key, primary }: NotRotating) =>
        `${atPrimary(key, primary)}Import new key material, then ${toKmsCommand('rotate-key-on-demand', primary)}`,
    },
  },
  pass: 'KMS rotates the key as often as is asked, or was told to lately.',
  *evaluate({ read, peek, collectedAt }, { thresholds }) {
    const key = read('key.metadata');
    const ineligible = getIneligibility(key);
    if (ineligible) return yield { notApplicable: ineligible };

    const allowedDays = thresholds.rotationDays;
    const keys = { key: key.Arn, primary: getPrimary(key) };
    const isRecent = (moment: string | null | undefined) =>
      moment != null && toDaysBetween(moment, collectedAt) <= allowedDays;
    const isNew =
      !!key.CreationDate && toDaysBetween(key.CreationDate, collectedAt) < thresholds.newKeyGraceDays;
    const tooNew = { notApplicable: `The key is younger than ${thresholds.newKeyGraceDays} days.` };
    // Where a page of the history is missing, the rotation that was not found may stand there.
    const isPartial = () => {
      const rotations = peek('key.rotations');
      return isKnown(rotations) && rotations.missing.length > 0;
    };

    if (key.Origin === 'EXTERNAL') {
      const lastRotation = getLastRotation(read('key.rotations'));
      // Material that was never rotated is at most as old as its key.
      if (isRecent(lastRotation ?? key.CreationDate) || isPartial()) return;
      if (isNew) return yield tooNew;
      return yield {
        outcome: 'importedMaterialIsOld',
        evidence: { ...keys, allowedDays, lastRotation },
      };
    }

    const rotation = read('key.rotation');
    const periodDays = rotation.RotationPeriodInDays ?? defaultPeriodDays;
    if (rotation.KeyRotationEnabled && periodDays <= allowedDays) return;
    if (isNew) return yield tooNew;
    if (isRecent(rotation.OnDemandRotationStartDate)) return;
    const lastRotation = getLastRotation(read('key.rotations'));
    if (isRecent(lastRotation) || isPartial()) return;
    if (rotation.KeyRotationEnabled)
      return yield {
        outcome: 'tooSeldom',
        evidence: { ...keys, allowedDays, lastRotation, periodDays },
      };
    return yield { outcome: 'off', evidence: { ...keys, allowedDays, lastRotation } };
  },
});
