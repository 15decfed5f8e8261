import {
  DescribeKeyCommand,
  GetKeyLastUsageCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  GetPublicKeyCommand,
  InvalidArnException,
  InvalidMarkerException,
  KMSClient,
  ListAliasesCommand,
  ListGrantsCommand,
  ListKeyRotationsCommand,
  NotFoundException,
  paginateListGrants,
  UnsupportedOperationException,
} from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { closedKey, collectPages, leavingKey, openKey, ownKey, serve, signingKey } from '../serve.ts';

const arn = ownKey.metadata.Arn;
const aliasArn = arn.replace(/key\/.*/, 'alias/own');

describe('KMS of the sandbox', () => {
  it.each([ownKey.metadata.KeyId, arn, 'alias/own', aliasArn])('describes a key by %s', async (KeyId) => {
    const { toConfig } = await serve();
    const { KeyMetadata } = await new KMSClient(toConfig()).send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata).toEqual(ownKey.metadata);
  });

  it('gives the public half of an asymmetric key, and of no other', async () => {
    const { toConfig } = await serve();
    const client = new KMSClient(toConfig());
    const ask = (KeyId: string) => client.send(new GetPublicKeyCommand({ KeyId }));
    const { PublicKey, KeyUsage } = await ask(signingKey.metadata.Arn);
    expect({ PublicKey, KeyUsage }).toEqual({ PublicKey: signingKey.publicKey, KeyUsage: 'SIGN_VERIFY' });
    await expect(ask(arn)).rejects.toBeInstanceOf(UnsupportedOperationException);
  });

  it.each([
    { KeyId: 'no-such-key', error: NotFoundException },
    { KeyId: 'alias/none', error: NotFoundException },
    { KeyId: arn.replace('eu-central-1', 'us-east-1'), error: NotFoundException },
    { KeyId: 'arn:aws:s3:::bucket', error: InvalidArnException },
  ])('refuses to describe $KeyId', async ({ KeyId, error }) => {
    const { toConfig } = await serve();
    await expect(new KMSClient(toConfig()).send(new DescribeKeyCommand({ KeyId }))).rejects.toBeInstanceOf(
      error,
    );
  });

  it.each([
    { KeyId: 'alias/own', error: NotFoundException },
    { KeyId: aliasArn, error: InvalidArnException },
  ])('takes no alias ($KeyId) where KMS takes none', async ({ KeyId, error }) => {
    const { toConfig } = await serve();
    const client = new KMSClient(toConfig());
    await expect(client.send(new GetKeyPolicyCommand({ KeyId }))).rejects.toBeInstanceOf(error);
    await expect(client.send(new GetKeyRotationStatusCommand({ KeyId }))).rejects.toBeInstanceOf(error);
    await expect(client.send(new ListGrantsCommand({ KeyId }))).rejects.toBeInstanceOf(error);
    await expect(client.send(new ListKeyRotationsCommand({ KeyId }))).rejects.toBeInstanceOf(error);
  });

  it('pages grants by 50 unless told otherwise, at most 100', async () => {
    const { toConfig } = await serve();
    const client = new KMSClient(toConfig());
    const pages = await collectPages(paginateListGrants({ client }, { KeyId: arn }));
    expect(pages.map(({ Grants, Truncated }) => [Grants?.length, Truncated])).toEqual([
      [50, true],
      [50, true],
      [21, false],
    ]);
    expect(pages.flatMap(({ Grants }) => Grants ?? [])).toEqual(ownKey.grants);
    await expect(client.send(new ListGrantsCommand({ KeyId: arn, Limit: 101 }))).rejects.toThrow('Limit');
    const lost = client.send(new ListGrantsCommand({ KeyId: arn, Marker: 'nonsense' }));
    await expect(lost).rejects.toBeInstanceOf(InvalidMarkerException);
  });

  it('tells policy, rotation, past rotations, aliases and last use of its own keys', async () => {
    const { toConfig } = await serve();
    const client = new KMSClient(toConfig());
    const policy = await client.send(new GetKeyPolicyCommand({ KeyId: arn }));
    expect(JSON.parse(policy.Policy ?? '')).toHaveProperty('Statement');
    const status = await client.send(new GetKeyRotationStatusCommand({ KeyId: arn }));
    expect(status).toMatchObject({ KeyId: arn, KeyRotationEnabled: true, RotationPeriodInDays: 365 });
    const first = await client.send(new ListKeyRotationsCommand({ KeyId: arn, Limit: 2 }));
    expect(first).toMatchObject({ Rotations: ownKey.rotations.slice(0, 2), Truncated: true });
    const aliases = await client.send(new ListAliasesCommand({ KeyId: arn }));
    expect(aliases.Aliases).toEqual([
      { AliasName: 'alias/own', AliasArn: aliasArn, TargetKeyId: ownKey.metadata.KeyId },
    ]);
    const usage = await client.send(new GetKeyLastUsageCommand({ KeyId: arn }));
    expect(usage).toMatchObject({
      KeyLastUsage: { Operation: 'Decrypt' },
      TrackingStartDate: ownKey.metadata.CreationDate,
    });
  });

  it('does not rotate asymmetric keys, and reads false while a key is pending deletion', async () => {
    const { toConfig } = await serve();
    const client = new KMSClient(toConfig());
    const asymmetric = client.send(new GetKeyRotationStatusCommand({ KeyId: signingKey.metadata.Arn }));
    await expect(asymmetric).rejects.toBeInstanceOf(UnsupportedOperationException);
    const leaving = await client.send(new GetKeyRotationStatusCommand({ KeyId: leavingKey.metadata.Arn }));
    expect(leaving.KeyRotationEnabled).toBe(false);
  });

  it('answers across accounts only what KMS answers, and only where the key lets the caller in', async () => {
    const { toConfig } = await serve();
    const client = new KMSClient(toConfig());
    const KeyId = openKey.metadata.Arn;
    const denied = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } };
    expect((await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.Arn).toBe(KeyId);
    expect((await client.send(new ListGrantsCommand({ KeyId }))).Grants).toEqual([]);
    expect((await client.send(new GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled).toBe(true);
    await expect(client.send(new GetKeyPolicyCommand({ KeyId }))).rejects.toMatchObject(denied);
    await expect(client.send(new ListKeyRotationsCommand({ KeyId }))).rejects.toMatchObject(denied);
    await expect(client.send(new GetKeyLastUsageCommand({ KeyId }))).rejects.toMatchObject(denied);
    await expect(
      client.send(new DescribeKeyCommand({ KeyId: closedKey.metadata.Arn })),
    ).rejects.toMatchObject(denied);
    const missing = KeyId.replace(openKey.metadata.KeyId, 'none');
    await expect(client.send(new DescribeKeyCommand({ KeyId: missing }))).rejects.toMatchObject(denied);
  });
});
