import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { factsOfPermissions } from '../../shared/report/facts-of-permissions.ts';

const root = new URL('../../', import.meta.url);
const readText = (path: string) => readFileSync(new URL(path, root), 'utf8');

const policy = z.object({
  Statement: z.array(
    z.object({
      Effect: z.literal('Allow'),
      Action: z.union([z.string().transform((action) => [action]), z.array(z.string())]),
      Resource: z.union([z.string(), z.array(z.string())]).optional(),
    }),
  ),
});

/** The actions that the policies of the page allow; a trust policy, which has no Resource, allows nothing of them. */
const documented = [...readText('docs/permissions.md').matchAll(/```json\n([\s\S]*?)```/g)]
  .flatMap(([, text = '']) => policy.parse(JSON.parse(text)).Statement)
  .flatMap((statement) => (statement.Resource === undefined ? [] : statement.Action))
  .sort();

/** Anyone may ask who he is: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const needsNoPermission = ['sts:GetCallerIdentity'];
/** Sent by the SDK's provider of temporary credentials, not by a command of ours. */
const sentByTheSdk = { 'sts:AssumeRole': 'fromTemporaryCredentials' };

/** Where the client's name is not the prefix of the actions. */
const prefixes: Record<string, string> = { accessanalyzer: 'access-analyzer', 'cloudwatch-logs': 'logs' };

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
const actionsOfOtherNames: Record<string, string> = {
  's3:ListObjectsV2': 's3:ListBucket',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
};
const toAction = (command: string): string => actionsOfOtherNames[command] ?? command;

/** The action of every command and paginator that a file imports from a client of the SDK. */
const toActions = (source: string): string[] =>
  [...source.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g)].flatMap(
    ([, names = '', service = '']) =>
      [...names.matchAll(/\b(?:paginate(\w+)|(\w+)Command)\b/g)].map(([, paged, sent]) =>
        toAction(`${prefixes[service] ?? service}:${paged ?? sent}`),
      ),
  );

/** The command line publishes nothing, keeps nothing in a bucket, signs nothing and reads no parameter: the page's policies are for scanning. */
const onlyOfTheService = [
  'shared/publish/**',
  'shared/store/s3-*.ts',
  'shared/store/config-parameter.ts',
  'shared/store/signer.ts',
];
const sources = globSync('{shared,cli}/**/*.ts', { cwd: root.pathname, exclude: onlyOfTheService }).map(
  readText,
);
const used = [
  ...new Set([
    ...sources.flatMap(toActions).filter((action) => !needsNoPermission.includes(action)),
    ...Object.entries(sentByTheSdk).flatMap(([action, provider]) =>
      sources.some((source) => source.includes(provider)) ? action : [],
    ),
  ]),
].sort();

describe('the permissions that are documented', () => {
  it('are those of the commands that are sent, both ways', () => {
    expect(documented).toEqual(used);
  });

  it('are read from imports of every form', () => {
    const source =
      "import { type EKSClient, paginateListClusters } from '@aws-sdk/client-eks';\nimport {\n  DescribeKeyCommand,\n} from '@aws-sdk/client-kms';\n";
    expect(toActions(source)).toEqual(['eks:ListClusters', 'kms:DescribeKey']);
  });

  it('each have their line on what is lost without them', () => {
    const lines = readText('docs/permissions.md').matchAll(/^\| `([\w-]+:\w+)` +\|/gm);
    expect([...lines].map(([, action]) => action).sort()).toEqual(documented);
  });

  it('are each known by what they tell, so that a refusal can name what is unknown for it', () => {
    const known = Object.keys(factsOfPermissions).filter((permission) => permission.includes(':'));
    // The key of a log's bucket is the reader's own, and in no policy of the page.
    const wanted = new Set([...documented.filter((action) => action !== 'sts:AssumeRole'), 'kms:Decrypt']);
    expect(known.sort()).toEqual([...wanted].sort());
  });

  it('change nothing and open nothing: a query that is started reads, and costs until it is stopped', () => {
    for (const action of documented)
      expect(action).toMatch(
        /^(sts:AssumeRole|logs:(Start|Stop)Query|[\w-]+:(List|Describe|Get|Lookup)\w+)$/,
      );
  });
});
