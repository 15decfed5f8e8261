import { EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { serve, workload } from '../serve.ts';

const toInput = (role: string, ExternalId?: string) => ({
  RoleArn: `arn:aws:iam::${workload}:role/${role}`,
  RoleSessionName: 'scan',
  ExternalId,
});

describe('STS of the sandbox', () => {
  it('gives keys that act as the role, in the role’s account', async () => {
    const { sandbox, toConfig } = await serve();
    const sts = new STSClient(toConfig());
    const { Credentials, AssumedRoleUser } = await sts.send(new AssumeRoleCommand(toInput('keyward-member')));
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken,
    };
    const identity = await new STSClient({ ...toConfig(), credentials }).send(
      new GetCallerIdentityCommand({}),
    );
    expect(identity.Arn).toBe(`arn:aws:sts::${workload}:assumed-role/keyward-member/scan`);
    expect(identity.Arn).toBe(AssumedRoleUser?.Arn);
    const { clusters } = await new EKSClient({ ...toConfig(), credentials }).send(
      new ListClustersCommand({}),
    );
    expect(clusters).toEqual(['working']);
    expect(sandbox.requests.counts.get('sts:AssumeRole')).toBe(1);
    const withoutToken = { ...credentials, sessionToken: undefined };
    const asked = new STSClient({ ...toConfig(), credentials: withoutToken }).send(
      new GetCallerIdentityCommand({}),
    );
    await expect(asked).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  });

  it.each([
    { role: 'none', externalId: undefined, why: 'does not exist' },
    { role: 'closed', externalId: undefined, why: 'does not trust the caller' },
    { role: 'guarded', externalId: undefined, why: 'wants an ExternalId' },
    { role: 'guarded', externalId: 'wrong', why: 'wants another ExternalId' },
  ])('denies a role that $why', async ({ role, externalId }) => {
    const { toConfig } = await serve();
    const asked = new STSClient(toConfig()).send(new AssumeRoleCommand(toInput(role, externalId)));
    await expect(asked).rejects.toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
  });

  it('lets in who knows the ExternalId', async () => {
    const { toConfig } = await serve();
    const answer = await new STSClient(toConfig()).send(
      new AssumeRoleCommand(toInput('guarded', 'open-sesame')),
    );
    expect(answer.Credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now());
  });

  it.each([
    { accessKeyId: 'AKIANOBODY', sts: 'InvalidClientTokenId', kms: 'UnrecognizedClientException' },
    { accessKeyId: 'AKIAEXPIRED', sts: 'ExpiredToken', kms: 'ExpiredTokenException' },
  ])('answers $accessKeyId with $sts, and in KMS with $kms', async ({ accessKeyId, sts, kms }) => {
    const { toConfig } = await serve();
    const identity = new STSClient(toConfig(accessKeyId)).send(new GetCallerIdentityCommand({}));
    await expect(identity).rejects.toMatchObject({ name: sts, $metadata: { httpStatusCode: 403 } });
    const key = new KMSClient(toConfig(accessKeyId)).send(new DescribeKeyCommand({ KeyId: 'x' }));
    await expect(key).rejects.toMatchObject({ name: kms, $metadata: { httpStatusCode: 400 } });
  });
});
