import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { collectSecrets } from '../../../shared/collect/kubernetes/collect-secrets.ts';
import { isKnown, toUnknown } from '../../../shared/evidence/fact.ts';
import { secret } from '../../../shared/evidence/kubernetes/secret.ts';
import { openApi, refuse, serveKubernetes } from './serve-kubernetes.ts';

const readRecorded = (name: string) =>
  readFileSync(new URL(`../../recorded/kubernetes/${name}`, import.meta.url), 'utf8');
const withMetadata = readRecorded('secrets.table.include-metadata.json');
const bare = readRecorded('secrets.table.include-none.json');

const table = z.object({
  rows: z.array(z.looseObject({ object: z.looseObject({ metadata: z.looseObject({}) }) })),
});
const [firstRow] = table.parse(JSON.parse(withMetadata)).rows;

/** A recorded answer, with the metadata of its only row changed. */
const toTable = (metadata: object, cells: unknown[] = ['one', 'Opaque', 1, '1s']) => ({
  ...JSON.parse(withMetadata),
  rows: [
    { cells, object: { ...firstRow?.object, metadata: { name: 'one', namespace: 'shop', ...metadata } } },
  ],
});
const readOne = async (answer: object) => {
  const server = await serveKubernetes(() => answer);
  return collectSecrets(openApi(server.endpoint), { isWithMetadata: true });
};

describe('Secrets', () => {
  it('are asked for as a table with their metadata, and come without a value', async () => {
    const server = await serveKubernetes(() => [200, withMetadata]);
    const fact = await collectSecrets(openApi(server.endpoint), { isWithMetadata: true });
    expect(server.asked.map(({ path, query, headers }) => [path, query, headers.accept])).toEqual([
      [
        '/api/v1/secrets',
        { includeObject: 'Metadata', limit: '500' },
        'application/json;as=Table;v=v1;g=meta.k8s.io',
      ],
    ]);
    expect(JSON.stringify(fact)).not.toContain('UzNDUjNU');
    if (!isKnown(fact)) throw new Error(fact.detail);
    expect(fact.missing).toEqual([]);
    expect(fact.value.map(({ name, type, keys }) => [name, type, keys])).toEqual([
      ['applied', 'Opaque', ['password']],
      ['basic', 'kubernetes.io/basic-auth', ['password', 'username']],
      ['docker', 'kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
      ['opaque', 'Opaque', ['password']],
      ['opaque-tls', 'Opaque', ['tls.crt', 'tls.key']],
      ['ssa', 'Opaque', ['token']],
      ['ssh', 'kubernetes.io/ssh-auth', ['ssh-privatekey']],
    ]);
    expect(fact.value[0]).toEqual({
      namespace: 'default',
      name: 'applied',
      type: 'Opaque',
      dataCount: 1,
      keys: ['password'],
      createdAt: '2026-11-23T20:25:38Z',
      labels: {},
      annotationNames: ['kubectl.kubernetes.io/last-applied-configuration'],
      serviceAccount: undefined,
      owners: [],
      writers: [
        {
          manager: 'kubectl-client-side-apply',
          operation: 'Update',
          time: '2026-11-23T20:25:38Z',
          keys: ['password'],
          wroteLastApplied: true,
        },
      ],
    });
    expect(z.array(secret).parse(JSON.parse(JSON.stringify(fact.value)))).toHaveLength(7);
  });

  it('tell nothing but names, types and numbers of keys without metadata, namespace by namespace', async () => {
    const server = await serveKubernetes(({ path }) => {
      if (path === '/api/v1/namespaces')
        return { metadata: {}, items: ['default', 'locked'].map((name) => ({ metadata: { name } })) };
      return path.includes('locked') ? refuse(403, 'Forbidden', 'not there') : [200, bare];
    });
    const fact = await collectSecrets(openApi(server.endpoint), { isWithMetadata: false });
    expect(server.asked.map(({ path, query }) => [path, query.includeObject])).toEqual([
      ['/api/v1/namespaces', undefined],
      ['/api/v1/namespaces/default/secrets', 'None'],
      ['/api/v1/namespaces/locked/secrets', 'None'],
    ]);
    if (!isKnown(fact)) throw new Error(fact.detail);
    expect(fact.missing).toEqual([{ what: 'list secrets in locked: not there', reason: 'access-denied' }]);
    expect(fact.value).toHaveLength(7);
    expect(fact.value[1]).toEqual({
      namespace: 'default',
      name: 'basic',
      type: 'kubernetes.io/basic-auth',
      dataCount: 2,
    });
  });

  it('are unknown without metadata where the namespaces are', async () => {
    const server = await serveKubernetes(() => refuse(403, 'Forbidden', 'no'));
    expect(await collectSecrets(openApi(server.endpoint), { isWithMetadata: false })).toEqual(
      toUnknown('access-denied', 'list namespaces: no'),
    );
  });

  it('of one namespace are asked for there', async () => {
    const server = await serveKubernetes(() => [200, bare]);
    for (const isWithMetadata of [true, false])
      await collectSecrets(openApi(server.endpoint), { namespace: 'shop', isWithMetadata });
    expect(server.asked.map(({ path }) => path)).toEqual(Array(2).fill('/api/v1/namespaces/shop/secrets'));
  });

  const toWriter = (keys: string[], field = 'f:data') => ({
    manager: 'm',
    operation: 'Apply',
    time: '2026-01-01T00:00:00Z',
    fieldsV1: {
      [field]: Object.fromEntries(['.', ...keys.map((key) => `f:${key}`)].map((key) => [key, {}])),
    },
  });
  it.each<[string, object, unknown[], string[] | undefined]>([
    [
      'two managers and stringData',
      { managedFields: [toWriter(['b']), toWriter(['a', 'b'], 'f:stringData')] },
      ['one', 'Opaque', 2],
      ['a', 'b'],
    ],
    [
      'managers that claim more keys than there are',
      { managedFields: [toWriter(['a', 'b', 'expiration'])] },
      ['one', 'Opaque', 2],
      undefined,
    ],
    ['no managedFields', {}, ['one', 'Opaque', 1], undefined],
    [
      'managedFields that tell of some keys only',
      { managedFields: [toWriter(['a'])] },
      ['one', 'Opaque', 2],
      undefined,
    ],
    ['no keys', {}, ['one', 'Opaque', 0], []],
    ['a number as text', {}, ['one', 'Opaque', '0'], []],
  ])('have the names of their keys by %s', async (_, metadata, cells, keys) => {
    const fact = await readOne(toTable(metadata, cells));
    expect(isKnown(fact) && fact.value[0]?.keys).toEqual(keys);
  });

  it('keep the labels that say who made them, whose token they are and whom they belong to', async () => {
    const fact = await readOne(
      toTable({
        labels: {
          'app.kubernetes.io/managed-by': 'Helm',
          'kubernetes.io/legacy-token-last-used': '2026-01-01',
          team: 'x',
        },
        annotations: { 'kubernetes.io/service-account.name': 'robot', other: 'S3CR3T' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Certificate', name: 'web', uid: 'u', controller: true }],
      }),
    );
    expect(isKnown(fact) && fact.value[0]).toMatchObject({
      labels: {
        'app.kubernetes.io/managed-by': 'Helm',
        'kubernetes.io/legacy-token-last-used': '2026-01-01',
      },
      annotationNames: ['kubernetes.io/service-account.name', 'other'],
      serviceAccount: 'robot',
      owners: [{ apiVersion: 'v1', kind: 'Certificate', name: 'web', controller: true }],
      writers: [],
    });
    expect(JSON.stringify(fact)).not.toMatch(/S3CR3T|team/);
  });

  // As kube-apiserver 1.35.4 tells: what others took over stays as an empty `f:data`.
  it.each<[string, object, true | undefined]>([
    ['made it without data', { 'f:type': {} }, true],
    ['made it with data, since taken over', { 'f:data': {}, 'f:type': {} }, undefined],
    ['only annotated it', {}, undefined],
  ])('tell of a writer who %s', async (_, fieldsV1, createdEmpty) => {
    const fact = await readOne(toTable({ managedFields: [{ fieldsV1 }] }));
    expect(isKnown(fact) && fact.value[0]?.writers?.[0]?.createdEmpty).toBe(createdEmpty);
  });

  it.each([
    ['a list of whole Secrets', { kind: 'SecretList', items: [{ data: { a: 'S3CR3T' } }] }],
    [
      'a table without a type',
      { kind: 'Table', columnDefinitions: [{ name: 'Name' }], rows: [{ cells: ['x'] }] },
    ],
  ])('are not taken from %s', async (_, answer) => {
    const fact = await readOne(answer);
    expect(isKnown(fact) ? fact.value : []).toEqual([]);
    expect(isKnown(fact) ? fact.missing : [fact]).toHaveLength(1);
    expect(JSON.stringify(fact)).not.toContain('S3CR3T');
  });
});
