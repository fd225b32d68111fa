import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli } from '../test/fixtures/lab-process.ts';
import { smtpServer } from '../test/fixtures/smtp-server.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loligo-results-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('r/1/summary.yaml', 'description: s/{a b}\nduration: 61\nowner: a\nsuccess: true\n');
  write(
    'r/2/summary.yaml',
    'description: s/{a c}\nduration: 5\nowner: a\nsuccess: false\nfailure_reason: it broke\n',
  );
  write(
    'r/3/summary.yaml',
    'description: s/{a d}\nduration: 5\nowner: a\nstatus: dead\nfailure_reason: lost\n',
  );
  write('r/4/teuthology.log', 'still at it\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the results of an archive folder are the mail and the causes, without a lab', async () => {
  const { output, exitCode } = await cli(['results', '--archive-dir', folder, '--name', 'r']);
  expect(exitCode).toBe(0);
  expect(output).toContain('Subject: 1 fail, 1 dead, 1 running, 1 pass in r\n\nTest Run: r\n');
  expect(output).toContain('Failure: it broke\n1 job: 2\nsuites intersection: s/a s/c\n');
  const dry = await cli(['results', '--archive-dir', join(folder, 'r'), '--dry-run']);
  expect(dry.output).toContain('[4]');
  expect(dry.output).not.toContain('suites intersection');
});

test('go to a JUnit file, and are JSON for programs', async () => {
  const file = join(folder, 'junit.xml');
  const { output } = await cli(['results', '--archive-dir', join(folder, 'r'), '--json', '--junit', file]);
  expect(JSON.parse(output)).toMatchObject({ clusters: [{ job_ids: [2] }, { kind: 'Dead', job_ids: [3] }] });
  const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(readFileSync(file, 'utf8'));
  expect(testsuites).toMatchObject({ '@_tests': '4', '@_failures': '1', '@_errors': '1' });
});

test('of a folder that is no archive are refused with its name', async () => {
  const { output, exitCode } = await cli(['results', '--archive-dir', join(folder, 'nope')]);
  expect(exitCode).toBe(1);
  expect(output).toContain(join(folder, 'nope'));
});

test('the mail about an archive folder goes through the mail server of the site, to the address given', async () => {
  const server = await smtpServer();
  const settings = join(folder, 'site.yaml');
  const mail = async () =>
    await cli(['results', '--archive-dir', folder, '--name', 'r', '--email', 'ann@lab.test'], {
      LOLIGO_CONFIG: settings,
    });
  writeFileSync(settings, '{}');
  expect(await mail()).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining('no mail server: set smtp_url'),
  });
  writeFileSync(settings, `smtp_url: ${server.url}\n`);
  const subject = '1 fail, 1 dead, 1 running, 1 pass in r';
  expect(await mail()).toEqual({ exitCode: 0, output: `mailed to ann@lab.test: ${subject}\n` });
  const received = await simpleParser(server.received[0] ?? '');
  expect(received.subject).toBe(subject);
  expect(received.text).toContain('Test Run: r');
  await server.close();
  expect(await mail()).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining("the mail to 'ann@lab.test' was not accepted"),
  });
});
