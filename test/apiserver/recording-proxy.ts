/** Stands in front of the API server and keeps what is asked and, of the answers, whether they hold a value. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { ApiServer } from './api-server.ts';
import { findCanary } from './canary.ts';
import { awaitResponse, unpack } from './client.ts';
import { listen } from './listen.ts';

interface RecordedRequest {
  method: string;
  /** With its query. */
  path: string;
  accept: string | undefined;
  userAgent: string | undefined;
  status: number;
  /** Of the body as it was sent: large ones are packed. */
  sentBytes: number;
  bodyBytes: number;
  /** The forms in which the body holds the canary. */
  leaks: string[];
}

/**
 * Serves the API server's own certificate, so a kubeconfig needs only another address. What an identity shows must be a
 * token: a client's certificate ends here.
 */
export const startRecordingProxy = async ({ endpoint, authorityFile, certificates }: ApiServer) => {
  const requests: RecordedRequest[] = [];
  const agent = new Agent({ keepAlive: true, ca: readFileSync(authorityFile) });

  const forward = async (received: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = received;
    const asked = request(new URL(url, endpoint), { agent, method, headers });
    const response = awaitResponse(asked);
    await pipeline(received, asked);
    const given = await response;
    const chunks: Buffer[] = [];
    given.on('data', (chunk) => chunks.push(chunk));
    answer.writeHead(given.statusCode ?? 502, given.headers);
    // The entry comes before the answer's end: who has the answer finds it recorded.
    given.on('end', () => {
      const sent = Buffer.concat(chunks);
      const body = unpack(sent, given);
      requests.push({
        method,
        path: url,
        accept: headers.accept,
        userAgent: headers['user-agent'],
        status: given.statusCode ?? 0,
        sentBytes: sent.length,
        bodyBytes: body.length,
        leaks: findCanary(body),
      });
    });
    await pipeline(given, answer);
  };

  const server = createServer(
    {
      cert: readFileSync(certificates.server.certificate),
      key: readFileSync(certificates.server.key),
    },
    (received, answer) => {
      forward(received, answer).catch((error: unknown) =>
        answer.destroy(error instanceof Error ? error : undefined),
      );
    },
  );
  const { address, stop } = await listen(server, 'https');
  return {
    endpoint: address,
    requests,
    stop: async () => {
      await stop();
      agent.destroy();
    },
  };
};
