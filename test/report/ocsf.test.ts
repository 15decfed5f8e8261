import { describe, expect, it } from 'vitest';
import { catalogue } from '../../cli/check-ids.ts';
import type { Finding } from '../../shared/findings/finding.ts';
import { toOcsf } from '../../shared/report/ocsf.ts';
import { acting, findings, hostileName, keyArn, result, toFinding } from './findings.ts';

const toText = async (given: Finding[]) =>
  (await Array.fromAsync(toOcsf({ run: result.run, findings: given }, { rules: catalogue }))).join('');
const toEvents = async (...given: Finding[]) => JSON.parse(await toText(given));

// Whether the events are valid is judged by OCSF's own schema in test/emulators/formats.test.ts.
describe('toOcsf', () => {
  it('gives a Compliance Finding for each finding that applies, in order', async () => {
    const events = await toEvents(...findings);
    expect(events.map((event: { finding_info: { uid: string } }) => event.finding_info.uid)).toEqual(
      findings.filter(({ status }) => status !== 'not-applicable').map(({ id }) => id),
    );
    for (const event of events) expect(event).toMatchObject({ class_uid: 2003, type_uid: 200301 });
  });

  it('is an empty list without a finding', async () => {
    expect(await toEvents()).toEqual([]);
  });

  it.each([
    ['pass', 'high', { status_id: 1, status: 'Pass' }, 'Informational'],
    ['fail', 'critical', { status_id: 3, status: 'Fail' }, 'Critical'],
    ['fail', 'info', { status_id: 3, status: 'Fail' }, 'Informational'],
    ['unknown', 'high', { status_id: 0, status: 'Unknown' }, 'Informational'],
  ] as const)(
    'says of %s of severity %s %j, and that it weighs %s',
    async (status, severity, said, weight) => {
      const [event] = await toEvents(toFinding({ status, severity, reason: 'throttled' }));
      expect(event).toMatchObject({ compliance: said, severity: weight });
    },
  );

  it('says why something is unknown', async () => {
    const [event] = await toEvents(
      toFinding({ status: 'unknown', reason: 'access-denied', message: 'kms:ListGrants was refused' }),
    );
    expect(event.status_detail).toBe('access-denied: kms:ListGrants was refused');
    expect(event.compliance.status_details).toEqual(['access-denied: kms:ListGrants was refused']);
  });

  it('still fails where somebody accepted it, but is suppressed', async () => {
    const exception = { reason: 'r', owner: 'o', expires: '2027-01-01' };
    expect(await toEvents(toFinding({ exception }))).toMatchObject([
      {
        status: 'Suppressed',
        status_detail: 'Excepted until 2027-01-01 by o: r',
        compliance: { status: 'Fail' },
      },
    ]);
  });

  it('names the check, its frameworks and their requirements', async () => {
    const [event] = await toEvents(toFinding({}));
    const rule = catalogue.find(({ id }) => id === 'key-rotates');
    expect(event.compliance).toMatchObject({ control: 'key-rotates', desc: rule?.rationale });
    expect(event.compliance.standards).toEqual(Object.keys(rule?.frameworks ?? {}));
    expect(event.compliance.requirements).toContain('NIST 800-53/SC-12');
  });

  it('names the key, where it lives, and the cluster that hangs on it', async () => {
    const foreign = 'arn:aws-cn:kms:cn-north-1:777788889999:key/1234';
    const [event] = await toEvents(toFinding({ resource: foreign, region: 'cn-northwest-1' }));
    expect(event.resources).toEqual([
      { uid: foreign, name: '1234', type: 'AwsKmsKey', region: 'cn-north-1', cloud_partition: 'aws-cn' },
      {
        uid: 'arn:aws-cn:eks:cn-northwest-1:111122223333:cluster/payments',
        name: 'payments',
        type: 'AwsEksCluster',
        region: 'cn-northwest-1',
        cloud_partition: 'aws-cn',
      },
    ]);
    expect(event.cloud).toMatchObject({ account: { uid: '111122223333' }, region: 'cn-northwest-1' });
  });

  const nowhere = { account: null, region: null, cluster: null };
  it.each([
    ['kubernetes:ctx#secret/shop/db', { cluster: 'ctx' }, { name: 'db', type: 'secret', namespace: 'shop' }],
    ['kubernetes:ctx#clusterrole/admin', { cluster: 'ctx' }, { name: 'admin', type: 'clusterrole' }],
    [
      'file:a#b.yaml#secret//db',
      { origin: { file: 'a#b.yaml', line: 2 } },
      { name: 'db', type: 'secret', data: { file: 'a#b.yaml', line: 2 } },
    ],
    ['keyward.config.yaml', {}, { name: 'keyward.config.yaml', type: 'Other' }],
  ])('names %s, which is in no account', async (resource, given, named) => {
    const [event] = await toEvents(toFinding({ ...nowhere, ...given, resource }));
    expect(event.resources).toEqual([{ uid: resource, ...named }]);
    expect(event).not.toHaveProperty('cloud');
    expect(event.metadata).not.toHaveProperty('profiles');
  });

  it('keeps names as they are and lets no acting character through, nor into what is shown', async () => {
    const hostile = toFinding({
      resource: keyArn,
      subject: hostileName,
      message: `Policy of ${hostileName}`,
    });
    const text = await toText([hostile]);
    expect(text).not.toMatch(acting);
    const [event] = JSON.parse(text);
    expect(event.unmapped.subject).toBe(hostileName);
    expect(event.message + event.finding_info.desc).not.toMatch(acting);
  });
});
