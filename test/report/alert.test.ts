import { describe, expect, it } from 'vitest';
import { type Transition, toTold, toTransition } from '../../shared/findings/tracked.ts';
import { groupChanges, toChatbotMessage, toCriticalAlert } from '../../shared/report/alert.ts';
import { type DigestFacts, hasNews, toDigest } from '../../shared/report/digest.ts';
import { hostileName, result, toFinding } from './findings.ts';

const change = (kind: Transition['kind'], given: Parameters<typeof toFinding>[0] = {}) =>
  toTransition(kind, toTold(toFinding(given)));
const critical = { check: 'key-is-usable', severity: 'critical' } as const;

const { findings: _, ...counts } = result;
const scanned = { ...counts, run: { ...counts.run, targets: counts.run.targets.slice(0, 1) } };
const digest = (transitions: Transition[], more: Partial<DigestFacts> = {}) => {
  const facts: DigestFacts = {
    result: scanned,
    changes: groupChanges(transitions),
    notEnabled: [],
    refused: [],
    owed: 0,
    failures: [],
    broken: [],
    location: 's3://runs/runs/run-1/',
    ...more,
  };
  return { ...toDigest(facts), hasNews: hasNews(facts) };
};

describe('Changes', () => {
  it('are grouped by kind, check and resource over their clusters, the worst first, what is resolved last', () => {
    const groups = groupChanges([
      change('resolved', critical),
      change('new', { severity: 'low', cluster: 'a' }),
      change('new', { ...critical, cluster: 'a' }),
      change('new', { ...critical, cluster: 'b' }),
      change('new', { ...critical, cluster: 'c', resource: 'another' }),
      change('worse', { severity: 'high' }),
    ]);
    expect(groups.map(({ kind, severity, transitions }) => [kind, severity, transitions.length])).toEqual([
      ['new', 'critical', 2],
      ['new', 'critical', 1],
      ['worse', 'high', 1],
      ['new', 'low', 1],
      ['resolved', 'critical', 1],
    ]);
  });
});

describe('The alert of a critical finding', () => {
  const [group] = groupChanges(['a', 'b', 'b'].map((cluster) => change('new', { ...critical, cluster })));
  const alert = group && toCriticalAlert(group);

  it('says what it is about, of which clusters, and what to do', () => {
    expect(alert?.subject).toBe('Keyward: critical: key-is-usable on a and 1 more');
    expect(alert?.text).toContain('[critical] new: ');
    expect(alert?.text).toContain(
      'Clusters: a (111122223333, eu-central-1), b (111122223333, eu-central-1)\n',
    );
    expect(alert?.text).toContain('What to do: Switch automatic rotation on.');
  });

  it('has scalar attributes', () => {
    expect(alert?.attributes).toMatchObject({
      type: 'finding',
      kind: 'new',
      severity: 'critical',
      check: 'key-is-usable',
      account: '111122223333',
      region: 'eu-central-1',
    });
  });
});

describe('The digest', () => {
  it('says that nothing changed', () => {
    const { subject, text, attributes, hasNews: isNews } = digest([]);
    expect(subject).toBe('Keyward: nothing changed');
    expect(text).toContain('All of the run: s3://runs/runs/run-1/');
    expect(attributes).toMatchObject({ type: 'digest', kinds: [], severities: [] });
    expect(isNews).toBe(false);
  });

  it('counts what changed, and lists it, the worst first', () => {
    const { subject, text, attributes } = digest([
      change('resolved'),
      change('new', { severity: 'low' }),
      change('again', critical),
      change('exception-ended', { cluster: 'x' }),
    ]);
    expect(subject).toBe('Keyward: 1 new, 1 happened again, 1 exception ended, 1 resolved');
    expect(
      [...text.matchAll(/^\[(\w+)\] ([\w ]+):/gm)].map(([, severity, kind]) => `${severity} ${kind}`),
    ).toEqual(['critical happened again', 'medium exception ended', 'low new', 'medium resolved']);
    expect(attributes).toMatchObject({
      kinds: ['again', 'exception-ended', 'new', 'resolved'],
      severities: ['critical', 'low', 'medium'],
      checks: ['key-is-usable', 'key-rotates'],
    });
  });

  it.each<[string, Partial<DigestFacts>, string]>([
    [
      'a target that was not scanned',
      { result: counts },
      'Not scanned: 444455556666/eu-central-1: the role was refused',
    ],
    [
      'a Security Hub that refuses',
      { refused: [{ place: '1/x', why: 'denied' }] },
      'Security Hub refused: 1/x: denied',
    ],
    [
      'what did not arrive',
      { owed: 2, failures: ['InternalError: busy'] },
      '2 findings did not reach Security Hub yet',
    ],
    [
      'a state that is corrupt',
      { broken: ['state/1/x is corrupt'] },
      'until somebody acts: state/1/x is corrupt',
    ],
  ])('tells of %s', (_what, more, sentence) => {
    const { subject, text, hasNews: isNews } = digest([], more);
    expect(subject).toBe('Keyward: nothing changed, see what failed');
    expect(text).toContain(sentence);
    expect(isNews).toBe(true);
  });

  it('has one line for all targets without Security Hub, which alone are no news', () => {
    const notEnabled = Array.from({ length: 300 }, (_target, index) => `${index}/eu-central-1`);
    const { text, hasNews: isNews } = digest([], { notEnabled });
    expect(text.match(/Security Hub/g)).toHaveLength(1);
    expect(text).toContain('not enabled in 300 targets: 0/eu-central-1');
    expect(text).toContain('and 280 more');
    expect(isNews).toBe(false);
  });

  it('stays below what SNS takes, and says how much is left out', () => {
    const many = Array.from({ length: 3_000 }, (_change, index) =>
      change('new', {
        resource: `key-${index}`,
        account: String(100_000_000_000 + index),
        message: 'é'.repeat(200),
      }),
    );
    const { text, attributes } = digest(many);
    expect(Buffer.byteLength(text + JSON.stringify(attributes))).toBeLessThan(250_000);
    expect(text).toMatch(/… \d+ lines left out\n\nAll of the run: s3/);
    expect(text).toMatch(/As a page, minutes from now: s3:\/\/runs\/runs\/run-1\/report\.html\n$/);
  });

  it('lets no name drive a terminal, break a line or a subject', () => {
    const { text } = digest([change('new', { cluster: hostileName, message: hostileName })]);
    expect(text).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    const [group] = groupChanges([
      change('new', { ...critical, cluster: `${hostileName}${'x'.repeat(200)}` }),
    ]);
    expect(group && toCriticalAlert(group).subject).toMatch(/^[ -~]{1,99}$/);
  });
});

describe('The message for AWS Chatbot', () => {
  it('is its own kind of JSON, cut to what a chat shows', () => {
    const message = JSON.parse(
      toChatbotMessage({ subject: 'Keyward', text: `${'line\n'.repeat(3_000)}`, attributes: {} }),
    );
    expect(message).toMatchObject({
      version: '1.0',
      source: 'custom',
      content: { textType: 'client-markdown', title: 'Keyward' },
    });
    expect(message.content.description.length).toBeLessThan(4_000);
  });
});
