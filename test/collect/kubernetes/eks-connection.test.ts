import { Agent } from 'node:https';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toEksConnection } from '../../../shared/collect/kubernetes/eks-connection.ts';

const cluster = {
  name: 'payments-prod',
  arn: 'arn:aws:eks:eu-central-1:111122223333:cluster/payments-prod',
  endpoint: 'https://ABC.gr7.eu-central-1.eks.amazonaws.com',
  certificateAuthority: { data: Buffer.from('authority').toString('base64') },
};

const open = (region: string, sessionToken?: string, described = cluster as Partial<typeof cluster>) => {
  const credentials = vi.fn(async () => ({
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'secret/Key+EXAMPLE',
    sessionToken,
  }));
  const aws = { configure: () => ({ region, credentials }) };
  const access = { account: '111122223333', credentials };
  const connection = toEksConnection(aws as never, access as never, region, { ...cluster, ...described });
  return { connection, credentials };
};

const toUrl = (authorization: unknown): URL => {
  const [, , token = ''] = /^Bearer (k8s-aws-v1)\.([\w-]+)$/.exec(String(authorization)) ?? [];
  return new URL(Buffer.from(token, 'base64url').toString());
};

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-29T14:00:00Z'), toFake: ['Date'] });
  vi.stubEnv('AWS_ENDPOINT_URL', undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe('the way that EKS tells', () => {
  // Signed by botocore's RequestSigner, as `aws eks get-token` does, for the same moment and credentials.
  it.each([
    [
      'eu-central-1',
      undefined,
      'sts.eu-central-1.amazonaws.com',
      'fd7ae89316e58248a64f857d38ac827a1f01c3a42246f0efbf1b5f57a44aadb3',
    ],
    [
      'eu-central-1',
      'FwoGZ+/tok=en',
      'sts.eu-central-1.amazonaws.com',
      'e09af5a99e753530c3d2aaeac35ecdd839a81cbe74206e2c81c612b0b8ad353b',
    ],
    [
      'cn-north-1',
      undefined,
      'sts.cn-north-1.amazonaws.com.cn',
      '85af89ce97cd854f89c2d8ceedfdfa2ac6470278720245d1f0e4510d8125b7aa',
    ],
    [
      'cn-north-1',
      'FwoGZ+/tok=en',
      'sts.cn-north-1.amazonaws.com.cn',
      '21c636b308afa75b788fef90b954185f8af0bd3a483f97e57e2f6ed0282b826d',
    ],
  ])(
    'shows in %s, with a session %s, the token that aws eks get-token would',
    async (region, session, host, signature) => {
      const { connection } = open(region, session);
      const url = toUrl((await connection.getHeaders()).authorization);
      expect(url.host).toBe(host);
      expect(Object.fromEntries(url.searchParams)).toEqual({
        Action: 'GetCallerIdentity',
        Version: '2011-06-15',
        'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
        'X-Amz-Credential': `AKIDEXAMPLE/20261129/${region}/sts/aws4_request`,
        'X-Amz-Date': '20261129T140000Z',
        'X-Amz-Expires': '60',
        'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
        'X-Amz-Signature': signature,
        ...(session ? { 'X-Amz-Security-Token': session } : {}),
      });
    },
  );

  it('goes to the endpoint and trusts the authority that EKS names', () => {
    const { connection } = open('eu-central-1');
    expect(connection.server).toBe(cluster.endpoint);
    expect(connection.agent).toBeInstanceOf(Agent);
    expect((connection.agent as Agent).options.ca).toEqual(Buffer.from('authority'));
  });

  it('makes its token anew before EKS would refuse it', async () => {
    const { connection } = open('eu-central-1');
    const first = await connection.getHeaders();
    vi.setSystemTime(new Date('2026-11-29T14:09:00Z'));
    expect(await connection.getHeaders()).toEqual(first);
    vi.setSystemTime(new Date('2026-11-29T14:11:00Z'));
    expect(toUrl((await connection.getHeaders()).authorization).searchParams.get('X-Amz-Date')).toBe(
      '20261129T141100Z',
    );
  });

  it('signs for STS itself, wherever the environment sends other requests', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:4566');
    const { connection } = open('eu-central-1');
    expect(toUrl((await connection.getHeaders()).authorization).host).toBe('sts.eu-central-1.amazonaws.com');
  });

  it('is none where there are no credentials', async () => {
    const { connection, credentials } = open('eu-central-1');
    credentials.mockRejectedValue(
      Object.assign(new Error('the session is over'), { name: 'ExpiredTokenException' }),
    );
    await expect(connection.getHeaders()).rejects.toMatchObject({
      name: 'UnreachableError',
      message: expect.stringMatching(/^no token for payments-prod could be signed: .*the session is over/),
    });
  });

  it.each([{ endpoint: undefined }, { certificateAuthority: undefined }])(
    'is none for a cluster without %j',
    (described) => {
      expect(() => open('eu-central-1', undefined, described)).toThrow(
        'EKS tells no endpoint of payments-prod yet',
      );
    },
  );
});
