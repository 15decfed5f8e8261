/** Who reads Secrets, found in the log that the real API server wrote of it. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAuditEvent, type SecretReadEvent } from '../../shared/activity/audit-event.ts';
import { createReadCounter } from '../../shared/activity/read-tally.ts';
import type { Check, Verdict } from '../../shared/checks/check.ts';
import { secretChangesAreExpected } from '../../shared/checks/secret-changes-are-expected.ts';
import { secretDenialsAreRare } from '../../shared/checks/secret-denials-are-rare.ts';
import { secretListingIsRare } from '../../shared/checks/secret-listing-is-rare.ts';
import { secretReadersAreExpected } from '../../shared/checks/secret-readers-are-expected.ts';
import { judge } from '../checks/cases.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { canary, findCanary } from './canary.ts';
import { type IdentityName, nodeName } from './identities.ts';
import { access, toClusterBinding } from './population/access.ts';
import { posted, toSecret } from './population/objects.ts';
import { toContainer, toPod, toVolume } from './population/workloads.ts';
import { writePopulation } from './population/write.ts';

const stripe = '/api/v1/namespaces/payments/secrets/stripe';
const window = { from: '2000-01-01T00:00:00.000Z', to: '2100-01-01T00:00:00.000Z' };
const toRole = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const api = 'system:serviceaccount:payments:api';
const mirror = 'system:serviceaccount:observability:mirror';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
// Also where the above fails half way.
afterAll(() => server?.stop());

const readEvents = (): SecretReadEvent[] =>
  readFileSync(server.auditLog, 'utf8')
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const event = parseAuditEvent(JSON.parse(line));
      if (event === 'unreadable') throw new Error(`unreadable: ${line}`);
      return event ?? [];
    });

/** What a check says of everything the server logged since some number of requests. */
const find = (check: Check, since: number, given: object = {}): Verdict[] => {
  const counter = createReadCounter(window);
  for (const event of readEvents().slice(since)) counter.add(event);
  const reads = { ...window, sources: ['audit-log-files'], own: [], days: Object.fromEntries(counter.get()) };
  return judge(check, { reads, ...given });
};

const toFound = (verdicts: readonly Verdict[]): string[] =>
  verdicts
    .map((verdict) => `${verdict.subject} ${verdict.status === 'fail' ? verdict.severity : verdict.status}`)
    .sort();

const checks = [
  secretReadersAreExpected,
  secretListingIsRare,
  secretDenialsAreRare,
  secretChangesAreExpected,
];

it('A server that has just started gives no finding', () => {
  expect(readEvents().map(({ identity }) => identity)).toContain('system:apiserver');
  for (const check of checks) expect(toFound(find(check, 0))).toEqual(['null pass']);
});

describe('Of those who ask', () => {
  let begin = 0;
  /** What was answered to deletions that were only tried out. */
  const triedOut: Record<string, string> = {};
  /** What was answered to lists that only look like those of Helm's own releases. */
  const notHelm: Record<string, string> = {};

  const ask = async (
    token: string | undefined,
    path: string,
    headers: Record<string, string | string[]> = {},
    method = 'GET',
  ): Promise<number> => {
    const client = server.openClient(token);
    try {
      return (await client.ask(method, path, { headers })).status;
    } finally {
      client.close();
    }
  };
  const askAs = (
    name: IdentityName,
    path: string,
    headers?: Record<string, string | string[]>,
    method?: string,
  ) => ask(server.tokens[name], path, headers, method);

  beforeAll(async () => {
    const reader = toPod('payments', 'api', { containers: [toContainer('api')] });
    await writePopulation(server, [
      ...access,
      toClusterBinding('mirror-reads', 'secret-reader', 'ServiceAccount mirror observability'),
      toClusterBinding('node-reads', 'secret-reader', 'Group system:nodes'),
      posted(toSecret('payments', 'stripe', 'Opaque', ['api-key'])),
      posted(toSecret('payments', 'sh.helm.release.v1.shop.v1', 'helm.sh/release.v1', ['release'])),
      posted({ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } }),
      posted({ ...reader, spec: { ...Object(reader.spec), nodeName, volumes: [toVolume('stripe')] } }),
    ]);
    const kubelet = { 'user-agent': 'kubelet/v1.35.4 (linux/amd64) kubernetes/8b9cd8b' };
    begin = readEvents().length;

    // What is nobody's business.
    await vi.waitFor(async () => expect(await askAs('kubelet', stripe, kubelet)).toBe(200), 5000);
    const one = '/api/v1/namespaces/payments/secrets?fieldSelector=metadata.name%3Dstripe';
    expect(await askAs('kubelet', one, kubelet)).toBe(200);
    const apiToken = await server.askServiceAccountToken('payments', 'api');
    expect(await ask(apiToken, stripe)).toBe(200);
    expect(await ask(apiToken, '/api/v1/namespaces/payments/secrets?watch=true&timeoutSeconds=1')).toBe(200);
    expect(await ask('k8s-aws-v1.none', stripe)).toBe(401);

    // What is.
    expect(await askAs('admin', stripe)).toBe(200);
    expect(await askAs('admin', '/api/v1/secrets')).toBe(200);
    for (const path of [
      `${stripe}?dryRun=All`,
      `${stripe}?dryRun=All&propagationPolicy=Foreground`,
      '/api/v1/namespaces/payments/secrets?dryRun=All',
    ]) {
      const { status, body } = await server.admin.ask('DELETE', path);
      expect(status).toBe(200);
      triedOut[path] = body.toString();
    }
    for (const query of [
      'labelSelector=owner%3Dhelm,a;b',
      'labelSelector=owner%3Dhelm,a%z',
      'labelSelector=&labelSelector=owner%3Dhelm',
      'a=?labelSelector=owner%3Dhelm',
    ]) {
      const path = `/api/v1/namespaces/payments/secrets?${query}`;
      const { status, body } = await server.admin.ask('GET', path);
      expect(status).toBe(200);
      notHelm[query] = body.toString();
    }
    expect(await askAs('onCall', `${stripe.replace('stripe', 'sh.helm.release.v1.shop.v1')}`)).toBe(200);
    expect(await askAs('onCall', stripe, { 'impersonate-user': 'lee' })).toBe(200);
    expect(await askAs('lookAlike', stripe)).toBe(200);
    expect(await askAs('kubelet', stripe, { 'user-agent': 'curl/8.5.0' })).toBe(200);
    const mirrorToken = await server.askServiceAccountToken('observability', 'mirror');
    expect(await ask(mirrorToken, stripe)).toBe(200);
    expect(await ask(mirrorToken, '/api/v1/secrets?watch=true&timeoutSeconds=1')).toBe(200);

    // Doors that stayed shut; the audit id is each time the same, as its caller wants it.
    for (let time = 0; time < 11; time++) {
      expect(await askAs('developer', stripe, { 'audit-id': 'mine' })).toBe(403);
      expect(await ask(undefined, stripe)).toBe(403);
      expect(await askAs('stranger', '/api/v1/namespaces/payments/secrets/none')).toBe(403);
    }
    expect(await askAs('admin', '/api/v1/namespaces/payments/secrets/none')).toBe(404);
  });

  it('reads are told of people, nodes, other namespaces and Helm’s releases', () => {
    expect(toFound(find(secretReadersAreExpected, begin))).toEqual([
      `${toRole('Admin')} high`,
      `${toRole('LookAlike')} high`,
      `${toRole('OnCall')} low`,
      `${toRole('eks-node')} high`,
      'lee high',
      `${mirror} medium`,
    ]);
  });

  it('lists are told, and who stays in his namespace is not', () => {
    expect(toFound(find(secretListingIsRare, begin))).toEqual([
      `${toRole('Admin')} medium`,
      `${mirror} medium`,
    ]);
  });

  it('refusals are told, each once, whatever its audit id', () => {
    const found = find(secretDenialsAreRare, begin, { settings: { thresholds: { deniedReads: 4 } } });
    expect(toFound(found)).toEqual([
      `${toRole('Developer')} medium`,
      `${toRole('Stranger')} medium`,
      'system:anonymous medium',
    ]);
    for (const { evidence } of found) expect(evidence).toMatchObject({ count: 11, denied: 11 });
  });

  it('a deletion that was tried out counts as a change: it may answer with Secrets', () => {
    expect(Object.values(triedOut).map((body) => findCanary(body).length > 0)).toEqual([false, true, true]);
    const [found, ...others] = find(secretChangesAreExpected, begin);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      subject: toRole('Admin'),
      severity: 'low',
      evidence: { verbs: { delete: 2, deletecollection: 1 } },
    });
  });

  it('a list is Helm’s own only where it can hold nothing else', () => {
    for (const [query, body] of Object.entries(notHelm)) expect(body, query).toContain('"name":"stripe"');
    const lists = readEvents()
      .slice(begin)
      .filter(
        ({ identity, verb, namespace }) =>
          identity === toRole('Admin') && verb === 'list' && namespace === 'payments',
      );
    expect(lists.map(({ isOfHelm }) => isOfHelm)).toEqual(Object.keys(notHelm).map(() => false));
  });

  it('an impersonated read names both', () => {
    const lee = find(secretReadersAreExpected, begin).find(({ subject }) => subject === 'lee');
    expect(lee?.evidence).toMatchObject({ impersonators: [toRole('OnCall')], secrets: ['payments/stripe'] });
  });

  it('whom the configuration names is expected, a look-alike of his is not', () => {
    const secretReaders = ['*:role/Admin', '*:role/OnCall', 'lee', mirror, api, '*:role/eks-node'];
    expect(
      toFound(find(secretReadersAreExpected, begin, { settings: { expected: { secretReaders } } })),
    ).toEqual([`${toRole('LookAlike')} high`]);
  });

  it('a watch in several stages counts once', () => {
    const watches = readEvents()
      .slice(begin)
      .filter(({ identity, verb }) => identity === api && verb === 'watch');
    expect(watches.length).toBeGreaterThan(1);
    expect(new Set(watches.map(({ request }) => request)).size).toBe(1);
  });

  it('nothing that a Secret holds is in what is kept', () => {
    expect(canary).not.toBe('');
    expect(findCanary(Buffer.from(JSON.stringify(readEvents())))).toEqual([]);
  });
});
