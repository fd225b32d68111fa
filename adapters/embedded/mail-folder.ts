import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageId } from '../../core/ports/notifier.ts';
import type { Notifier } from '../../core/ports/notifier.ts';

/** For a lab without a mail server: each mail is a file of a folder, under a name made from its id, so that a second copy replaces the first. */
export function mailFolder({ folder, from }: { folder: string; from: string }): Notifier {
  return {
    async send({ id, to, subject, text }) {
      const head = [
        `From: ${from}`,
        `To: ${to}`,
        `Subject: ${oneLine(subject)}`,
        `Message-ID: ${messageId(id)}`,
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: 8bit',
      ];
      const name = `${encodeURIComponent(id).slice(0, 200)}.eml`;
      await mkdir(folder, { recursive: true });
      const partial = join(folder, `.${name}.${process.pid}`);
      await writeFile(partial, `${head.join('\n')}\n\n${text}`);
      await rename(partial, join(folder, name));
    },
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
