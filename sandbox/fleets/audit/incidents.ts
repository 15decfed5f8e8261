/** What happened to the Secrets of clusters that somebody should hear of. */
import { type Asked, agent, roleSession, serviceAccount } from './lines.ts';

const minute = 60_000;

/** Somebody of the team, by Identity Center, reads production Secrets at night from an address outside. */
export const nightReader = (account: string, role: string, midnight: number): Asked[] =>
  ['database', 'stripe', 'signing-key'].map((name, index) => ({
    user: roleSession(account, role, 'engineer@example.com', ['developers']),
    time: midnight + (134 + index) * minute,
    verb: 'get',
    namespace: 'checkout',
    name,
    agent: agent.kubectl,
    source: '198.51.100.23',
  }));

/** An operator lists the Secrets of all namespaces, though it has to do with one. */
export const greedyOperator = (midnight: number): Asked[] =>
  [0, 6, 12].map((hour) => ({
    user: serviceAccount('mirror', 'config-operator'),
    time: midnight + (hour * 60 + 7) * minute,
    verb: 'list',
    agent: agent.goClient,
    source: '10.0.2.91',
    parameters: '?limit=500',
  }));

/** A scanner tries one namespace after the other, and is refused. */
export const refusedScanner = (midnight: number): Asked[] =>
  Array.from({ length: 36 }, (_, index) => ({
    user: serviceAccount('security', 'scanner'),
    time: midnight + 600 * minute + index * 1500,
    verb: 'list',
    namespace: `team-${index % 12}`,
    agent: agent.goClient,
    source: '10.0.1.66',
    code: 403,
  }));
