import type { Applicable, Layer, Source } from './applicable.ts';

/** What was not seen though it has a say, and which way it could change this answer. `ref` names one document. */
export type Unseen = { source: Source; ref: string | null; could: 'allow' | 'deny' };

// https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations
const grantableAction =
  /^kms:(encrypt|decrypt|generatedatakey(pair)?(withoutplaintext)?|reencrypt(from|to)|sign|verify|generatemac|verifymac|derivesharedsecret|getpublickey|creategrant|retiregrant|describekey)$/i;

/** What could turn an answer round, had it been seen. */
export function toUnseen(
  applicable: Applicable,
  { action }: { action: string },
  effect: 'allowed' | 'denied' | 'undecided',
): Unseen[] {
  const { identity, boundary, serviceControl, unseen } = applicable;
  const toUnread = (layer: Layer | null | undefined) =>
    layer ? layer.unread.map((ref) => ({ source: layer.source, ref })) : [];
  const limiting: Omit<Unseen, 'could'>[] = [
    ...(identity === undefined ? [{ source: 'identity-policy' as const, ref: null }] : []),
    ...[identity, boundary, ...(serviceControl ?? [])].flatMap(toUnread),
    ...(serviceControl === undefined ? [{ source: 'service-control-policy' as const, ref: null }] : []),
    ...(unseen.resourceControl ? [{ source: 'resource-control-policy' as const, ref: null }] : []),
    ...applicable.unreadResourceControl.map((ref) => ({ source: 'resource-control-policy' as const, ref })),
  ];
  const grants: Unseen[] =
    unseen.grants && grantableAction.test(action) ? [{ source: 'grant', ref: null, could: 'allow' }] : [];
  switch (effect) {
    case 'allowed':
      return limiting.map((one) => ({ ...one, could: 'deny' }));
    case 'denied':
      return grants;
    case 'undecided':
      return [
        ...limiting.map((one): Unseen => ({ ...one, could: isGiving(one.source) ? 'allow' : 'deny' })),
        ...grants,
      ];
  }
}

/** Parts whose Allow is needed, so that the answer may hang on them. */
function isGiving(source: Source): boolean {
  return source === 'identity-policy' || source === 'boundary';
}

/**
 * Whether an Allow may yet be taken back by a document that is there and was not read. What a run can't see at all is
 * its limit: it is told beside the answer and changes none.
 */
export function isOpenToDeny(notSeen: readonly Unseen[]): boolean {
  return notSeen.some(({ ref, could }) => could === 'deny' && ref !== null);
}
