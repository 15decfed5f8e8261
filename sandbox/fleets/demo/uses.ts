/** Somebody used a key of the demo's, or tried to. */
import { decryptStorm } from '../events/cluster-life.ts';
import { intruder, otherUse, prober, unknownCluster } from '../events/incidents.ts';
import { toEksContext } from '../grants.ts';
import { fail } from '../scenario.ts';
import { accountIds } from './accounts.ts';
import { day, dayBefore, hour, type Incident, type KeyFinder } from './incident.ts';

/** Takes the moment that dates are counted back from, and who finds the keys. */
export const uses = (now: Date, find: KeyFinder): Incident => {
  const exporter = `arn:aws:iam::${accountIds.data}:role/data-export`;
  const cleanup = `arn:aws:iam::${accountIds.platformStaging}:role/cleanup`;
  const deploy = `arn:aws:iam::${accountIds.platformProd}:role/deploy`;
  const contextOf = (cluster: string) => ({ 'aws:eks:context': toEksContext(cluster) });
  const arnOf = (cluster: string) => find(cluster).metadata.Arn;
  const comesFrom = 'decrypts-come-from-the-cluster';
  const forgotten = contextOf('forgotten');
  const stormDay = dayBefore(now, 2);
  return {
    streams: [
      intruder(arnOf('data-replay'), exporter, contextOf('data-replay'), dayBefore(now, 4) + 3 * hour),
      otherUse(
        arnOf('data-jobs'),
        exporter,
        { purpose: 'export' },
        { since: dayBefore(now, 9), until: now.getTime() },
      ),
      prober(arnOf('staging-untold'), cleanup, dayBefore(now, 6), 24),
      // The replica opens what its primary sealed.
      intruder(
        arnOf('platform-global').replace(':eu-west-1:', ':us-east-1:'),
        deploy,
        contextOf('platform-global'),
        dayBefore(now, 7) + 14 * hour,
      ),
      unknownCluster(arnOf('data-lake'), forgotten, { since: dayBefore(now, 10), until: now.getTime() }),
      decryptStorm(arnOf('platform-core'), contextOf('platform-core'), {
        since: stormDay,
        until: stormDay + day,
      }),
    ],
    findings: [
      { cluster: 'data-replay', needsDays: 5, ...fail(comesFrom, 'critical', exporter) },
      { cluster: 'data-jobs', needsDays: 2, ...fail(comesFrom, 'low', exporter) },
      { cluster: 'platform-global', needsDays: 8, ...fail(comesFrom, 'critical', deploy) },
      { cluster: 'staging-untold', needsDays: 7, ...fail('decrypt-denials-are-rare', 'medium', cleanup) },
      {
        cluster: 'data-lake',
        needsDays: 1,
        ...fail('decrypt-context-matches-cluster', 'high', forgotten['aws:eks:context']),
      },
      {
        cluster: 'platform-core',
        // Fourteen days for a baseline beside the one that is judged, all of them whole: the first one asked for is not,
        // today's is not, and until two o'clock yesterday's is not.
        needsDays: 17,
        ...fail('decrypt-volume-is-normal', 'low', 'eks.amazonaws.com'),
      },
    ],
  };
};
