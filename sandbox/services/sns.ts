/** SNS: takes messages for any topic, within its limits, and keeps them. https://docs.aws.amazon.com/sns/latest/api */
import { Publish$, type PublishCommandInput } from '@aws-sdk/client-sns';
import { AwsError } from '../aws-error.ts';
import type { Call, Service } from '../service.ts';
import { awsQuery } from '../wire/aws-query.ts';
import { parseArn } from '../world.ts';

/** Attributes count, too. */
const maximumBytes = 262_144;

const publish = (input: PublishCommandInput, { world, region }: Call) => {
  const { TopicArn = '', Message = '', Subject, MessageAttributes = {} } = input;
  const invalid = (message: string) => new AwsError('InvalidParameter', `Invalid parameter: ${message}`, 400);
  if (parseArn(TopicArn)?.region !== region) throw invalid('TopicArn');
  if (Message === '') throw invalid('Empty message');
  if (Subject !== undefined && !/^[ -~]{1,99}$/.test(Subject)) throw invalid('Subject');
  for (const { DataType, StringValue } of Object.values(MessageAttributes)) {
    if (!/^(String|Number|String\.Array)$/.test(DataType ?? '') || !StringValue)
      throw invalid('MessageAttributes');
    if (DataType === 'String.Array' && !Array.isArray(JSON.parse(StringValue)))
      throw invalid('MessageAttributes');
  }
  if (Buffer.byteLength(Message + JSON.stringify(MessageAttributes)) > maximumBytes)
    throw invalid('Message too long');
  world.messages.push({ TopicArn, Message, Subject, MessageAttributes });
  return { MessageId: `00000000-0000-4000-8000-${String(world.messages.length).padStart(12, '0')}` };
};

export const sns: Service = {
  name: 'sns',
  namespace: 'com.amazonaws.sns',
  protocol: awsQuery('http://sns.amazonaws.com/doc/2010-03-31/'),
  codes: {
    accessDenied: { code: 'AuthorizationError', status: 403 },
    throttled: { code: 'Throttled', status: 429 },
    serverError: { code: 'InternalError', status: 500 },
    notFound: { code: 'NotFound', status: 404 },
  },
  operations: [{ schema: Publish$, answer: publish }],
};
