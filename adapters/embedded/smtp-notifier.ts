import type { Transporter } from 'nodemailer';
import { messageId } from '../../core/ports/notifier.ts';
import type { Notifier } from '../../core/ports/notifier.ts';

const timeoutMs = 30_000;

/**
 * Mail through an SMTP server, `smtp://[user:password@]host[:port]` or `smtps://`; a connection for each mail. The id of a mail is its
 * Message-ID, by which mail programs know a second copy. The mail library is loaded with the first of them, since a lab's start need not wait for it.
 */
export function smtpNotifier({ url, from }: { url: string; from: string }): Notifier {
  let opened: Promise<Transporter> | undefined;
  const transport = async () => {
    const { createTransport } = await import('nodemailer');
    return createTransport({
      url,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
    });
  };
  return {
    async send({ id, to, subject, text }) {
      await (await (opened ??= transport())).sendMail({ from, to, subject, text, messageId: messageId(id) });
    },
  };
}
