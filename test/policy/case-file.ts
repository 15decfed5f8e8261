import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { grant } from '../../shared/evidence/key.ts';
import type { NamedPolicy, Policies, Policy } from '../../shared/policy/policy.ts';
import { parseIdentityPolicy, parsePolicy } from '../../shared/policy/policy-document.ts';
import type { Principal } from '../../shared/policy/principal.ts';
import { delegation, keyAccountId, outsideAccountId, root } from './policies.ts';

/** The callers that a case names. */
export const callers = {
  role: { kind: 'role', arn: `arn:aws:iam::${keyAccountId}:role/team/reader`, accountId: keyAccountId },
  session: {
    kind: 'role-session',
    arn: `arn:aws:sts::${keyAccountId}:assumed-role/reader/one`,
    roleArn: `arn:aws:iam::${keyAccountId}:role/team/reader`,
    accountId: keyAccountId,
  },
  user: { kind: 'user', arn: `arn:aws:iam::${keyAccountId}:user/ops`, accountId: keyAccountId },
  root: { kind: 'account-root', arn: root, accountId: keyAccountId },
  service: { kind: 'service', service: 's3.amazonaws.com' },
  'service-linked': {
    kind: 'role-session',
    arn: `arn:aws:sts::${keyAccountId}:assumed-role/AWSServiceRoleForExample/one`,
    roleArn: `arn:aws:iam::${keyAccountId}:role/aws-service-role/example.amazonaws.com/AWSServiceRoleForExample`,
    accountId: keyAccountId,
  },
  'service-linked-role': {
    kind: 'role',
    arn: `arn:aws:iam::${keyAccountId}:role/aws-service-role/example.amazonaws.com/AWSServiceRoleForExample`,
    accountId: keyAccountId,
  },
  outsider: {
    kind: 'role-session',
    arn: `arn:aws:sts::${outsideAccountId}:assumed-role/partner/one`,
    roleArn: `arn:aws:iam::${outsideAccountId}:role/partner`,
    accountId: outsideAccountId,
  },
  'outside-role': {
    kind: 'role',
    arn: `arn:aws:iam::${outsideAccountId}:role/partner`,
    accountId: outsideAccountId,
  },
  'outside-root': {
    kind: 'account-root',
    arn: `arn:aws:iam::${outsideAccountId}:root`,
    accountId: outsideAccountId,
  },
} satisfies Record<string, Principal>;

const statements = z.array(z.record(z.string(), z.unknown()));
// A null document is one that could not be read.
const documents = z.record(z.string(), statements.nullable());
const values = z.union([z.string().transform((value) => [value]), z.array(z.string())]);
const context = z.record(z.string(), values);

/** One line of a file in cases/: who asks for what, what the policies say, and one expectation or several. */
export const policyCase = z
  .strictObject({
    name: z.string(),
    who: z.custom<keyof typeof callers>((name) => typeof name === 'string' && name in callers),
    action: z.string().default('kms:Decrypt'),
    actions: z.array(z.string()).default(['kms:Decrypt']),
    context: context.default({}),
    open: z.boolean().default(false),
    keyPolicy: z.array(z.union([z.literal('delegation'), z.record(z.string(), z.unknown())])).default([]),
    identity: documents.optional(),
    identityVersion: z.enum(['2008-10-17', '2012-10-17']).default('2012-10-17'),
    boundary: z.union([z.literal('unread'), statements]).optional(),
    grants: z.array(grant).optional(),
    serviceControl: z.array(documents).optional(),
    resourceControl: z.array(documents).optional(),
    tags: z.record(z.string(), z.string()).optional(),
    uniqueId: z.string().optional(),
    organizationId: z.string().optional(),
    contexts: z.array(z.record(z.string(), z.string())).optional(),
    knownContext: context.optional(),
    answer: z.enum(['allowed', 'denied', 'undecided']).optional(),
    delegated: z.boolean().optional(),
    /** `effect source ref` of each reason, in order. */
    because: z.array(z.string()).optional(),
    conditions: z.array(z.string()).optional(),
    /** `source [ref] could allow|deny`; with `partial` there may be others. */
    notSeen: z.array(z.string()).optional(),
    partial: z.boolean().default(false),
    power: z.enum(['yes', 'conditional', 'no']).optional(),
    administrator: z.boolean().optional(),
  })
  .refine(
    ({ answer, power, administrator }) => answer ?? power ?? administrator !== undefined,
    'expects nothing',
  );
export type PolicyCase = z.infer<typeof policyCase>;

const folder = new URL('cases/', import.meta.url);

/** Every case of every file, with the file's name for its subject. */
export const policyCases: { subject: string; cases: PolicyCase[] }[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .map((file) => ({
    subject: file.replace('.json', '').replaceAll('-', ' '),
    cases: z
      .strictObject({ cases: z.array(policyCase) })
      .parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))).cases,
  }));

/** The policies of a case, parsed as the program parses them. */
export function toPolicies(given: PolicyCase): Policies {
  const { identity, boundary, identityVersion, serviceControl, resourceControl } = given;
  const toIdentity = (list: object[]) => parseIdentityPolicy(toText(list, identityVersion));
  return {
    keyPolicy: toKeyPolicy(given),
    grants: given.grants,
    identity: identity && {
      policies: toNamed(identity, toIdentity),
      boundary:
        boundary === undefined
          ? null
          : { ref: 'boundary', policy: boundary === 'unread' ? null : toIdentity(boundary) },
    },
    serviceControl: serviceControl?.map((level) =>
      toNamed(level, (list) => parseIdentityPolicy(toText(list))),
    ),
    resourceControl: resourceControl?.map((level) => toNamed(level, (list) => parsePolicy(toText(list)))),
  };
}

function toKeyPolicy({ keyPolicy }: PolicyCase): Policy {
  const list = keyPolicy.map((statement) => (statement === 'delegation' ? delegation : statement));
  return parsePolicy(toText(list.length === 0 ? [delegation] : list));
}

function toNamed(given: z.infer<typeof documents>, parse: (list: object[]) => Policy): NamedPolicy[] {
  return Object.entries(given).map(([ref, list]) => ({ ref, policy: list && parse(list) }));
}

function toText(list: object[], version = '2012-10-17'): string {
  return JSON.stringify({ Version: version, Statement: list });
}
