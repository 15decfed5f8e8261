import { BucketLocationConstraint } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { parseTargets } from '../../cli/target-options.ts';

describe('--regions', () => {
  it.each([
    ['eu-wst-1', 'eu-west-1'],
    ['ap-southest-2', 'ap-southeast-2'],
    ['us-gov-wets-1', 'us-gov-west-1'],
    ['eu-west-1a', 'eu-west-1'],
    ['eu-west1', 'eu-west-1'],
    ['EU-Central-1', 'eu-central-1'],
  ])('takes %s for a typing error, and asks whether %s was meant', (given, meant) => {
    expect(() => parseTargets({ regions: `eu-central-1,${given}` })).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        message: `--regions: "${given}" is not a Region`,
        hint: `Did you mean ${meant}?`,
      }),
    );
  });

  it.each(['Frankfurt', 'x'])('says what a Region looks like where %s is near none', (given) => {
    expect(() => parseTargets({ regions: given })).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/^A Region looks like eu-central-1/) }),
    );
  });

  it('takes every Region that there is', () => {
    const regions = Object.values(BucketLocationConstraint).filter((name) => name !== 'EU');
    expect(regions.length).toBeGreaterThan(30);
    expect(parseTargets({ regions: regions.join(',') }).regions).toEqual(regions);
  });

  it.each(['us-east-1', 'us-isob-west-1', 'us-isof-south-1', 'eu-isoe-west-1', 'eusc-de-east-1'])(
    'takes %s, which S3 does not list',
    (region) => expect(parseTargets({ regions: region }).regions).toEqual([region]),
  );

  it.each(['eu-west-4', 'sa-west-1', 'us-southwest-1', 'eusc-fr-east-1', 'zz-central-1', 'us-moon-1'])(
    'takes %s, which there may be one day',
    (region) => expect(parseTargets({ regions: region }).regions).toEqual([region]),
  );
});
