import { createTransport } from 'nodemailer';
import { messageId } from '../../core/ports/notifier.ts';
import type { Notifier } from '../../core/ports/notifier.ts';

const timeoutMs = 30_000;

/**
 * Mail through an SMTP server, `smtp://[user:password@]host[:port]` or `smtps://`; a connection for each mail. The id of a mail is its
 * Message-ID, by which mail programs know a second copy.
 */
export function smtpNotifier({ url, from }: { url: string; from: string }): Notifier {
  const transport = createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  return {
    async send({ id, to, subject, text }) {
      await transport.sendMail({ from, to, subject, text, messageId: messageId(id) });
    },
  };
}
