import { describe, expect, it } from 'vitest';
import { catalogue } from '../../cli/check-ids.ts';
import type { Finding } from '../../shared/findings/finding.ts';
import { toAsffList } from '../../shared/report/asff-list.ts';
import { acting, findings, result, toFinding } from './findings.ts';

const toText = async (given: Finding[]) =>
  (await Array.fromAsync(toAsffList({ run: result.run, findings: given }, { rules: catalogue }))).join('');
const toList = async (...given: Finding[]) => JSON.parse(await toText(given));

// Whether Security Hub would take it is judged by botocore's model in test/emulators/formats.test.ts.
describe('toAsffList', () => {
  it('gives each finding that applies, in order, of this run, with what its check stands for', async () => {
    const list = await toList(...findings);
    expect(list.map(({ Id }: { Id: string }) => Id)).toEqual(
      findings.filter(({ status }) => status !== 'not-applicable').map(({ id }) => id),
    );
    expect(list[0]).toMatchObject({
      CreatedAt: result.run.startedAt,
      UpdatedAt: result.run.startedAt,
      RecordState: 'ACTIVE',
      Compliance: { Status: 'FAILED', RelatedRequirements: expect.arrayContaining(['NIST 800-53/SC-12']) },
    });
    expect(list[3].Compliance).toMatchObject({
      Status: 'NOT_AVAILABLE',
      StatusReasons: [{ ReasonCode: 'ACCESS_DENIED' }],
    });
  });

  it('leaves out what belongs to no account', async () => {
    expect(await toList(toFinding({ account: null, region: null }))).toEqual([]);
  });

  it.each(['aws', 'aws-cn', 'aws-us-gov'])(
    'belongs to the partition %s of its resource',
    async (partition) => {
      const [one] = await toList(toFinding({ resource: `arn:${partition}:kms:r:1:key/1` }));
      expect(one.ProductArn).toMatch(`arn:${partition}:securityhub:`);
    },
  );

  it('lets no acting character through', async () => {
    expect(await toText(findings)).not.toMatch(acting);
  });
});
