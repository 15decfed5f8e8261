import { describe, expect, it } from 'vitest';
import { isByService, isService } from '../../shared/activity/services.ts';
import type { Actor } from '../../shared/evidence/events.ts';

const role = (name: string, invokedBy?: string): Actor => ({
  principal: `arn:aws:iam::111122223333:role/${name}`,
  kind: 'role',
  ...(invokedBy ? { invokedBy } : {}),
});
const service = (name: string): Actor => ({ principal: name, kind: 'service', invokedBy: name });

describe('a call', () => {
  it.each<[string, Actor]>([
    ['a service', service('rds.amazonaws.com')],
    ['a service that also passes calls on', service('states.amazonaws.com')],
    ['AWS without a name', { principal: 'AWS Internal', kind: 'other' }],
    ['AWS without a name, as a service', service('AWS Internal')],
    ['EC2’s role for volumes', role('aws:ec2-infrastructure')],
    ['a service-linked role', role('AWSServiceRoleForAutoScaling', 'autoscaling.amazonaws.com')],
  ])('by %s is a service’s own', (_, actor) => {
    expect(isService(actor)).toBe(true);
    expect(isByService(actor)).toBe(true);
  });

  it.each<[string, Actor]>([
    ['S3', role('reader', 's3.amazonaws.com')],
    ['S3 in China', role('reader', 's3.amazonaws.com.cn')],
    ['AWS Backup', role('AWSBackupDefaultServiceRole', 'backup.amazonaws.com')],
    ['AWS without a name', role('reader', 'AWS Internal')],
  ])('through %s is a principal’s, made by a service', (_, actor) => {
    expect(isService(actor)).toBe(false);
    expect(isByService(actor)).toBe(true);
  });

  it.each<[string, Actor]>([
    ['a role', role('operator')],
    ['a role called like a service-linked one', role('AWSServiceRoleForEvil')],
    ['such a role through Step Functions', role('AWSServiceRoleForEvil', 'states.amazonaws.com')],
    ['a user called like EC2’s role', { principal: 'arn:aws:iam::111122223333:user/aws:x', kind: 'user' }],
    ['another account', { principal: 'arn:aws:iam::444455556666:root', kind: 'account' }],
    ...[
      'apigateway',
      'appsync',
      'aws-mcp',
      'cloudcontrolapi',
      'cloudformation',
      'scheduler',
      'signin',
      'ssm',
      'states',
    ].map((name): [string, Actor] => [`a role by ${name}`, role('operator', `${name}.amazonaws.com`)]),
  ])('by %s is the caller’s', (_, actor) => {
    expect(isByService(actor)).toBe(false);
  });
});
