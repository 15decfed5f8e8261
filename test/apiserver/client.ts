/** Requests to the API server as plain as they come: whatever is sent is what a test says. */
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { gunzipSync } from 'node:zlib';

export interface Answer {
  status: number;
  body: string;
}

interface Question {
  body?: object;
  headers?: OutgoingHttpHeaders;
}

/** Servers pack large bodies for whoever takes gzip. */
export const unpack = (body: Buffer, { headers }: IncomingMessage): Buffer =>
  headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;

/** The answer's head; its body is still to be read. */
export const awaitResponse = (sent: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });

export const openClient = (endpoint: string, authority: Buffer, token?: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 32, ca: authority });
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };

  const ask = async (method: string, path: string, { body, headers }: Question = {}): Promise<Answer> => {
    const sent = request(new URL(path, endpoint), {
      agent,
      method,
      headers: { ...authorization, ...(body && { 'content-type': 'application/json' }), ...headers },
    });
    sent.end(body && JSON.stringify(body));
    const response = await awaitResponse(sent);
    const chunks = await Array.fromAsync<Buffer>(response);
    return { status: response.statusCode ?? 0, body: unpack(Buffer.concat(chunks), response).toString() };
  };

  return {
    ask,
    /** Throws the server's words unless it did what was asked. */
    send: async (method: string, path: string, question?: Question): Promise<unknown> => {
      const { status, body } = await ask(method, path, question);
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${body}`);
      return JSON.parse(body);
    },
    close: () => agent.destroy(),
  };
};
export type Client = ReturnType<typeof openClient>;
