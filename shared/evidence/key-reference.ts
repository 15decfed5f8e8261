import { parseArn } from './arn.ts';

/** Where a key lives, and by what it was named: a key id, or `alias/NAME`. */
export interface KeyReference {
  account: string;
  region: string;
  /** A key id or `alias/NAME`. */
  name: string;
  arn: string;
}

/** What `encryptionConfig.provider.keyArn` points to. It may be an alias, and EKS takes a bare one, too. */
export const toKeyReference = (keyArn: string, clusterArn: string): KeyReference => {
  const arn = parseArn(keyArn);
  if (arn)
    return {
      account: arn.account,
      region: arn.region,
      name: arn.resource.replace(/^key\//, ''),
      arn: keyArn,
    };
  const cluster = parseArn(clusterArn);
  const [partition, region, account] = [
    cluster?.partition ?? '',
    cluster?.region ?? '',
    cluster?.account ?? '',
  ];
  const resource = keyArn.startsWith('alias/') ? keyArn : `key/${keyArn}`;
  const name = keyArn;
  return { account, region, name, arn: `arn:${partition}:kms:${region}:${account}:${resource}` };
};

export const isAlias = (reference: Pick<KeyReference, 'name'>): boolean =>
  reference.name.startsWith('alias/');

/** The AWS CLI's command about a key, as it can be pasted: KMS answers only in the key's own Region. */
export const toKmsCommand = (verb: string, keyArn: string): string =>
  ['aws kms', verb, ...toRegionOption(keyArn), '--key-id', keyArn].join(' ');

const toRegionOption = (keyArn: string): string[] => {
  const region = parseArn(keyArn)?.region;
  return region ? ['--region', region] : [];
};
