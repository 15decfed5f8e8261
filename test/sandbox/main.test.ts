import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));

it('prints what a client needs, serves until it is interrupted and then ends', async () => {
  const child = spawn(process.execPath, [main, '--fleet', 'ordinary']);
  const [printed] = await once(child.stdout, 'data');
  const environment = new Map(
    [...String(printed).matchAll(/export (\w+)=(.*)/g)].map(([, name, value]) => [name, value]),
  );
  const client = new STSClient({
    endpoint: environment.get('AWS_ENDPOINT_URL') ?? '',
    region: environment.get('AWS_REGION') ?? '',
    credentials: {
      accessKeyId: environment.get('AWS_ACCESS_KEY_ID') ?? '',
      secretAccessKey: environment.get('AWS_SECRET_ACCESS_KEY') ?? '',
    },
  });
  expect((await client.send(new GetCallerIdentityCommand({}))).Account).toBe('111122223333');
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

it.each([
  { option: ['--fleet', 'none'], message: 'No fleet is called none; there are demo, ordinary, generated.' },
  { option: ['--port', 'x'], message: '--port takes a whole number, not x.' },
  { option: ['--nonsense'], message: "Unknown option '--nonsense'" },
])('ends with 64 and a sentence on $option', async ({ option, message }) => {
  const child = spawn(process.execPath, [main, ...option]);
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect(said).toContain(message);
  expect(said).not.toContain('    at ');
  expect(code).toBe(64);
});
