import { describe, expect, it } from 'vitest';
import { ownKey, serve } from './serve.ts';

const toAuthorization = (service: string, accessKeyId = 'AKIAMANAGEMENT') =>
  `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261124/eu-central-1/${service}/aws4_request, SignedHeaders=host, Signature=00`;

const askKms = (endpoint: string, body: string) =>
  fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization: toAuthorization('kms'),
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.DescribeKey',
    },
    body,
  });

describe('The sandbox on the wire', () => {
  it('listens on loopback only', async () => {
    const { sandbox } = await serve();
    expect(sandbox.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it('sends KMS’s dates as seconds and its errors with __type', async () => {
    const { sandbox } = await serve();
    const found = await askKms(sandbox.endpoint, '{"KeyId":"alias/own"}');
    expect(found.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    const seconds = ownKey.metadata.CreationDate?.getTime();
    expect(await found.text()).toContain(`"CreationDate":${Number(seconds) / 1000}`);
    const missing = await askKms(sandbox.endpoint, '{"KeyId":"none"}');
    expect(missing.status).toBe(400);
    expect(await missing.text()).toBe(
      '{"__type":"NotFoundException","message":"Key \'arn:aws:kms:eu-central-1:111122223333:key/none\' does not exist"}',
    );
    const empty = await askKms(sandbox.endpoint, '{}');
    expect(await empty.text()).toContain('"__type":"ValidationException"');
  });

  it('sends EKS’s errors by header', async () => {
    const { sandbox } = await serve();
    const response = await fetch(`${sandbox.endpoint}/clusters/none`, {
      headers: { authorization: toAuthorization('eks') },
    });
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([
      404,
      'ResourceNotFoundException',
    ]);
    expect(await response.text()).toBe('{"message":"No cluster found for name: none."}');
  });

  it('sends STS’s answers and errors as XML', async () => {
    const { sandbox } = await serve();
    const ask = (accessKeyId: string) =>
      fetch(sandbox.endpoint, {
        method: 'POST',
        headers: { authorization: toAuthorization('sts', accessKeyId) },
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
      }).then((response) => response.text());
    expect(await ask('AKIAMANAGEMENT')).toBe(
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
        '<UserId>AIDAMANAGEMENT</UserId><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/ci</Arn>' +
        '</GetCallerIdentityResult><ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000001</RequestId>' +
        '</ResponseMetadata></GetCallerIdentityResponse>',
    );
    expect(await ask('AKIANOBODY')).toContain('<Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>');
  });

  it('refuses what is not signed, is no service of its, or no operation', async () => {
    const { sandbox } = await serve();
    expect((await fetch(sandbox.endpoint)).status).toBe(403);
    const headers = { authorization: toAuthorization('ec2') };
    expect(await (await fetch(sandbox.endpoint, { headers })).text()).toContain('no service ec2');
    const nowhere = await fetch(`${sandbox.endpoint}/nowhere`, {
      headers: { authorization: toAuthorization('eks') },
    });
    expect(nowhere.headers.get('x-amzn-errortype')).toBe('UnknownOperationException');
  });

  it('answers a body that is no JSON with SerializationException', async () => {
    const { sandbox } = await serve();
    const response = await askKms(sandbox.endpoint, '{"KeyId":');
    expect([response.status, await response.text()]).toEqual([
      400,
      '{"__type":"SerializationException","message":"The request body could not be read."}',
    ]);
  });

  it('counts requests by operation, and the most in a second by account and Region', async () => {
    const { sandbox } = await serve();
    for (let count = 0; count < 3; count += 1) await askKms(sandbox.endpoint, '{"KeyId":"alias/own"}');
    expect(sandbox.requests.total).toBe(3);
    expect(sandbox.requests.counts.get('kms:DescribeKey')).toBe(3);
    expect([...sandbox.requests.peaksPerSecond.keys()]).toEqual([
      'kms:DescribeKey 111122223333/eu-central-1',
    ]);
  });
});
