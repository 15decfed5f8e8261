/** Events that hold a key's ARN, or are called as a change of a key is, and are about none. */
import type { CloudTrailRecord, EventStream } from '../fleet.ts';
import { toHash } from '../names.ts';
import { session } from './identities.ts';
import { type Other, type Place, toOther, toRole } from './other-services.ts';
import { toEventTime } from './record.ts';
import { every, type Span, type Turn } from './streams.ts';

/**
 * Look-alikes: events of other services that hold the key's ARN, or are called as a change of a key is. None is about
 * the key. IAM is global, and recorded in us-east-1.
 */
export const lookAlikes = (keyArn: string, place: Place, span: Span): EventStream => {
  const { account, region } = place;
  const make = (turn: Turn): CloudTrailRecord[] => {
    const caller = session(toRole(place, 'terraform'), 'GitHubActions', toEventTime(turn.time), {
      sourceIPAddress: '198.51.100.17',
    });
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['kms:DescribeKey'], Resource: keyArn }],
    });
    const other = (inPlace: Place, index: number, event: Omit<Other, 'caller' | 'isReadOnly'>) =>
      toOther(inPlace, turn, index * 11, index, { ...event, caller, isReadOnly: false });
    return [
      other(place, 0, {
        service: 'lambda',
        name: 'CreateAlias20150331',
        request: { functionName: 'report', name: 'live', description: `sealed with ${keyArn}` },
      }),
      other(place, 1, {
        service: 'lambda',
        name: 'UpdateAlias',
        request: { aliasName: 'alias/live', targetKeyId: keyArn },
      }),
      other(place, 2, {
        service: 'ec2',
        name: 'CreateVolume',
        request: { size: '20', zone: `${region}a`, encrypted: true, kmsKeyId: keyArn },
        response: {
          volumeId: `vol-${toHash(`${keyArn} ${turn.number}`).slice(0, 17)}`,
          kmsKeyId: keyArn,
          status: 'creating',
        },
      }),
      other(place, 3, {
        service: 'secretsmanager',
        name: 'CreateSecret',
        request: {
          name: `report "nightly" {${turn.number}}`,
          kmsKeyId: keyArn,
          clientRequestToken: turn.id(50),
        },
        resources: [{ accountId: account, type: 'AWS::KMS::Key', ARN: keyArn }],
      }),
      ...(region === 'us-east-1'
        ? [
            other(place, 4, {
              service: 'iam',
              name: 'PutRolePolicy',
              request: { roleName: 'report-reader', policyName: 'use-key', policyDocument: policy },
            }),
          ]
        : []),
    ];
  };
  return {
    account,
    region,
    names: ['CreateAlias20150331', 'UpdateAlias', 'CreateVolume', 'CreateSecret', 'PutRolePolicy'],
    between: every(13 * 60, `look-alikes ${keyArn}`, span, make),
  };
};
