/**
 * Whether an AWS service called: as itself, or in a principal's name. CloudTrail sets `invokedBy`, and no caller can;
 * names of roles alone prove nothing, since anybody may create a role of any name.
 */
import type { Actor } from '../evidence/events.ts';
import { isCalledByAws } from './control-plane.ts';

/**
 * Services that make the very call that their customer wrote, so that the customer is who called: Step Functions'
 * SDK integrations, EventBridge Scheduler's universal targets, automations of Systems Manager, API Gateway's and
 * AppSync's integrations, resources of CloudFormation and Cloud Control, an assistant through the AWS MCP Server, and the
 * console of earlier years. https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html and
 * https://docs.aws.amazon.com/agent-toolkit/latest/userguide/security_iam_service-with-iam.html
 */
const relays = new Set([
  'apigateway',
  'appsync',
  'aws-mcp',
  'cloudcontrolapi',
  'cloudformation',
  'scheduler',
  'signin',
  'ssm',
  'states',
]);

const isRelay = (service: string): boolean => relays.has(service.split('.')[0] ?? '');

/**
 * AWS's own roles for a customer's resources, such as EC2's for volumes: no customer's role may have a colon in it.
 * https://docs.aws.amazon.com/kms/latest/developerguide/ct-ec2two.html
 */
const awsRole = /^arn:[^:]+:iam::\d+:role\/aws:/;
const serviceLinkedRole = /^arn:[^:]+:iam::\d+:role\/AWSServiceRoleFor/;

const isInvokedByService = ({ kind, invokedBy }: Actor): boolean =>
  invokedBy !== undefined && (kind === 'service' || !isRelay(invokedBy));

/** Whether a service called for itself: no customer's principal stands behind the call. */
export const isService = (actor: Actor): boolean =>
  actor.kind === 'service' ||
  isCalledByAws(actor) ||
  awsRole.test(actor.principal) ||
  (serviceLinkedRole.test(actor.principal) && isInvokedByService(actor));

/** Whether a service called, for itself or because a principal used it; not one that only passed a call on. */
export const isByService = (actor: Actor): boolean => isService(actor) || isInvokedByService(actor);
