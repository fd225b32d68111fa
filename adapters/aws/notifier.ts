import { SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { PublishCommand } from '@aws-sdk/client-sns';
import type { SNSClient } from '@aws-sdk/client-sns';
import { createTransport } from 'nodemailer';
import { messageId } from '../../core/ports/notifier.ts';
import type { Notifier } from '../../core/ports/notifier.ts';

/** The header that says which news a mail is, for SES puts a Message-ID of its own in the place of ours. */
const mailIdHeader = 'X-Loligo-Mail';

/** Mail through SES, from an identity that is verified there; one request a mail. */
export function sesNotifier({ client, from }: { client: SESv2Client; from: string }): Notifier {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    async send({ id, to, subject, text }) {
      const headers = { [mailIdHeader]: messageId(id) };
      const mail = await composer.sendMail({ from, to, subject, text, messageId: messageId(id), headers });
      await client.send(
        new SendEmailCommand({
          FromEmailAddress: from,
          Destination: { ToAddresses: mail.envelope.to },
          Content: { Raw: { Data: mail.message as Buffer } },
        }),
      );
    },
  };
}

/** What SNS takes as the subject of a message. */
const longestSubject = 99;

/** News to those who subscribed to a topic of SNS, whoever the mail is for; one request a mail. */
export function snsNotifier({ client, topic }: { client: SNSClient; topic: string }): Notifier {
  return {
    async send({ id, to, subject, text }) {
      const line = subject.replaceAll(/[^\x20-\x7e]+/g, ' ').trim();
      await client.send(
        new PublishCommand({
          TopicArn: topic,
          ...(line !== '' && { Subject: line.slice(0, longestSubject) }),
          Message: text,
          MessageAttributes: {
            to: { DataType: 'String', StringValue: to },
            id: { DataType: 'String', StringValue: messageId(id) },
          },
        }),
      );
    },
  };
}
