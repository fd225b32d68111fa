import { XMLParser } from 'fast-xml-parser';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addRun, apiLab, apiUrl } from '../test/fixtures/api-lab.ts';
import type { Mail } from '../core/ports/notifier.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';

let lab: ApiLab;
beforeEach(() => {
  lab = apiLab();
});
afterEach(() => lab.close());

test('results of a run are its mail and its failures by cause, with backtraces from the logs', async () => {
  const ids = await addRun(lab, 'r', 3);
  for (const jobId of ids.slice(0, 2))
    await lab.ports.jobs.kill({ run: 'r', jobId, actor: 'ann@lab', reason: 'no more', now: 1 });
  const log = 'INFO\nTraceback (most recent call last):\n  File "a.py"\nKeyError: 1\nend\n';
  for (const jobId of ids)
    await lab.ports.archive.append(`r/${jobId}/teuthology.log`, new TextEncoder().encode(log));
  const answer = (await (await lab.get('/v1/runs/r/results')).json()) as Record<string, unknown>;
  expect(answer).toMatchObject({
    run: { name: 'r' },
    subject: '2 dead, 1 queued in r',
    clusters: [{ kind: 'Dead', job_ids: ids.slice(0, 2), reason: expect.stringContaining('no more') }],
  });
  expect(answer['mail']).toContain(`info:   ${apiUrl}/r/${ids[0]}/`);
  expect(answer['clusters']).toMatchObject([
    { backtrace: 'Traceback (most recent call last):\n  File "a.py"\nKeyError: 1' },
  ]);
  expect((await lab.get('/v1/runs/nope/results')).status).toBe(404);
});

test('a run as JUnit XML', async () => {
  const ids = await addRun(lab, 'r', 2);
  await lab.ports.jobs.kill({ run: 'r', jobId: ids[0] ?? 0, actor: 'ann@lab', reason: 'no <more>', now: 1 });
  const response = await lab.get('/v1/runs/r/junit.xml');
  expect(response.headers.get('content-type')).toBe('application/xml; charset=utf-8');
  const { testsuites } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(
    await response.text(),
  );
  expect(testsuites.testsuite).toMatchObject({ tests: '2', errors: '1', failures: '0', skipped: '1' });
  expect(testsuites.testsuite.testcase[0].error['#text']).toContain('no <more>');
  expect((await lab.get('/v1/runs/nope/junit.xml')).status).toBe(404);
});

test('the mail about a run is sent to who is named, and a second call sends the same one', async () => {
  await addRun(lab, 'r', 2);
  const sent: Mail[] = [];
  const mailing = apiLab({ jobs: lab.ports.jobs, notifier: { send: async (mail) => void sent.push(mail) } });
  const send = async (to: string, on: ApiLab = mailing) => {
    const answer = await on.send('POST', '/v1/runs/r/results/mail', { to });
    return [answer.status, (await answer.json()) as { detail: string }] as const;
  };
  expect(await send('bob@lab.test')).toEqual([200, { to: 'bob@lab.test', subject: '2 queued in r' }]);
  await send('bob@lab.test');
  expect(sent[0]).toMatchObject({ to: 'bob@lab.test', subject: '2 queued in r' });
  expect(sent[0]?.text).toContain('Test Run: r');
  expect(sent[1]?.id).toBe(sent[0]?.id);
  const [status, { detail }] = await send('bob\nBcc: eve@x');
  expect([status, detail]).toEqual([422, expect.stringContaining('is no mail address')]);
  const refuse = async () => Promise.reject(new Error('550 nobody here'));
  const refusing = apiLab({ jobs: lab.ports.jobs, notifier: { send: refuse } });
  expect(await send('bob@lab.test', refusing)).toMatchObject([
    502,
    { detail: "the mail to 'bob@lab.test' was not accepted: 550 nobody here" },
  ]);
  expect(await refusing.ports.audit.list(9)).toEqual([]);
  expect(await send('bob@lab.test', lab)).toMatchObject([501, { detail: 'this lab sends no mails' }]);
  for (const each of [mailing, refusing]) each.close();
});
