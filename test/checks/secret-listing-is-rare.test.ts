import { describe, expect, it } from 'vitest';
import { secretListingIsRare } from '../../shared/checks/secret-listing-is-rare.ts';
import { mostNamed } from '../../shared/evidence/events.ts';
import { denied, type Given, judge, saysDenied } from './cases.ts';
import { toRole } from './policies.ts';
import { acrossAll, callers, kubelet, ofAll, quietLines, readBy, times, toReads } from './reads.ts';

const ask = (lines: readonly object[], more: Given = {}) =>
  judge(secretListingIsRare, { reads: toReads(lines), ...more });
const across = { verb: 'list', objectRef: acrossAll };
const helmList = '/api/v1/secrets?labelSelector=owner%3Dhelm';

describe('secret-listing-is-rare', () => {
  it.each<[string, object[], Given?]>([
    ['no reads', []],
    ['what a cluster does of its own accord', quietLines],
    ['a list of one namespace', [readBy(callers.ana, { verb: 'list', objectRef: ofAll })]],
    ['one Secret', [readBy(callers.ana)]],
    ['a list that was refused', [readBy(callers.ana, { ...across, code: 403 })]],
    ['a purge across namespaces', [readBy(callers.ana, { ...across, verb: 'deletecollection' })]],
    ['helm list --all-namespaces', [readBy(callers.ana, { ...across, requestURI: helmList })]],
    [
      'somebody whom the configuration names',
      [readBy(callers.argo, across)],
      { settings: { expected: { secretReaders: ['system:serviceaccount:argocd:*'] } } },
    ],
  ])('passes for %s', (_, lines, more) => {
    expect(ask(lines, more)).toMatchObject([{ status: 'pass', subject: null }]);
  });

  it('passes for Keyward itself, by its role and its agent', () => {
    const lines = [readBy(callers.ana, { ...across, userAgent: 'keyward/1.0.0' })];
    const toGiven = (own: string[]): Given => ({ reads: toReads(lines, { own }) });
    expect(ask(lines, toGiven([toRole('Developer')]))).toMatchObject([{ status: 'pass' }]);
    expect(ask(lines, toGiven([toRole('Other')]))).toMatchObject([{ status: 'fail' }]);
  });

  it.each<[string, object, string]>([
    ['a list by a controller', readBy(callers.argo, across), callers.argo.username],
    [
      'a watch that is open',
      readBy(callers.argo, { ...across, verb: 'watch', stage: 'ResponseStarted' }),
      callers.argo.username,
    ],
    ['a person', readBy(callers.ana, across), toRole('Developer')],
    ['a service account, from its own namespace', readBy(callers.api, across), callers.api.username],
    [
      'a list of one name everywhere',
      readBy(callers.ana, { verb: 'list', objectRef: { namespace: undefined } }),
      toRole('Developer'),
    ],
    [
      'a node, whatever it calls itself',
      readBy(callers.node, { ...across, userAgent: kubelet }),
      toRole('node'),
    ],
    ['anonymous', readBy(callers.anonymous, across), 'system:anonymous'],
  ])('fails for %s', (_, line, subject) => {
    expect(ask([line, ...quietLines])).toMatchObject([{ status: 'fail', severity: 'medium', subject }]);
  });

  it('says how often, when, from where and with what', () => {
    const lines = [
      readBy(callers.argo, across),
      readBy(callers.argo, { ...across, verb: 'watch', at: '2026-11-21T02:10:00Z', sourceIPs: ['10.0.0.9'] }),
    ];
    expect(ask(lines)).toMatchObject([
      {
        message:
          'system:serviceaccount:argocd:argocd-application-controller read Secrets of all namespaces by list and watch 2 times between 2026-11-20 10:00 UTC and 2026-11-21 02:10 UTC, from 10.0.0.9, 192.0.2.10, with kubectl/v1.35.4 (linux/amd64): one answer may hold every Secret of the cluster.',
        evidence: { verbs: { list: 1, watch: 1 }, secrets: ['*/*'] },
        fix: expect.stringContaining('- "system:serviceaccount:argocd:argocd-application-controller"'),
      },
    ]);
  });

  it('tells once of somebody who lists in the names of many', () => {
    const lines = times(mostNamed + 1, (index) =>
      readBy(callers.ana, { ...across, impersonatedUser: { username: `u-${index}` } }),
    );
    expect(ask(lines)).toMatchObject([
      {
        subject: `${toRole('Developer')} as others`,
        message: expect.stringMatching(
          /^arn:\S+Developer, in 21 names of others, read Secrets of all namespaces/,
        ),
        evidence: { names: { toldApart: mostNamed + 1, areAll: true } },
      },
    ]);
  });

  it('does not claim that a list held values', () => {
    expect(secretListingIsRare.outcomes).toHaveProperty('listed.severity', 'medium');
    expect(ask([readBy(callers.argo, across)])[0]?.message).toContain('may hold');
  });

  it('is unknown where the log could not be read, and never passes over a part of it', () => {
    expect(ask([], { reads: denied })).toMatchObject(saysDenied);
    expect(ask(quietLines, { missing: ['secret.reads'] })).toMatchObject([{ status: 'unknown' }]);
    expect(ask([readBy(callers.argo, across)], { missing: ['secret.reads'] })).toMatchObject([
      { status: 'fail' },
      { status: 'unknown' },
    ]);
  });
});
