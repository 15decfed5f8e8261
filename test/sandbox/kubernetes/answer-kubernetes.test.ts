import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cluster } from '../../../sandbox/fleets/build.ts';
import { secret } from '../../../sandbox/fleets/kubernetes/build.ts';
import { makeCertificate } from '../../../sandbox/kubernetes/certificate.ts';
import { startSandbox } from '../../../sandbox/start-sandbox.ts';

const account = '111122223333';
const region = 'eu-west-1';
const now = new Date();
const accessKeyId = 'AKIAEXAMPLE000000001';

const toToken = (changes: Record<string, string> = {}, host = `sts.${region}.amazonaws.com`) => {
  const query = new URLSearchParams({
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Credential': `${accessKeyId}/20261129/${region}/sts/aws4_request`,
    'X-Amz-Date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
    'X-Amz-Signature': 'f00',
    ...changes,
  });
  return `Bearer k8s-aws-v1.${Buffer.from(`https://${host}/?${query}`).toString('base64url')}`;
};

/** Asks the API server of a cluster with one Secret. */
const ask = async (
  path: string,
  { method = 'GET', authorization = toToken(), accept = 'application/json' } = {},
) => {
  const sandbox = await startSandbox({
    accounts: [{ id: account, name: 'one', regions: [region], roles: [] }],
    credentials: [
      {
        accessKeyId,
        secretAccessKey: 'example',
        account,
        arn: `arn:aws:iam::${account}:role/path/keyward-member`,
      },
      {
        accessKeyId: 'AKIAEXPIRED',
        secretAccessKey: 'example',
        account,
        arn: `arn:aws:iam::${account}:role/keyward-member`,
        isExpired: true,
      },
      {
        accessKeyId: 'AKIASTRANGER',
        secretAccessKey: 'example',
        account,
        arn: `arn:aws:iam::${account}:role/stranger`,
      },
    ],
    clusters: [
      cluster({ account, region, now }, 'one', {
        inside: [secret({ namespace: 'shop', now }, 'db', { keys: ['password'] })],
      }),
    ],
    keys: [],
  });
  onTestFinished(() => sandbox.close());
  const { endpoint = '', certificate } = sandbox.world.kubernetes ?? {};
  const { promise, resolve, reject } = Promise.withResolvers<{ status?: number; body: string }>();
  request(
    `${endpoint}${path}`,
    { method, ca: certificate, agent: false, headers: { authorization, accept } },
    (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    },
  )
    .on('error', reject)
    .end();
  return promise;
};

const one = `/${account}/${region}/one`;

describe('a sandbox cluster’s API server', () => {
  it.each([
    ['a list', '/api/v1/secrets', 200],
    ['a list of a namespace', '/api/v1/namespaces/shop/secrets', 200],
    ['one object', '/api/v1/namespaces/shop/secrets/db', 200],
    ['an object that is not there', '/api/v1/namespaces/kube-system/configmaps/aws-auth', 404],
    ['a kind that nobody installed', '/apis/velero.io/v1/backupstoragelocations', 404],
    ['a page of no listing', '/api/v1/secrets?limit=1&continue=x', 400],
  ])('answers %s with %s → %i', async (_, path, status) => {
    expect(await ask(one + path)).toMatchObject({ status });
  });

  it('is not there for a cluster that is not', async () => {
    expect(await ask(`/${account}/${region}/two/api/v1/secrets`)).toMatchObject({ status: 404 });
  });

  it('is there to be read', async () => {
    expect(await ask(`${one}/api/v1/namespaces/shop/secrets/db`, { method: 'DELETE' })).toMatchObject({
      status: 405,
    });
  });

  it.each([
    ['none', 'Bearer'],
    ['one of another making', 'Bearer eyJhbGciOi'],
    ['one that is no URL', `Bearer k8s-aws-v1.${Buffer.from('x').toString('base64url')}`],
    ['one that asks another host', toToken({}, 'sts.example.com')],
    ['one that asks for something else', toToken({ Action: 'AssumeRole' })],
    ['one that names no cluster', toToken({ 'X-Amz-SignedHeaders': 'host' })],
    ['one of yesterday', toToken({ 'X-Amz-Date': '20200101T000000Z' })],
    ['one that lasts for hours', toToken({ 'X-Amz-Expires': '36000' })],
    ['one of nobody', toToken({ 'X-Amz-Credential': 'AKIANOBODY/x' })],
    ['one whose credentials are over', toToken({ 'X-Amz-Credential': 'AKIAEXPIRED/x' })],
    ['one without the session’s token', toToken({ 'X-Amz-Security-Token': 'x' })],
    ['one of who has no access entry', toToken({ 'X-Amz-Credential': 'AKIASTRANGER/x' })],
  ])('refuses by 401 who brings for a token %s', async (_, authorization) => {
    expect(await ask(`${one}/api/v1/secrets`, { authorization })).toMatchObject({ status: 401 });
  });

  it.each(['Metadata', 'None'])(
    'prints a table of Secrets without a value: includeObject=%s',
    async (include) => {
      const { body } = await ask(`${one}/api/v1/secrets?includeObject=${include}`, {
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
      });
      const { rows, columnDefinitions } = JSON.parse(body);
      expect(columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
        'Name',
        'Type',
        'Data',
        'Age',
      ]);
      expect(rows).toMatchObject([
        {
          cells: ['db', 'Opaque', 1, '1d'],
          object: include === 'None' ? null : { metadata: { namespace: 'shop' } },
        },
      ]);
      expect(body).not.toContain('"data"');
    },
  );
});

describe('makeCertificate', () => {
  it('gives a certificate for the loopback address that its own key signed', () => {
    const { certificate } = makeCertificate(now);
    const read = new X509Certificate(certificate);
    expect(read.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkIssued(read)).toBe(true);
    expect(read.validToDate.getTime()).toBeGreaterThan(now.getTime());
  });
});
