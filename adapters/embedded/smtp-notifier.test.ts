import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { expect, test } from 'vitest';
import { smtpServer } from '../../test/fixtures/smtp-server.ts';
import { mailFolder } from './mail-folder.ts';
import { smtpNotifier } from './smtp-notifier.ts';

const mail = {
  id: 'results ann:smoke/ü',
  to: 'bob@lab.test',
  subject: '1 fail in r\nX: y',
  text: 'Test Run: r\nü\n',
};

test('a mail arrives at a real server as it was given, under an id that is the same again', async () => {
  const server = await smtpServer();
  try {
    const notifier = smtpNotifier({ url: server.url, from: 'lab@lab.test' });
    await notifier.send(mail);
    await notifier.send(mail);
    const [first, second] = await Promise.all(server.received.map(async (raw) => await simpleParser(raw)));
    expect(first?.subject).toBe('1 fail in r X: y');
    expect(first?.headers.has('x')).toBe(false);
    expect(first?.text?.trim()).toBe('Test Run: r\nü');
    expect(first?.from?.text).toBe('lab@lab.test');
    expect(first?.messageId).toMatch(/^<results%20ann.*@loligo>$/);
    expect(second?.messageId).toBe(first?.messageId);
  } finally {
    await server.close();
  }
});

test('a mail that the server refuses, or no server, is an error', async () => {
  const server = await smtpServer(true);
  const notifier = smtpNotifier({ url: server.url, from: 'lab@lab.test' });
  await expect(notifier.send(mail)).rejects.toThrow('nobody here');
  await server.close();
  await expect(notifier.send(mail)).rejects.toThrow('ECONNREFUSED');
});

test('without a server each mail is one file, however often it is sent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'loligo-mail-'));
  try {
    const notifier = mailFolder({ folder: join(folder, 'mail'), from: 'lab@lab.test' });
    await notifier.send(mail);
    await notifier.send(mail);
    const names = readdirSync(join(folder, 'mail'));
    expect(names).toHaveLength(1);
    const read = await simpleParser(readFileSync(join(folder, 'mail', names[0] ?? '')));
    expect(read.subject).toBe('1 fail in r X: y');
    expect(read.text).toBe(mail.text);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
