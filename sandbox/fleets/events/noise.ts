/** What else goes on in an account: other services' events, other keys', and look-alikes that hold a watched key's ARN. */
import type { CloudTrailRecord, EventStream } from '../fleet.ts';
import { toHash, toUuid } from '../names.ts';
import { type Context, decrypt, generateDataKey } from './calls.ts';
import { service, session } from './identities.ts';
import { lookAlikes } from './look-alikes.ts';
import { type Other, type Place, toOther, toRole } from './other-services.ts';
import { toEventTime, toRecord } from './record.ts';
import { after, every, type Span, type Turn } from './streams.ts';

/** Some events each few hours that have nothing to do with any key. */
const everyday = (place: Place, span: Span): EventStream => {
  const { account, region } = place;
  const names = ['AssumeRole', 'DescribeInstances', 'DescribeNetworkInterfaces', 'DescribeCluster'];
  const make = (turn: Turn): CloudTrailRecord[] => {
    const at = toEventTime(turn.time);
    const nodes = session(toRole(place, 'nodes'), `i-${toHash(account + region).slice(0, 17)}`, at, {
      sourceIPAddress: '10.0.37.112',
      userAgent: 'aws-sdk-go-v2/1.39.0 ua/2.1 os/linux lang/go#1.25.1 md/GOOS#linux api/ec2#1.254.0',
    });
    const assumed: Other = {
      service: 'sts',
      name: 'AssumeRole',
      caller: service('ec2.amazonaws.com'),
      request: {
        roleArn: toRole(place, 'nodes'),
        roleSessionName: `i-${toHash(account + region).slice(0, 17)}`,
        durationSeconds: 3600,
      },
      response: {
        credentials: {
          accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
          expiration: at,
          sessionToken: 'IQoJb3JpZ2luX2VjEXAMPLE',
        },
      },
      resources: [{ accountId: account, type: 'AWS::IAM::Role', ARN: toRole(place, 'nodes') }],
    };
    const describes: Other[] = [
      {
        service: 'ec2',
        name: 'DescribeInstances',
        caller: nodes,
        request: { instancesSet: {}, filterSet: {} },
      },
      {
        service: 'ec2',
        name: 'DescribeNetworkInterfaces',
        caller: nodes,
        request: {
          networkInterfaceIdSet: {},
          filterSet: { items: [{ name: 'tag:node.k8s.amazonaws.com/instance_id', valueSet: {} }] },
        },
      },
      {
        service: 'eks',
        name: 'DescribeCluster',
        caller: nodes,
        request: { name: `cluster-${account.slice(0, 4)}` },
      },
    ];
    const rest = Array.from(
      { length: 2 + turn.pick(4, 0) },
      (_, index) => describes[turn.pick(describes.length, index + 1)],
    );
    return [assumed, ...rest].flatMap((event, index) =>
      event === undefined ? [] : [toOther(place, turn, turn.pick(3600, index + 20), index, event)],
    );
  };
  return { account, region, names, between: every(180, `everyday ${account} ${region}`, span, make, 60) };
};

/** KMS under AWS's own keys: every account has these. */
const otherKeys = (place: Place, span: Span): EventStream => {
  const { account, region } = place;
  const keyOf = (name: string) =>
    `arn:aws:kms:${region}:${account}:key/${toUuid(`${name} ${account} ${region}`)}`;
  const functionArn = `arn:aws:lambda:${region}:${account}:function:report`;
  const make = (turn: Turn): CloudTrailRecord[] => {
    const at = toEventTime(turn.time);
    const lambda = session(toRole(place, 'report-function'), 'report', at, {
      invokedBy: 'lambda.amazonaws.com',
    });
    const reader = session(toRole(place, 'report-reader'), 'report', at, {
      invokedBy: 'fas.s3.amazonaws.com',
    });
    const contexts: { lambda: Context; s3: Context } = {
      lambda: { 'aws:lambda:FunctionArn': functionArn },
      s3: { 'aws:s3:arn': `arn:aws:s3:::example-${account}-reports` },
    };
    return [
      toRecord(decrypt(keyOf('aws/lambda'), lambda, contexts.lambda), after(turn, turn.pick(3600, 0), 0)),
      toRecord(
        generateDataKey('GenerateDataKey', keyOf('aws/s3'), reader, contexts.s3),
        after(turn, turn.pick(3600, 1), 1),
      ),
    ];
  };
  return {
    account,
    region,
    names: ['Decrypt', 'GenerateDataKey'],
    between: every(240, `other keys ${account} ${region}`, span, make, 60),
  };
};

/** The noise of one account and Region; look-alikes hold the ARN of the key given. */
export const noise = (place: Place, span: Span, keyArn?: string): EventStream[] => [
  everyday(place, span),
  otherKeys(place, span),
  ...(keyArn === undefined ? [] : [lookAlikes(keyArn, place, span)]),
];
