import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeFolder, startKeyward } from './start-keyward.ts';

it('The demo touches nothing that the user’s own environment names', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(String(request.url));
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const real = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;

  const folder = makeFolder();
  const config = join(folder, 'config');
  writeFileSync(
    config,
    `[default]\nendpoint_url = ${real}\ncredential_process = false\n[profile real]\nendpoint_url = ${real}\n`,
  );
  const services = ['STS', 'EKS', 'KMS', 'ACCOUNT', 'ORGANIZATIONS'];
  const env = {
    ...Object.fromEntries(services.map((service) => [`AWS_ENDPOINT_URL_${service}`, real])),
    AWS_ENDPOINT_URL: real,
    AWS_PROFILE: 'real',
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: config,
    AWS_ACCESS_KEY_ID: 'AKIAREALEXAMPLE00000',
    AWS_SECRET_ACCESS_KEY: 'real',
    AWS_SESSION_TOKEN: 'real',
    AWS_REGION: 'us-gov-west-1',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: real,
    HTTP_PROXY: real,
    http_proxy: real,
  };
  const words = ['demo', '--clusters', 'platform-legacy', '--format', 'json'];
  const { stdout, stderr, status } = await startKeyward(words, { folder, env }).ended;
  expect({ status, stderr, asked }).toEqual({ status: 0, stderr: '', asked: [] });
  expect(JSON.parse(stdout).findings).toContainEqual(
    expect.objectContaining({ cluster: 'platform-legacy', status: 'fail' }),
  );
});

it('The demo says so where it has no room for temporary files, and ends', async () => {
  const folder = makeFolder();
  const env = { TMPDIR: join(folder, 'none') };
  const { stdout, stderr, status } = await startKeyward(['demo'], { folder, env }).ended;
  expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  expect(stderr).toMatch(/none can't be written\nReason: ENOENT: .*\nThe demo keeps .*TMPDIR names another/);
});

it.each([
  ['nomatch*', /no cluster is called "nomatch\*"\nThere are \d+: /],
  ['payment-api', /no cluster is called "payment-api"\nDid you mean payments-api\?\n$/],
])('The demo says so where no cluster of it is meant by %s', async (glob, message) => {
  const { stdout, stderr, status } = await startKeyward(['demo', '--clusters', glob]).ended;
  expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  expect(stderr).toMatch(message);
});

it.each([
  ['the company’s thresholds where the configuration says nothing of them', 'rotationDays: 90', false],
  ['the configuration’s threshold where it says one', 'clusterWideReaders: 5', true],
])('The demo judges by %s', async (_, threshold, isFailed) => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'my.yaml'), `thresholds: { ${threshold} }\n`);
  const words = ['demo', '--clusters', 'platform-green', '--checks', 'secret-access-is-limited'];
  const given = ['--config', 'my.yaml', '--format', 'json'];
  const { stdout } = await startKeyward([...words, ...given], { folder }).ended;
  const failed = JSON.parse(stdout).findings.filter(({ status }: { status: string }) => status === 'fail');
  expect(failed.length > 0).toBe(isFailed);
});
