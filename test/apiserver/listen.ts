import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:net';

/** A port that nobody listens on, for programs that can't be told to choose. */
export const findFreePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = toPort(server.address());
  server.close();
  await once(server, 'close');
  return port;
};

const toPort = (address: ReturnType<Server['address']>): number => {
  if (address === null || typeof address === 'string') throw new Error('no port is listened on');
  return address.port;
};

/** Listens on a free loopback port; gives the address, and a way to end that cuts off whoever is still connected. */
export const listen = async (server: Server, scheme: 'http' | 'https') => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `${scheme}://127.0.0.1:${toPort(server.address())}`,
    stop: async (): Promise<void> => {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
};
