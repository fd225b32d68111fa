import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRun, apiLab, nodeSpec, startJob } from '../test/fixtures/api-lab.ts';
import { newJob, newRun } from '../test/fixtures/lab-records.ts';
import type { ApiLab } from '../test/fixtures/api-lab.ts';

let lab: ApiLab;
beforeEach(() => {
  lab = apiLab();
});
afterEach(() => lab.close());

describe('the pages', () => {
  test('an empty lab says so', async () => {
    const page = await (await lab.get('/')).text();
    expect(page).toContain('Nothing has been submitted yet.');
    expect(page).toContain('The lab has no nodes.');
  });

  test('the first page lists runs and nodes and renews itself, without anything from elsewhere', async () => {
    await addRun(lab, 'ann-2026-03-04_05:06:07-smoke', 2);
    await lab.ports.nodes.register([nodeSpec('n1')], lab.ports.clock.now());
    const page = await (await lab.get('/')).text();
    expect(page).toContain('href="/ann-2026-03-04_05:06:07-smoke/"');
    expect(page).toContain('2 queued');
    expect(page).toContain('<td>n1</td>');
    expect(page).toContain('http-equiv="refresh"');
    expect(page).not.toMatch(/<script|src=|https?:\/\//);
  });

  test('the page of a run shows each verdict with its reason, escaped, and stops renewing when all is over', async () => {
    const [id = 0] = await addRun(lab, 'r', 1);
    await lab.ports.nodes.register([nodeSpec('n1')], lab.ports.clock.now());
    expect(await (await lab.get('/r/')).text()).toContain('http-equiv="refresh"');
    const attempt = await startJob(lab, 'r', id, 'n1');
    expect(await (await lab.get('/r/')).text()).toContain(`/archive/r/${id}/teuthology.log?follow=1`);
    await lab.ports.jobs.finish(attempt, {
      status: 'dead',
      failureReason: 'node <n1> is gone',
      actor: 'sweeper',
      durationSeconds: null,
      nodesClean: false,
      now: lab.ports.clock.now(),
    });
    const page = await (await lab.get('/r/')).text();
    expect(page).toContain('node &lt;n1&gt; is gone');
    expect(page).toContain('class="dead"');
    expect(page).not.toContain('http-equiv="refresh"');
  });

  test('what a submitter wrote is text on the page, never markup', async () => {
    const hostile = newJob('hostile', { description: '<img src=x onerror=steal()> "quoted" & more' });
    await lab.ports.jobs.createRun(newRun('open'));
    await lab.ports.jobs.enqueue({ run: 'open', jobs: [hostile], now: lab.ports.clock.now() });
    const page = await (await lab.get('/open/')).text();
    expect(page).toContain('&lt;img src=x onerror=steal()&gt; &quot;quoted&quot; &amp; more');
    expect(page).not.toContain('<img');
  });

  test('a long run is paged', async () => {
    const ids = await addRun(lab, 'long', 501);
    const first = await (await lab.get('/long/')).text();
    expect(first).toContain('href="?offset=500"');
    expect(await (await lab.get('/long/?offset=500')).text()).toContain(`id="${ids[500]}"`);
  });

  test('an unknown run is a 404 with a sentence, and a missing slash is added', async () => {
    expect((await lab.get('/nope/')).status).toBe(404);
    expect((await lab.get('/nope')).status).toBe(404);
    await addRun(lab, 'r:a', 1);
    expect((await lab.get('/r:a')).headers.get('location')).toBe('/r:a/');
  });
});
