/** An endpoint that answers as it is told, for what the sandbox has no reason to say. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** What an endpoint is asked: the operation, where the protocol names it, and the input. */
export interface Asked {
  operation: string;
  input: Record<string, unknown>;
}

/** Serves answers as JSON for one test, an Error as a 500; gives what a client of the SDK needs to ask for them. */
export const serveJson = async (answer: (asked: Asked) => object | Promise<object>) => {
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target'] ?? request.url).replace(/^.*\./, '');
    const answered = await answer({ operation, input: JSON.parse((await text(request)) || '{}') });
    const headers = { 'content-type': 'application/x-amz-json-1.1' };
    if (answered instanceof Error)
      response
        .writeHead(500, headers)
        .end(JSON.stringify({ __type: answered.name, message: answered.message }));
    else response.writeHead(200, headers).end(JSON.stringify(answered));
  });
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
