/**
 * Claims that no account, principal, provider or organisation from outside may use the key by its policy or decide over its grants,
 * and that no AWS service may do so for just any customer. Does not claim anything about strangers whom no
 * statement names (key-policy-has-no-public-statement), nor about grants.
 */
import { type AccountZone, classifyAccount } from '../evidence/account-trust.ts';
import { getGap, isKnown, type Unknown, type UnknownReason } from '../evidence/fact.ts';
import { toAdmitted } from '../policy/admitted.ts';
import { getDecidingKeys } from '../policy/condition-keys.ts';
import type { Request } from '../policy/decide.ts';
import { crossAccountActions } from '../policy/kms-actions.ts';
import type { Policy, Statement } from '../policy/policy.ts';
import { parsePolicy } from '../policy/policy-document.ts';
import { toPrincipalAccountId } from '../policy/principal.ts';
import { toStatementId } from '../policy/statement-id.ts';
import { findWitness, type WitnessResult } from '../policy/witness.ts';
import { toWitnessJson, type WitnessJson } from '../policy/witness-json.ts';
import type { Zone } from '../policy/zones.ts';
import { defineCheck } from './check.ts';

interface Opening {
  key: string;
  statement: string;
  /** Who gets in; the witness is one of them, under a name that may be made up. */
  admitted: string;
  witness: WitnessJson;
}

/** Services that run what their customers write: whoever can use the service can make it call KMS. */
const servicesThatCustomersDrive = new Set([
  'amplify',
  'apprunner',
  'batch',
  'cloudformation',
  'codebuild',
  'codedeploy',
  'codepipeline',
  'ec2',
  'ecs',
  'ecs-tasks',
  'edgelambda',
  'eks',
  'eks-fargate-pods',
  'elasticbeanstalk',
  'elasticmapreduce',
  'emr',
  'emr-containers',
  'emr-serverless',
  'glue',
  'imagebuilder',
  'lambda',
  'sagemaker',
  'ssm',
  'states',
]);

/** Service principals put their name first, but for a few (pods.eks, build.apprunner) and the Region after it. */
const isDriven = (service: string): boolean =>
  service.split('.').some((label) => servicesThatCustomersDrive.has(label));

/** The statement as far as it names somebody: whom `*` lets in is told by key-policy-has-no-public-statement. */
const toNaming = (statement: Statement): Statement => ({
  ...statement,
  principals: (statement.principals ?? []).filter(({ value }) => value !== '*'),
  notPrincipals: null,
});

/** Whom a statement may let in from outside, and why nobody can tell whether it is outside. */
const toUnsettled = (
  { principal, context }: Request,
  policy: Policy,
  classify: (account: string) => AccountZone,
  noId: Unknown | undefined,
): { reason: UnknownReason; detail: string } => {
  const account = toPrincipalAccountId(principal) ?? '';
  const zone = classify(account);
  // An account that the policy does not name only stands for the organisation that it does name.
  if (typeof zone !== 'string' && JSON.stringify(policy).includes(account))
    return { reason: zone.unknown, detail: `lets in account ${account}; ${zone.detail}` };
  const [, ids] = Object.entries(context).find(([key]) => key.toLowerCase() === 'aws:principalorgid') ?? [];
  const why = typeof zone === 'string' ? noId : zone;
  return {
    reason: why?.unknown ?? 'failed',
    detail: `lets in organisation ${ids?.[0]}; whether that is the cluster’s own is not known${noId ? `: ${noId.detail}` : ''}`,
  };
};

/** The worst first: a finding has room for one. */
const openings = ['outsider', 'drivenService', 'service'] as const;

const toMessage =
  (whose: string) =>
  ({ key, statement, admitted, witness }: Opening) =>
    `Statement ${statement} of the policy of ${key} lets ${admitted}, ${whose}, call ${witness.action}.`;

export const keyPolicyTrustsOnlyTheOrganization = defineCheck({
  id: 'key-policy-trusts-only-the-organization',
  kind: 'state',
  link: 3,
  scope: 'family',
  subject: 'statement',
  facts: ['key.policy', 'key.aliases', 'organization'],
  title: 'The key policy trusts the organisation only',
  rationale:
    'Who may use the key from outside needs no foothold in the organisation, and its guard rails do not reach them. A service principal without a source condition can be made to act by any of its customers (confused deputy).',
  remediation: {
    text: 'Remove the statement, name the account in trustedAccounts if it is trusted, or add aws:SourceAccount or aws:SourceArn to a statement for a service.',
    url: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html',
  },
  references: [
    'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html',
    'https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html',
  ],
  frameworks: { 'NIST 800-53': ['AC-6', 'SC-12'], 'PCI DSS 4': ['3.6'] },
  outcomes: {
    outsider: { severity: 'high', message: toMessage('from outside the organisation') },
    drivenService: {
      severity: 'high',
      message: toMessage('a service that any customer can drive, for any account'),
    },
    service: { severity: 'medium', message: toMessage('a service, for any account') },
  },
  pass: 'The key policy lets in nobody from outside the organisation, and no service for just any account.',
  *evaluate({ read, peek, key, cluster }, settings) {
    const keyPolicy = parsePolicy(read('key.policy'));
    const aliases = peek('key.aliases');
    const aliasGap = getGap(aliases);
    const organization = peek('organization');
    const { id, noId } = isKnown(organization) ? organization.value : {};
    const organizationId = settings.organizationId ?? id;
    const classify = (account: string) =>
      account === key.account && key.isNamedByCluster
        ? 'inside'
        : classifyAccount(account, { ownAccount: cluster.account, organization, settings });
    const classifyAccountKind = (account: string) => {
      const zone = classify(account);
      return typeof zone === 'string' ? zone : 'unknown';
    };
    const ask = (statement: Statement, zone: Zone): WitnessResult =>
      findWitness(
        {
          actions: crossAccountActions,
          zone,
          statement: statement.index,
          keyArn: key.arn,
          knownContext: isKnown(aliases) && !aliasGap ? { 'kms:ResourceAliases': aliases.value } : {},
        },
        { keyPolicy: { ...keyPolicy, statements: keyPolicy.statements.with(statement.index, statement) } },
      );
    const told = new Set<string>();

    for (const whole of keyPolicy.statements.filter(({ effect }) => effect === 'Allow')) {
      const id = toStatementId(keyPolicy, whole);
      // Statements that say the same have the same id, and one finding.
      if (told.has(id)) continue;
      told.add(id);
      const stranger = ask(whole, { kind: 'anyone', organizationId });
      const isOpenToServices = 'found' in stranger;
      // What is open to services alone may still let in outsiders that only its conditions or a Deny name.
      const isPublic = 'found' in stranger && stranger.found.principal.kind !== 'service';
      const statement = isPublic ? toNaming(whole) : whole;
      const serving = isOpenToServices ? toNaming(whole) : whole;
      const results = {
        outsider: ask(statement, { kind: 'outside', classifyAccount: classifyAccountKind, organizationId }),
        drivenService: ask(serving, { kind: 'service', organizationId, isAsked: isDriven }),
        service: ask(serving, { kind: 'service', organizationId }),
      };
      const found = openings.find((opening) => 'found' in results[opening]);
      const result = found && results[found];
      if (result && 'found' in result) {
        if (aliasGap && getDecidingKeys(keyPolicy, statement).includes('kms:resourcealiases')) {
          yield { unknown: aliasGap.unknown, detail: `statement ${id} hangs on aliases: ${aliasGap.detail}` };
          continue;
        }
        const witness = toWitnessJson(result.found);
        yield {
          outcome: found,
          subject: id,
          evidence: { key: key.arn, statement: id, admitted: toAdmitted(result.found, whole), witness },
        };
        if (found === 'outsider') continue;
      }
      const unsettled = ask(statement, {
        kind: 'unknown',
        classifyAccount: classifyAccountKind,
        organizationId,
      });
      if ('found' in unsettled) {
        const { reason, detail } = toUnsettled(unsettled.found, keyPolicy, classify, noId);
        yield { unknown: reason, detail: `statement ${id} ${detail}` };
      }
      for (const result of [...Object.values(results), unsettled])
        if ('undecided' in result)
          yield { unknown: 'unsupported', detail: `statement ${id}: ${result.undecided}` };
    }
  },
});
