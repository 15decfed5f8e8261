/** The sandbox of the night in a process of its own. Any message is answered by what it was asked, how fast at most. */
import { startSandbox } from '../../sandbox/start-sandbox.ts';
import { toNightFleet } from './night-fleet.ts';

const fleet = toNightFleet();
const sandbox = await startSandbox(fleet);

process.on('message', () => {
  const { counts, peaksPerSecond } = sandbox.requests;
  const peaks: Record<string, number> = {};
  for (const [place, count] of peaksPerSecond) {
    const name = place.split(' ')[0] ?? '';
    peaks[name] = Math.max(peaks[name] ?? 0, count);
  }
  const published = [...sandbox.world.hubs.values()].reduce((sum, hub) => sum + hub.size, 0);
  const subjects = sandbox.world.messages.map(({ Subject }) => Subject);
  const largestMessage = Math.max(
    0,
    ...sandbox.world.messages.map(({ Message = '' }) => Buffer.byteLength(Message)),
  );
  const answer = { counts: Object.fromEntries(counts), peaks, published, subjects, largestMessage };
  counts.clear();
  peaksPerSecond.clear();
  process.send?.(answer);
});
process.on('disconnect', () => void sandbox.close());

process.send?.({
  AWS_ENDPOINT_URL: sandbox.endpoint,
  AWS_ACCESS_KEY_ID: fleet.credentials[0]?.accessKeyId,
  AWS_SECRET_ACCESS_KEY: fleet.credentials[0]?.secretAccessKey,
  AWS_REGION: 'eu-central-1',
});
