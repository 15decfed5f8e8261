/**
 * Claims that no account, principal, provider or organisation from outside may use or govern the key by its policy,
 * and that no AWS service may do so for just any customer. Does not claim anything about strangers whom no
 * statement names (key-policy-has-no-public-statement), nor about grants.
 */
import { classifyAccount } from '../evidence/account-trust.ts';
import { parseArn } from '../evidence/arn.ts';
import { isKnown } from '../evidence/fact.ts';
import type { Request } from '../policy/decide.ts';
import { powerfulActions } from '../policy/kms-actions.ts';
import type { Statement } from '../policy/policy.ts';
import { parsePolicy } from '../policy/policy-document.ts';
import { toStatementId } from '../policy/statement-id.ts';
import { findWitness, type WitnessResult } from '../policy/witness.ts';
import { toWitnessJson, type WitnessJson } from '../policy/witness-json.ts';
import type { Zone } from '../policy/zones.ts';
import { defineCheck } from './check.ts';

interface Opening {
  key: string;
  statement: string;
  witness: WitnessJson;
}

/** Services that run what their customers write: whoever can use the service can make it call KMS. */
const servicesThatCustomersDrive = new Set([
  'lambda',
  'codebuild',
  'codepipeline',
  'cloudformation',
  'ec2',
  'ecs',
  'ecs-tasks',
  'eks',
  'glue',
  'sagemaker',
  'ssm',
  'states',
  'batch',
  'emr',
]);

const toServiceName = (principal: string): string => principal.split('.')[0] ?? principal;

const toMessage =
  (whose: string) =>
  ({ key, statement, witness }: Opening) =>
    `Statement ${statement} of the policy of ${key} lets ${witness.principal}, ${whose}, call ${witness.action}.`;

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
    const organization = peek('organization');
    const organizationId =
      settings.organizationId ?? (isKnown(organization) ? organization.value.id : undefined);
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
          actions: powerfulActions,
          zone,
          statement: statement.index,
          keyArn: key.arn,
          knownContext: isKnown(aliases) ? { 'kms:ResourceAliases': aliases.value } : {},
        },
        { keyPolicy },
      );

    for (const statement of keyPolicy.statements.filter(({ effect }) => effect === 'Allow')) {
      const id = toStatementId(keyPolicy, statement);
      const toEvidence = (request: Request): Opening => ({
        key: key.arn,
        statement: id,
        witness: toWitnessJson(request),
      });
      const outsider = ask(statement, {
        kind: 'outside',
        classifyAccount: classifyAccountKind,
        organizationId,
      });
      if ('found' in outsider) {
        yield { outcome: 'outsider', subject: id, evidence: toEvidence(outsider.found) };
        continue;
      }
      const service = ask(statement, { kind: 'service', organizationId });
      if ('found' in service) {
        const evidence = toEvidence(service.found);
        const isDriven = servicesThatCustomersDrive.has(toServiceName(evidence.witness.principal));
        yield { outcome: isDriven ? 'drivenService' : 'service', subject: id, evidence };
      }
      const unsettled = ask(statement, {
        kind: 'unknown',
        classifyAccount: classifyAccountKind,
        organizationId,
      });
      if ('found' in unsettled) {
        const principal = toWitnessJson(unsettled.found).principal;
        const zone = classify(parseArn(principal)?.account ?? '');
        const why =
          typeof zone === 'string' ? 'whether it belongs to the organisation is not known' : zone.detail;
        const reason = typeof zone === 'string' ? 'failed' : zone.unknown;
        yield { unknown: reason, detail: `statement ${id} lets in ${principal}; ${why}` };
      }
      for (const result of [outsider, service, unsettled])
        if ('undecided' in result)
          yield { unknown: 'unsupported', detail: `statement ${id}: ${result.undecided}` };
    }
  },
});
