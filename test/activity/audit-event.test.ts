import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuditEvent, type SecretReadEvent } from '../../shared/activity/audit-event.ts';
import { recordedLines, toLine, toNode, toServiceAccount, toSession } from './audit-lines.ts';

const parse = (line: unknown): SecretReadEvent => {
  const event = parseAuditEvent(line);
  if (event === undefined || event === 'unreadable') throw new Error(`no event: ${event}`);
  return event;
};

describe('A recorded log', () => {
  it('tells each answered stage about Secrets, and nobody of a bad token', () => {
    expect(recordedLines.map((line) => parseAuditEvent(line)).map(summarise)).toEqual([
      'system:serviceaccount:payments:api get payments/stripe success other',
      'arn:aws:iam::111122223333:role/Developer get payments/stripe 403 other',
      undefined,
      'system:serviceaccount:observability:mirror watch payments/* success other',
      'system:serviceaccount:observability:mirror watch payments/* success other',
      'lee by arn:aws:iam::111122223333:role/OnCall get payments/stripe success other',
      'arn:aws:iam::111122223333:role/eks-node get payments/stripe success kubelet',
      'arn:aws:iam::111122223333:role/eks-node list payments/stripe success kubelet',
      'system:serviceaccount:argocd:argocd-application-controller list null/* success other',
      'arn:aws:iam::111122223333:role/Developer create observability/grafana success other',
      'arn:aws:iam::111122223333:role/Developer delete observability/grafana success other',
      'system:anonymous get payments/stripe 403 other',
      undefined,
    ]);
  });

  it('tells the stages of one request as one', () => {
    const watches = recordedLines.flatMap((line) => {
      const event = parseAuditEvent(line);
      return typeof event === 'object' && event.verb === 'watch' ? event.request : [];
    });
    expect(watches).toHaveLength(2);
    expect(new Set(watches).size).toBe(1);
  });
});

const summarise = (event: ReturnType<typeof parseAuditEvent>) => {
  if (typeof event !== 'object') return event;
  const { identity, impersonator, verb, namespace, secret = '*', outcome, client } = event;
  const who = impersonator ? `${identity} by ${impersonator.identity}` : identity;
  return `${who} ${verb} ${namespace}/${secret} ${outcome} ${client}`;
};

describe('parseAuditEvent', () => {
  it.each<[string, unknown]>([
    ['a custom resource called secrets', toLine({ objectRef: { apiGroup: 'vault.example.com' } })],
    ['another resource', toLine({ objectRef: { resource: 'configmaps' } })],
    ['a subresource, which Secrets do not have', toLine({ objectRef: { subresource: 'status' } })],
    [
      'a SubjectAccessReview about Secrets',
      toLine({
        verb: 'create',
        requestURI: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
        objectRef: { resource: 'subjectaccessreviews', apiGroup: 'authorization.k8s.io' },
      }),
    ],
    ['a path that holds the word', { ...toLine(), objectRef: undefined, requestURI: '/metrics/secrets' }],
    ['a stage before the answer', toLine({ stage: 'RequestReceived', responseStatus: undefined })],
    ['a watch that panicked', toLine({ stage: 'Panic', verb: 'watch', code: 500 })],
    ['a token that nobody has', toLine({ code: 401, user: {} })],
    ['a token that somebody had', toLine({ code: 401 })],
    ['a method that is no request for one', toLine({ verb: '' })],
    ['a create that is tried out', toLine({ verb: 'create', requestURI: '/api/v1/x?dryRun=All' })],
    ['a line about nothing', {}],
    ['a text', 'secrets'],
    ['null', null],
  ])('says nothing of %s', (_, line) => {
    expect(parseAuditEvent(line)).toBeUndefined();
  });

  it.each<[string, object]>([
    ['no audit id', { auditID: undefined }],
    ['no time', { requestReceivedTimestamp: undefined }],
    ['a time that is none', { requestReceivedTimestamp: 'yesterday' }],
    ['a day that is none', { requestReceivedTimestamp: '2026-02-30T10:00:00Z' }],
    ['no status', { responseStatus: undefined }],
    ['a status without a code', { responseStatus: { metadata: {} } }],
    ['a caller without a name', { user: { groups: [] } }],
    ['an impersonated user without a name', { impersonatedUser: {} }],
    ['groups that are none', { user: { username: 'lee', groups: 'admins' } }],
    ['a version that nobody writes', { apiVersion: 'audit.k8s.io/v9' }],
    ['no version', { apiVersion: undefined }],
    ['a stage that is none', { stage: 'Later' }],
  ])('calls a line with %s unreadable', (_, more) => {
    expect(parseAuditEvent(toLine(more))).toBe('unreadable');
  });

  it.each<[number, string]>([
    [200, 'success'],
    [201, 'success'],
    [202, 'success'],
    [403, '403'],
    [404, '404'],
    [409, '409'],
    [429, '429'],
    [500, '500'],
  ])('tells status %i as %s', (code, outcome) => {
    expect(parse(toLine({ code })).outcome).toBe(outcome);
  });

  it('takes a request that panicked for one that failed', () => {
    expect(parse(toLine({ stage: 'Panic', code: 500 })).outcome).toBe('500');
  });

  it('reads what older servers write', () => {
    expect(parse(toLine({ apiVersion: 'audit.k8s.io/v1beta1' })).secret).toBe('stripe');
  });

  it.each<[string, object, Partial<SecretReadEvent>]>([
    [
      'a list of one name',
      {
        verb: 'list',
        requestURI: '/api/v1/namespaces/payments/secrets?fieldSelector=metadata.name%3Dstripe',
      },
      { namespace: 'payments', secret: 'stripe', isOfHelm: false },
    ],
    ['a list of a namespace', { verb: 'list', objectRef: { name: undefined } }, { namespace: 'payments' }],
    ['an empty namespace', { verb: 'list', objectRef: { name: '', namespace: '' } }, { namespace: null }],
    [
      'a delete that says it is tried out',
      { verb: 'delete', requestURI: '/x?dryRun=All' },
      { verb: 'delete' },
    ],
    [
      'a purge that is tried out, and answers with every Secret',
      { verb: 'deletecollection', requestURI: '/x?dryRun=All', objectRef: { name: undefined } },
      { verb: 'deletecollection' },
    ],
    ['a patch that is tried out', { verb: 'patch', requestURI: '/x?dryRun=All' }, { verb: 'patch' }],
  ])('tells what is asked for: %s', (_, more, expected) => {
    const event = parse(toLine(more));
    expect(event).toMatchObject(expected);
    expect(event.secret).toBe(expected.secret ?? event.secret);
  });

  it.each<[string, object, boolean]>([
    ['a release', { objectRef: { name: 'sh.helm.release.v1.shop.v3' } }, true],
    ['a name that begins alike', { objectRef: { name: 'sh.helm.release' } }, false],
    ['helm list', { verb: 'list', requestURI: '/api/v1/secrets?labelSelector=owner%3Dhelm' }, true],
    [
      'helm list of what is deployed',
      { verb: 'list', requestURI: '/api/v1/secrets?labelSelector=owner%3D%3Dhelm%2Cstatus+in+%28a%2Cb%29' },
      true,
    ],
    ['one of several owners', { verb: 'list', requestURI: '/x?labelSelector=owner+in+(helm,me)' }, false],
    ['a label that ends alike', { verb: 'list', requestURI: '/x?labelSelector=co-owner%3Dhelm' }, false],
    ['an owner that begins alike', { verb: 'list', requestURI: '/x?labelSelector=owner%3Dhelmsman' }, false],
    ['anybody but Helm', { verb: 'list', requestURI: '/x?labelSelector=owner!%3Dhelm' }, false],
    ['Helm’s type', { verb: 'list', requestURI: '/x?fieldSelector=type%3Dhelm.sh%2Frelease.v1' }, true],
    ['any other type', { verb: 'list', requestURI: '/x?fieldSelector=type!%3Dhelm.sh%2Frelease.v1' }, false],
    ['all', { verb: 'list', requestURI: '/api/v1/secrets' }, false],
    // The API server drops such a pair, and lists all.
    ['a selector with a semicolon', { verb: 'list', requestURI: '/x?labelSelector=owner%3Dhelm,a;b' }, false],
    [
      'a selector with half an escape',
      { verb: 'list', requestURI: '/x?labelSelector=owner%3Dhelm,a%z' },
      false,
    ],
    [
      'the pair after one that is dropped',
      { verb: 'list', requestURI: '/x?labelSelector=a;b&labelSelector=owner%3Dhelm' },
      true,
    ],
    [
      'an empty selector first',
      { verb: 'list', requestURI: '/x?labelSelector=&labelSelector=owner%3Dhelm' },
      false,
    ],
    ['another question', { verb: 'list', requestURI: '/x?a=?labelSelector=owner%3Dhelm' }, false],
    ['a purge', { verb: 'deletecollection', requestURI: '/x?labelSelector=owner%3Dhelm' }, false],
  ])('knows Helm’s own Secrets: %s', (_, { objectRef, ...more }: { objectRef?: object }, isOfHelm) => {
    const line = toLine({ ...more, objectRef: objectRef ?? { name: undefined } });
    expect(parse(line).isOfHelm).toBe(isOfHelm);
  });

  it('takes of the addresses the API server’s own: the others are the client’s word', () => {
    expect(parse(toLine({ sourceIPs: ['203.0.113.1', '203.0.113.2', '192.0.2.9'] })).source).toBe(
      '192.0.2.9',
    );
    expect(parse(toLine({ sourceIPs: undefined })).source).toBe('');
  });

  it('keeps no more of a header than tells it', () => {
    const long = 'x'.repeat(1_000_000);
    const event = parse(toLine({ userAgent: long, auditID: long }));
    expect(event.agent).toHaveLength(200);
    expect(event.id).toHaveLength(200);
  });

  it('keeps nothing of a body, an annotation, a path or a credential', () => {
    const canary = 'c2VjcmV0LWNhbmFyeQ==';
    const line = toLine({
      level: 'RequestResponse',
      verb: 'patch',
      requestURI: `/api/v1/namespaces/payments/secrets/stripe?fieldManager=${canary}`,
      requestObject: { data: { password: canary } },
      responseObject: { data: { password: canary }, items: [{ data: { password: canary } }] },
      annotations: { 'example.com/copy': canary },
      responseStatus: { code: 200, message: canary, details: { name: canary } },
      user: { ...toSession('Developer', 'ana'), uid: canary },
      objectRef: { uid: canary, resourceVersion: canary },
    });
    expect(JSON.stringify(parse(line))).not.toContain(canary);
    expect(JSON.stringify(parse(line))).not.toContain('ASIAEXAMPLE');
  });

  it('never throws, whatever the JSON', () => {
    const base = toLine();
    const broken = fc.tuple(fc.constantFrom(...Object.keys(base)), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(broken, { maxLength: 4 }), (fields) => {
        const event = parseAuditEvent({ ...base, ...Object.fromEntries(fields) });
        expect(event === undefined || event === 'unreadable' || event.time.endsWith('Z')).toBe(true);
      }),
    );
    fc.assert(fc.property(fc.jsonValue(), (json) => void parseAuditEvent(json)));
  });
});

describe('Who made a request', () => {
  it.each<[string, object, Partial<SecretReadEvent>]>([
    [
      'a session is its role',
      toSession('Developer', 'ana'),
      {
        identity: 'arn:aws:iam::111122223333:role/Developer',
        username: 'arn:aws:sts::111122223333:assumed-role/Developer/*',
        session: 'ana',
      },
    ],
    [
      'a session named by an address',
      toSession('Developer', 'ana@example.com'),
      { username: 'arn:aws:sts::111122223333:assumed-role/Developer/*', session: 'ana@example.com' },
    ],
    [
      'a template of one’s own',
      toSession('Developer', 'ana', { username: 'dev:ana' }),
      { username: 'dev:*' },
    ],
    ['a fixed username', toSession('Developer', 'ana', { username: 'admin' }), { username: 'admin' }],
    [
      'a fixed username that ends alike',
      toSession('Developer', 'n', { username: 'admin' }),
      { username: 'admin' },
    ],
    // Else whoever may assume the role takes an expected user's name, or another one for each request.
    ['a username that is the session', toSession('Developer', 'lee', { username: 'lee' }), { username: '*' }],
    [
      'a username of aws-auth that ends with the session',
      toSession('Developer', 'backup', { username: 'velero-backup' }),
      { username: 'velero-*' },
    ],
    [
      'a node of any name',
      toNode(),
      { identity: 'arn:aws:iam::111122223333:role/node', username: 'system:node:*' },
    ],
    [
      'an IAM user, without its path',
      {
        username: 'ana',
        groups: ['b', 'a', 'b'],
        extra: { canonicalArn: ['arn:aws:iam::111122223333:user/team/ana'] },
      },
      { identity: 'arn:aws:iam::111122223333:user/ana', username: 'ana', groups: ['a', 'b'] },
    ],
    [
      'an authenticator that tells no canonical ARN',
      { username: 'dev', extra: { arn: ['arn:aws:sts::111122223333:assumed-role/Developer/ana'] } },
      { identity: 'arn:aws:iam::111122223333:role/Developer', groups: [] },
    ],
    ['an extra that is no ARN', { username: 'dev', extra: { canonicalArn: ['root'] } }, { identity: 'dev' }],
    [
      'a node outside IAM',
      { username: 'system:node:a' },
      { identity: 'system:node:a', username: 'system:node:a' },
    ],
  ])('%s', (_, user, expected) => {
    expect(parse(toLine({ user }))).toMatchObject(expected);
  });

  it('is whom somebody became by impersonation, with no ARN that he claims, and who he was', () => {
    const impersonatedUser = {
      ...toServiceAccount('payments', 'api'),
      extra: { canonicalArn: ['arn:aws:iam::111122223333:role/break-glass'] },
    };
    const { identity, impersonator, session } = parse(toLine({ impersonatedUser }));
    expect({ identity, impersonator, session }).toEqual({
      identity: 'system:serviceaccount:payments:api',
      impersonator: {
        identity: 'arn:aws:iam::111122223333:role/Developer',
        username: 'arn:aws:sts::111122223333:assumed-role/Developer/*',
        groups: ['developers', 'system:authenticated'],
      },
      session: 'ana',
    });
  });

  it.each([
    ['kubelet/v1.35.4 (linux/amd64) kubernetes/8b9cd8b', 'kubelet'],
    ['kubelet.exe/v1.35.4 (windows/amd64) kubernetes/8b9cd8b', 'kubelet'],
    ['kubelet-thief/1', 'other'],
    ['keyward/1.0.0', 'keyward'],
    ['kubectl/v1.35.4 kubelet/', 'other'],
    [undefined, 'other'],
  ])('asks with %s', (userAgent, client) => {
    expect(parse(toLine({ userAgent })).client).toBe(client);
  });
});
