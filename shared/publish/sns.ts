/** The alerts topic. https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { type Alert, toChatbotMessage } from '../report/alert.ts';

export interface Topic {
  publish: (alert: Alert) => Promise<void>;
}

/** A topic that people read by mail, or AWS Chatbot where `isChatbot`. */
export const openTopic = (topicArn: string, isChatbot: boolean, client = new SNSClient({})): Topic => ({
  publish: async (alert) => {
    await client.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: alert.subject,
        Message: isChatbot ? toChatbotMessage(alert) : alert.text,
        MessageAttributes: toAttributes(alert.attributes),
      }),
    );
  },
});

/** An attribute without a value is one that SNS refuses. */
const toAttributes = (attributes: Alert['attributes']) =>
  Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value.length > 0)
      .map(([name, value]) => [
        name,
        typeof value === 'string'
          ? { DataType: 'String', StringValue: value }
          : { DataType: 'String.Array', StringValue: JSON.stringify(value) },
      ]),
  );
