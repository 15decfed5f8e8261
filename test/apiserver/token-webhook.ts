/** Says whose a token is, as EKS's authenticator does: kube-apiserver asks it of each token that it can't read. */
import { createServer } from 'node:http';
import { z } from 'zod';
import type { User } from './identities.ts';
import { listen } from './listen.ts';

const review = z.object({ spec: z.object({ token: z.string() }) });

/** Serves the users by their tokens; gives the address to ask and a way to end it. */
export const serveTokens = async (users: ReadonlyMap<string, User>) => {
  const server = createServer(async (request, response) => {
    const chunks = await Array.fromAsync<Buffer>(request);
    const user = users.get(review.parse(JSON.parse(Buffer.concat(chunks).toString())).spec.token);
    response.setHeader('content-type', 'application/json');
    const status = user ? { authenticated: true, user } : { authenticated: false };
    response.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }));
  });
  return listen(server, 'http');
};
