/** The sandbox in a process of its own, so that its work is not measured. Speaks with the bench over Node's IPC. */
import { startSandbox } from '../../sandbox/start-sandbox.ts';
import { toBenchFleet } from './fleet.ts';

const fleet = toBenchFleet();
const sandbox = await startSandbox(fleet);

/** Any message is answered by the counts since the message before. */
process.on('message', () => {
  const { counts } = sandbox.requests;
  process.send?.({ requests: Object.fromEntries(counts) });
  counts.clear();
});
process.on('disconnect', () => void sandbox.close());

process.send?.({
  AWS_ENDPOINT_URL: sandbox.endpoint,
  AWS_ACCESS_KEY_ID: fleet.credentials[0]?.accessKeyId,
  AWS_SECRET_ACCESS_KEY: fleet.credentials[0]?.secretAccessKey,
  AWS_REGION: fleet.accounts[0]?.regions[0],
});
