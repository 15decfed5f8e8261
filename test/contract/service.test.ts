import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type CollectionTag, parse, type ScalarTag } from 'yaml';
import { z } from 'zod';
import { EventError } from '../../shared/runtime/errors.ts';
import { logger } from '../../shared/runtime/lambda.ts';
import { changes } from '../../shared/use-cases/change-event.ts';
import { toContext } from '../runtime/context.ts';

const root = new URL('../../', import.meta.url);
const readText = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** Intrinsic functions stand for nothing here. */
const intrinsics: (ScalarTag | CollectionTag)[] = [
  ...['!Ref', '!Sub', '!GetAtt', '!Equals', '!Split'].map((tag) => ({
    tag,
    resolve: (text: string) => text,
  })),
  { tag: '!If', collection: 'seq', resolve: (branches) => branches },
];
const readYaml = (path: string): unknown =>
  parse(readText(path), { customTags: intrinsics, logLevel: 'error' });

const { functions } = z
  .object({ functions: z.record(z.string(), z.object({ handler: z.string(), role: z.string() })) })
  .parse(readYaml('serverless.yml'));
const handlers = Object.entries(functions).map(([name, { handler, role }]) => ({
  name,
  role,
  file: handler.replace(/\.handler$/, '.ts'),
}));

const statement = z.object({
  Effect: z.literal('Allow'),
  Action: z.union([z.string().transform((action) => [action]), z.array(z.string())]),
  Resource: z.string(),
});
const objectActions = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'];
const { withoutCommand, ...permissions } = z
  .object({ withoutCommand: z.array(z.string()) })
  .catchall(z.unknown())
  .parse(readYaml('infra/permissions.yml'));
const listed = (name: string) => z.array(statement).parse(permissions[name]);
const listActions = (name: string) => [...new Set(listed(name).flatMap(({ Action }) => Action))].sort();

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
const actionsOfOtherNames: Record<string, string> = {
  's3:ListObjectsV2': 's3:ListBucket',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  'sfn:StartExecution': 'states:StartExecution',
};
/** Anyone may ask who he is. */
const needsNoPermission = 'sts:GetCallerIdentity';

/** A file and all that it imports, types aside: those are gone when it runs. */
const collectFiles = (file: string, seen = new Set<string>()): Set<string> => {
  if (seen.has(file) || !file.endsWith('.ts')) return seen;
  seen.add(file);
  for (const [, specifier = ''] of readText(file).matchAll(
    /^(?:import|export)(?! type)[^']*from '(\.[^']+)'/gm,
  ))
    collectFiles(join(dirname(file), specifier), seen);
  return seen;
};

/** The action of every command and paginator that a file imports from a client of the SDK. */
const toActions = (source: string): string[] =>
  [...source.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g)].flatMap(
    ([, names = '', service = '']) =>
      [...names.matchAll(/\b(?:paginate(\w+)|(\w+)Command)\b/g)]
        .map(([, paged, sent]) => `${service}:${paged ?? sent}`)
        .map((action) => actionsOfOtherNames[action] ?? action),
  );

const reachable = (file: string): string[] => {
  const actions = [...collectFiles(file)].flatMap((path) => toActions(readText(path)));
  return [...new Set(actions)].filter((action) => action !== needsNoPermission).sort();
};

describe('infra/permissions.yml', () => {
  it.each(handlers)('lists for $name the commands that it can reach, both ways', ({ name, file }) => {
    const ofCommands = listActions(name).filter((action) => !withoutCommand.includes(action));
    expect(ofCommands).toEqual(reachable(file));
    expect(ofCommands.length).toBeGreaterThan(0);
  });

  it('lists without a command only what no command is called and some function has', () => {
    const all = handlers.flatMap(({ name }) => listActions(name));
    const sent = handlers
      .flatMap(({ file }) => reachable(file))
      .filter((action) => !action.startsWith('kms:'));
    for (const action of withoutCommand) {
      expect(all).toContain(action);
      expect(sent).not.toContain(action);
    }
  });

  it.each(handlers)('gives $name nothing of ours but by its name', ({ name }) => {
    for (const { Action, Resource } of listed(name))
      if (
        Action.some((action) => /^(s3|sns|ssm|states|sts):/.test(action) || withoutCommand.includes(action))
      )
        expect(Resource).not.toBe('*');
  });

  it.each(handlers)(
    'lets $name use the service’s key only where it reads, writes or publishes',
    ({ name }) => {
      const usesKey = listActions(name).some(
        (action) => withoutCommand.includes(action) && action.startsWith('kms:'),
      );
      const isNeeded = listActions(name).some((action) => [...objectActions, 'sns:Publish'].includes(action));
      expect(usesKey).toBe(isNeeded);
    },
  );

  it('lets one step alone remove objects, of the index, and two touch the state', () => {
    const may = (action: string, folder: string) =>
      handlers
        .filter(({ name }) =>
          listed(name).some(
            ({ Action, Resource }) =>
              Action.includes(action) && (Resource.endsWith(`/${folder}/*`) || Resource.endsWith('Arn}/*')),
          ),
        )
        .map(({ name }) => name);
    expect(may('s3:DeleteObject', 'index')).toEqual(['evaluateAccount']);
    for (const folder of ['runs', 'state', 'history', 'manifests'])
      expect(may('s3:DeleteObject', folder)).toEqual([]);
    expect(may('s3:PutObject', 'state')).toEqual(['evaluateAccount', 'summariseRun']);
    expect(may('s3:PutObject', 'index')).toEqual(['evaluateAccount']);
    expect(may('s3:PutObject', 'manifests')).toEqual(['summariseRun']);
  });

  it('lets one step alone sign, and none read or change the key that it signs with', () => {
    const ofSigningKey = handlers.flatMap(({ name }) =>
      listed(name)
        .filter(({ Resource }) => Resource.includes('SigningKey'))
        .map(({ Action }) => [name, ...Action]),
    );
    expect(ofSigningKey).toEqual([['summariseRun', 'kms:GetPublicKey', 'kms:Sign']]);
  });

  it.each(handlers)('is what the role of $name has', ({ name, role }) => {
    expect(readText('infra/roles.yml')).toMatch(
      new RegExp(`^  ${role}:\\n(?:    .*\\n)+?.*\\$\\{file\\(infra/permissions\\.yml\\):${name}\\}`, 'm'),
    );
  });
});

/** Every object within a document, itself included. */
const listObjects = (value: unknown): object[] =>
  typeof value === 'object' && value !== null ? [value, ...Object.values(value).flatMap(listObjects)] : [];

describe('The policies of what the stack’s parts may reach', () => {
  const ofService = z.looseObject({
    Effect: z.literal('Allow'),
    Principal: z.object({ Service: z.string() }),
    Action: z.union([z.string(), z.array(z.string())]),
    Condition: z.unknown().optional(),
  });
  const statements = globSync('infra/*.yml', { cwd: root.pathname })
    .flatMap((path) => listObjects(readYaml(path)))
    .flatMap((value) => ofService.safeParse(value).data ?? [])
    .map(({ Principal, Action, Condition }) => ({
      service: Principal.Service,
      actions: [Action].flat(),
      Condition,
    }));
  /** Of these AWS says which account they act for. A function's role is only ever handed to functions of its account. */
  const isBound = ({ service, actions }: (typeof statements)[number]) =>
    service !== 'lambda.amazonaws.com' &&
    (service !== 'events.amazonaws.com' || !actions.some((action) => /^(sns|kms):/.test(action)));

  it('bind each service to this account, where it says for whom it acts', () => {
    const bound = statements.filter(isBound);
    expect(new Set(bound.map(({ service }) => service))).toEqual(
      new Set(['cloudwatch', 'events', 'scheduler', 'states'].map((name) => `${name}.amazonaws.com`)),
    );
    for (const { Condition, actions } of bound)
      expect(JSON.stringify(Condition), actions.join()).toMatch(/aws:Source(Account|Arn)"/);
  });

  it('put no condition on the rules that alert, which could never hold', () => {
    const free = statements
      .filter(({ service }) => service === 'events.amazonaws.com')
      .filter((one) => !isBound(one));
    expect(free.map(({ actions }) => actions)).toEqual([
      ['sns:Publish'],
      ['kms:Decrypt', 'kms:GenerateDataKey'],
    ]);
    for (const { Condition } of free) expect(Condition).toBeUndefined();
  });
});

describe('infra/storage.yml', () => {
  const named = z.looseObject({ Type: z.string(), Properties: z.looseObject({}) });
  const { Resources } = z
    .object({ Resources: z.record(z.string(), named) })
    .parse(readYaml('infra/storage.yml'));

  it('lets one function sign, and all else of the account administer without signing', () => {
    const { Statement } = z
      .object({ Statement: z.array(z.looseObject({ Action: z.union([z.string(), z.array(z.string())]) })) })
      .parse(Resources.SigningKey?.Properties.KeyPolicy);
    const [administer, sign] = Statement;
    expect(Statement).toHaveLength(2);
    // Nor by a grant, which would let anybody sign.
    for (const action of [administer?.Action ?? []].flat())
      expect(action).not.toMatch(/^kms:(\*|Sign|S\*|Create)/);
    expect(sign).toMatchObject({
      Action: 'kms:Sign',
      Condition: { ArnLike: { 'aws:PrincipalArn': expect.stringMatching(/SummariseRunRole-\*$/) } },
    });
  });

  it('expires nothing but runs, after the days that their manifests tell', () => {
    const rule = z.looseObject({ Prefix: z.string().optional(), ExpirationInDays: z.unknown().optional() });
    const { Rules } = z
      .object({ Rules: z.array(rule) })
      .parse(Resources.RunsBucket?.Properties.LifecycleConfiguration);
    expect(Rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined)).toEqual([
      expect.objectContaining({ Prefix: 'runs/', ExpirationInDays: 'RunRetentionDays' }),
    ]);
    expect(readText('serverless.yml')).toMatch(/RUN_RETENTION_DAYS: !Ref RunRetentionDays/);
  });
});

describe('infra/member-role.yml', () => {
  const actions = [
    ...readText('infra/member-role.yml').matchAll(
      /(?<!:)\b(?:account|backup|cloudtrail|eks|iam|kms|s3|securityhub):[A-Z]\w+/g,
    ),
  ].map(([action]) => action);

  const isAnybodys = (resource: string) => resource === '*' || resource.endsWith(':s3:::*');

  it('allows what the functions do in member accounts, and nothing more', () => {
    const inMembers = handlers
      .flatMap(({ name }) => listed(name))
      .filter(
        ({ Resource, Action }) =>
          isAnybodys(Resource) && !Action.some((action) => action.startsWith('organizations:')),
      )
      .flatMap(({ Action }) => Action);
    expect([...new Set(actions)].sort()).toEqual([...new Set(inMembers)].sort());
  });
});

describe('infra/athena', () => {
  const { Resources } = z
    .object({
      Resources: z.object({
        TrailTableOfStack: z.object({
          Properties: z.object({
            TableInput: z.object({
              PartitionKeys: z.array(z.object({ Name: z.string(), Type: z.string() })),
              Parameters: z.record(z.string(), z.unknown()),
              StorageDescriptor: z.object({
                InputFormat: z.string(),
                OutputFormat: z.string(),
                SerdeInfo: z.object({ SerializationLibrary: z.string() }),
                Columns: z.array(z.object({ Name: z.string(), Type: z.string() })),
              }),
            }),
          }),
        }),
        KeyUsePolicy: z.object({
          Properties: z.object({
            PolicyDocument: z.object({
              Statement: z.array(
                z.object({ Action: z.union([z.string(), z.array(z.string())]), Resource: z.unknown() }),
              ),
            }),
          }),
        }),
      }),
    })
    .parse(readYaml('infra/athena/athena.yml'));
  const { PartitionKeys, Parameters, StorageDescriptor } = Resources.TrailTableOfStack.Properties.TableInput;
  const ddl = readText('infra/athena/table.sql').replace(/^--.*\n/gm, '');

  it('makes the same table by the stack as by hand', () => {
    const toType = (text: string) => text.toLowerCase().replaceAll(/\s/g, '');
    const toColumns = (columns: { Name: string; Type: string }[]) =>
      columns.map(({ Name, Type }) => `${Name} ${Type}`).join(',');
    const [, columns = '', partitions = ''] =
      /TABLE [\w.]+ \((.*)\)\s+PARTITIONED BY \((.*?)\)/s.exec(ddl) ?? [];
    expect(toType(columns)).toBe(toType(toColumns(StorageDescriptor.Columns)));
    expect(toType(partitions)).toBe(toType(toColumns(PartitionKeys)));
    const { InputFormat, OutputFormat, SerdeInfo } = StorageDescriptor;
    for (const name of [InputFormat, OutputFormat, SerdeInfo.SerializationLibrary])
      expect(ddl).toContain(`'${name}'`);
  });

  it('projects the same folders by the stack as by hand', () => {
    const byHand = Object.fromEntries(
      [...ddl.matchAll(/^ {2}'([\w.]+)' = '(.*)',?$/gm)].map(([, name, value]) => [name, value]),
    );
    const { EXTERNAL, ...byStack } = Parameters;
    expect(EXTERNAL).toBe('TRUE');
    const own = { 'projection.region.values': 'TrailRegions' };
    const template = String(byStack['storage.location.template']).replaceAll('${!', '${');
    expect({ ...byStack, 'storage.location.template': template }).toEqual({
      ...byHand,
      ...own,
      'storage.location.template': byHand['storage.location.template']?.replace(
        /^s3:.*o-exampleorgid/,
        '${TrailLocation}',
      ),
    });
  });

  it('lets the state machine read the trail and its table, change neither, and all of it by name', () => {
    const { Statement } = Resources.KeyUsePolicy.Properties.PolicyDocument;
    const actions = Statement.flatMap(({ Action }) => Action);
    for (const action of actions)
      expect(action).toMatch(/^(athena:(Start|Stop)QueryExecution|\w+:(BatchGet|Get|List)\w+)$/);
    for (const { Resource } of Statement) expect(JSON.stringify(Resource)).not.toContain('"*"');
  });
});

describe('infra/member-events.yml', () => {
  it.each(['infra/member-events.yml', 'infra/changes.yml'])(
    'has a tripwire in %s that sees events that only read',
    (path) => {
      const { Resources } = z
        .looseObject({
          Resources: z.looseObject({
            TripwireRule: z.object({ Properties: z.looseObject({ State: z.string() }) }),
          }),
        })
        .parse(readYaml(path));
      expect(Resources.TripwireRule.Properties.State).toBe('ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS');
    },
  );

  it('forwards each change that starts a run, and no other call', () => {
    const [, names = ''] = readText('infra/member-events.yml').match(/eventName:\n((?: +- \w+\n)+)/) ?? [];
    const forwarded = [...names.matchAll(/- (\w+)/g)].map(([, name]) => name);
    const known = Object.values(changes).flatMap((ofService) => [...ofService]);
    expect(forwarded.sort()).toEqual(known.sort());
  });
});

describe.each(handlers)('The handler $name', ({ file }) => {
  it('is an export wrapped by middy, whose middleware runs', async () => {
    const { handler } = await import(new URL(file, root).href);
    expect(typeof handler.use).toBe('function');
    const told = vi.spyOn(logger, 'error').mockImplementation(() => {});
    vi.stubEnv('STATE_MACHINE_ARN', 'arn:aws:states:eu-central-1:111122223333:stateMachine:scan');
    vi.stubEnv('RUNS_BUCKET', 'runs');
    await expect(handler({ input: 'of no known shape' }, toContext(60_000))).rejects.toBeInstanceOf(
      EventError,
    );
    expect(told).toHaveBeenCalledExactlyOnceWith(expect.any(String), expect.any(EventError));
    vi.unstubAllEnvs();
    told.mockRestore();
  });

  it('is at most 25 lines', () => {
    expect(readText(file).trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  });
});

it('Every file of functions/ is a handler, but for what they share', () => {
  const files = globSync('functions/*.ts', { cwd: root.pathname }).sort();
  expect(files.filter((file) => !file.startsWith('functions/open'))).toEqual(
    handlers.map(({ file }) => file).sort(),
  );
});
