/**
 * Claims that a write of each Secret's data is recorded within the days allowed. Does not claim that the value changed
 * in meaning, nor that none was written unrecorded: a rewrite that changes nothing moves no time.
 */
import type { Secret } from '../evidence/kubernetes/secret.ts';
import { toDaysBetween } from '../evidence/timestamp.ts';
import { defineCheck } from './check.ts';
import { isContent } from './kubernetes/known-controllers.ts';
import { toName } from './kubernetes/pairings.ts';
import { getDistinctSecrets, toSecretReference } from './kubernetes/secret-index.ts';
import { toCount, toList } from './kubernetes/words.ts';

interface Old {
  secret: string;
  type: string;
  lastWrite: string;
  /** As managedFields names it; null where the date is that of creation. */
  writer: string | null;
  ageDays: number;
  allowedDays: number;
}

/**
 * Who last wrote, by managedFields: whoever holds a key wrote its value last, so that writers of annotations alone
 * count only where nothing names the keys. Else the creation: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
const getLastWrite = ({ writers = [], createdAt }: Secret) => {
  const ofData = writers.filter(({ keys }) => keys.length > 0);
  const [latest] = (ofData.length > 0 ? ofData : writers)
    .flatMap(({ time, manager }) =>
      time === undefined ? [] : [{ lastWrite: time, writer: manager ?? null }],
    )
    .sort((a, b) => Date.parse(b.lastWrite) - Date.parse(a.lastWrite));
  return latest ?? (createdAt === undefined ? undefined : { lastWrite: createdAt, writer: null });
};

export const secretsAreRenewed = defineCheck({
  id: 'secrets-are-renewed',
  kind: 'state',
  link: 5,
  scope: 'object',
  subject: null,
  facts: ['kubernetes.secrets'],
  title: 'Secrets are written anew often enough',
  rationale:
    'A credential that never changes is known to everyone who could ever read it: people who left, backups, old nodes. Whoever renews it now and then knows that it can be done in a hurry.',
  remediation: {
    text: 'Renew the credential where it is issued, and write it into the Secret; better let a controller do both. How old one may be is thresholds.secretAgeDays.',
    url: 'https://kubernetes.io/docs/concepts/security/secrets-good-practices/',
  },
  references: ['https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management'],
  frameworks: { 'NIST 800-53': ['SC-12', 'IA-5'], 'PCI DSS 4': ['3.7.4'] },
  outcomes: {
    old: {
      severity: 'low',
      message: ({ secret, type, lastWrite, writer, ageDays, allowedDays }: Old) =>
        `Of Secret ${secret} (${type}) there is no recorded write since ${writer === null ? 'its creation' : `that of ${writer}`} on ${lastWrite.slice(0, 10)}, ${ageDays} days ago; it should be written anew at least every ${allowedDays} days.`,
    },
  },
  pass: 'Of every Secret a write is recorded within the days allowed.',
  *evaluate({ read, cluster, collectedAt }, { thresholds: { secretAgeDays: allowedDays } }) {
    if (cluster.arn === 'manifests')
      return yield { notApplicable: 'A manifest does not tell when its Secret was last written.' };
    const undated: string[] = [];
    for (const secret of getDistinctSecrets(read('kubernetes.secrets'))) {
      if (!isContent(secret) || secret.dataCount === 0) continue;
      const last = getLastWrite(secret);
      if (!last) undated.push(toName(secret));
      else if (toDaysBetween(last.lastWrite, collectedAt) > allowedDays)
        yield {
          outcome: 'old',
          object: toSecretReference(secret),
          evidence: {
            secret: toName(secret),
            type: secret.type,
            ...last,
            ageDays: Math.floor(toDaysBetween(last.lastWrite, collectedAt)),
            allowedDays,
          },
        };
    }
    if (undated.length > 0)
      yield {
        unknown: 'unsupported',
        detail: `nothing tells of a last write of ${toCount(undated.length, 'Secret')}: ${toList(undated)}`,
      };
  },
});
