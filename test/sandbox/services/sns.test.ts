import { PublishCommand, type PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { management, serve } from '../serve.ts';

const TopicArn = `arn:aws:sns:eu-central-1:${management}:alerts`;

describe('SNS of the sandbox', () => {
  it('keeps what it is told, attributes and all', async () => {
    const { sandbox, toConfig } = await serve();
    const message: PublishCommandInput = {
      TopicArn,
      Subject: 'subject',
      Message: 'a <message> & more',
      MessageAttributes: {
        type: { DataType: 'String', StringValue: 'digest' },
        accounts: { DataType: 'String.Array', StringValue: '["1","2"]' },
      },
    };
    const { MessageId } = await new SNSClient(toConfig()).send(new PublishCommand(message));
    expect(MessageId).toBeDefined();
    expect(sandbox.world.messages).toEqual([message]);
  });

  it.each([
    ['a topic of another Region', { TopicArn: TopicArn.replace('central', 'west') }],
    ['no message', { Message: '' }],
    ['a subject of two lines', { Subject: 'a\nb' }],
    ['a subject of 100 characters', { Subject: 'x'.repeat(100) }],
    ['a message above 256 KB', { Message: 'x'.repeat(262_145) }],
    [
      'an attribute without a value',
      { MessageAttributes: { type: { DataType: 'String', StringValue: '' } } },
    ],
    [
      'an array that is none',
      { MessageAttributes: { type: { DataType: 'String.Array', StringValue: '{}' } } },
    ],
  ])('refuses %s', async (_, given) => {
    const { toConfig } = await serve();
    const command = new PublishCommand({ TopicArn, Message: 'message', ...given });
    await expect(new SNSClient(toConfig()).send(command)).rejects.toMatchObject({
      name: 'InvalidParameterException',
    });
  });
});
