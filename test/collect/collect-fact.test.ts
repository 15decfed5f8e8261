import { createServer } from 'node:http';
import { AccountClient, ListRegionsCommand } from '@aws-sdk/client-account';
import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect, it, onTestFinished } from 'vitest';
import { collectFact, toUnknownFact } from '../../shared/collect/collect-fact.ts';

/** An endpoint that answers everything alike; gives what a client needs to ask it. */
const answerAlways = async (status: number, headers: Record<string, string>, body: string) => {
  const server = createServer((_, response) => void response.writeHead(status, headers).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'example' },
    maxAttempts: 1,
  };
};

const html = { 'content-type': 'text/html' };
const json = { 'content-type': 'application/x-amz-json-1.1' };

it.each([
  ['a web server’s 404', 404, html, '<!doctype html><h1>Not Found</h1>', 'unsupported'],
  ['a web server’s 500', 500, html, '<!doctype html><h1>Internal Server Error</h1>', 'unsupported'],
  ['a web server’s 501', 501, html, '<!doctype html>', 'unsupported'],
  ['a proxy’s 502', 502, html, '<!doctype html><h1>Bad Gateway</h1>', 'failed'],
  ['a 200 that is no JSON', 200, html, '<!doctype html><h1>Sign in to the Wi-Fi</h1>', 'failed'],
  ['half an answer', 200, json, '{"Regions":[{"Region', 'failed'],
] as const)('calls %s (%i) what it is', async (_, status, headers, body, reason) => {
  const client = new AccountClient(await answerAlways(status, headers, body));
  const fact = await collectFact(() => client.send(new ListRegionsCommand({})));
  expect(fact).toEqual({ unknown: reason, detail: expect.any(String) });
});

it.each([
  ['NotFoundException', 'gone', 'not-found'],
  ['AccessDeniedException', 'no identity-based policy allows the action', 'access-denied'],
  ['AccessDeniedException', 'with an explicit deny in an identity-based policy', 'access-denied'],
  ['AccessDeniedException', 'with an explicit deny in a service control policy', 'denied-by-organization'],
  ['AccessDeniedException', 'with an explicit deny in a resource control policy', 'denied-by-organization'],
  ['ThrottlingException', 'Rate exceeded', 'throttled'],
  ['UnknownOperationException', '', 'unsupported'],
  ['UnsupportedOperationException', 'this key cannot rotate', 'unsupported'],
  ['UnrecognizedClientException', 'The security token included in the request is invalid.', 'access-denied'],
  ['KMSInternalException', '', 'failed'],
])('calls KMS’s %s (%s) %s', async (type, message, reason) => {
  const body = JSON.stringify({ __type: type, message });
  const client = new KMSClient(await answerAlways(400, json, body));
  const fact = await collectFact(() => client.send(new DescribeKeyCommand({ KeyId: 'k' })));
  expect(fact).toEqual({ unknown: reason, detail: expect.stringContaining(type) });
});

it('says what was thrown when it was no error, and keeps long words short', () => {
  expect(toUnknownFact('text')).toEqual({ unknown: 'failed', detail: 'text' });
  const { detail } = toUnknownFact(new Error('word '.repeat(1000)));
  expect(detail.length).toBeLessThan(310);
});
