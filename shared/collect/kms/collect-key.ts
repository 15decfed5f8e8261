/**
 * What KMS says of one key. Asked in the key's own Region; in another account than the key's only DescribeKey,
 * GetKeyRotationStatus and ListGrants are answered, if the key policy allows:
 * https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
 */
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  paginateListAliases,
  paginateListGrants,
  paginateListKeyRotations,
} from '@aws-sdk/client-kms';
import { type Fact, isKnown, toUnknown, type Unknown } from '../../evidence/fact.ts';
import {
  type Grant,
  grant,
  type KeyEvidence,
  type KeyMetadata,
  keyMetadata,
  keyRotation,
  pastRotation,
} from '../../evidence/key.ts';
import { getConditionKeys } from '../../policy/condition-keys.ts';
import { parsePolicy } from '../../policy/policy-document.ts';
import { collectFact, collectPages } from '../collect-fact.ts';

/** The largest pages KMS gives: a key under EBS volumes has hundreds of grants. */
const grantsPerPage = 100;
const rotationsPerPage = 1000;
const aliasesPerPage = 100;

const policyReadsAliases = ['kms:resourcealiases', 'kms:requestalias'];

export interface KeyReader {
  client: KMSClient;
  /** False where the key lives in another account than the credentials. */
  isHome: boolean;
  /** Calls that this endpoint turned out to lack, with what it said: not asked again for the next key. */
  lacking: Map<string, Unknown>;
  abortSignal: AbortSignal;
}

/** Asks for what an action tells, unless the endpoint turned out to lack it. */
export const unlessLacking = async <T>(
  { lacking }: KeyReader,
  action: string,
  collect: () => Promise<Fact<T>>,
): Promise<Fact<T>> => {
  const known = lacking.get(action);
  if (known) return known;
  const fact = await collect();
  if (!isKnown(fact) && fact.unknown === 'unsupported') lacking.set(action, fact);
  return fact;
};

export const collectKeyMetadata = (reader: KeyReader, keyId: string): Promise<Fact<KeyMetadata>> =>
  collectFact(async () => {
    const { client, abortSignal } = reader;
    return keyMetadata.parse(
      (await client.send(new DescribeKeyCommand({ KeyId: keyId }), { abortSignal })).KeyMetadata,
    );
  });

/** Everything of a key but its metadata, which decides what else is worth asking. */
export const collectKeyFacts = async (
  reader: KeyReader,
  arn: string,
  metadata: Fact<KeyMetadata>,
): Promise<Pick<KeyEvidence, 'policy' | 'grants' | 'rotation' | 'rotations' | 'aliases'>> => {
  const [policy, grants, rotation] = await Promise.all([
    collectPolicy(reader, arn),
    collectGrants(reader, arn),
    isKnown(metadata) && canRotate(metadata.value) ? collectRotation(reader, arn, metadata.value) : {},
  ]);
  const aliases =
    isKnown(policy) && readsAliases(policy.value) ? { aliases: await collectAliases(reader, arn) } : {};
  return { policy, grants, ...rotation, ...aliases };
};

/** https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html */
const canRotate = (key: KeyMetadata): boolean =>
  key.KeyManager === 'CUSTOMER' &&
  key.KeySpec === 'SYMMETRIC_DEFAULT' &&
  (key.Origin === 'AWS_KMS' || key.Origin === 'EXTERNAL');

/** What a call gives that KMS answers in the key’s own account only, from another one. */
export const notAtHome = (action: string): Unknown =>
  toUnknown(
    'access-denied',
    `${action} works in the key's own account only, and that account could not be entered`,
  );

const collectPolicy = async (
  { client, isHome, abortSignal }: KeyReader,
  arn: string,
): Promise<Fact<string>> =>
  isHome
    ? collectFact(async () => {
        // The only policy a key can have; AWS supplies the name where it is left out, emulators do not.
        const command = new GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' });
        const { Policy } = await client.send(command, { abortSignal });
        if (Policy === undefined) throw new Error('GetKeyPolicy gave no policy');
        return Policy;
      })
    : notAtHome('kms:GetKeyPolicy');

const collectGrants = ({ client, abortSignal }: KeyReader, arn: string): Promise<Fact<Grant[]>> =>
  collectPages(
    'kms:ListGrants',
    paginateListGrants({ client, pageSize: grantsPerPage }, { KeyId: arn }, { abortSignal }),
    (page) => (page.Grants ?? []).map((entry) => grant.parse(entry)),
  );

const collectRotation = async (reader: KeyReader, arn: string, key: KeyMetadata) => {
  const { client, isHome, abortSignal } = reader;
  const [rotation, rotations] = await Promise.all([
    // Imported material never rotates by itself: its status says nothing.
    key.Origin === 'EXTERNAL'
      ? undefined
      : collectFact(async () =>
          keyRotation.parse(
            await client.send(new GetKeyRotationStatusCommand({ KeyId: arn }), { abortSignal }),
          ),
        ),
    isHome
      ? unlessLacking(reader, 'kms:ListKeyRotations', () =>
          collectPages(
            'kms:ListKeyRotations',
            paginateListKeyRotations({ client, pageSize: rotationsPerPage }, { KeyId: arn }, { abortSignal }),
            (page) => (page.Rotations ?? []).map((entry) => pastRotation.parse(entry)),
          ),
        )
      : notAtHome('kms:ListKeyRotations'),
  ]);
  return { rotation, rotations };
};

const readsAliases = (policy: string): boolean => {
  // Most policies say nothing of the kind, and need not be parsed; JSON may spell a letter as an escape.
  if (!/aliases|\\u/i.test(policy)) return false;
  try {
    return getConditionKeys(parsePolicy(policy)).some((key) => policyReadsAliases.includes(key));
  } catch {
    // The checks of the policy say that it can't be understood; here it only decides whether to ask for aliases.
    return false;
  }
};

const collectAliases = async (
  { client, isHome, abortSignal }: KeyReader,
  arn: string,
): Promise<Fact<string[]>> =>
  isHome
    ? collectPages(
        'kms:ListAliases',
        paginateListAliases({ client, pageSize: aliasesPerPage }, { KeyId: arn }, { abortSignal }),
        (page) => (page.Aliases ?? []).flatMap((alias) => alias.AliasName ?? []),
      )
    : notAtHome('kms:ListAliases');
