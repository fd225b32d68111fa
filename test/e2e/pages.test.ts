import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { LabClient } from '../../cli/client/lab-client.ts';
import { addRun, newJob, nodeSpec, startJob } from '../fixtures/api-lab.ts';
import { openBrowser } from '../fixtures/browser.ts';
import { labScratch, queue, shellJob, startUp } from '../fixtures/lab-process.ts';
import type { CliProcess } from '../fixtures/lab-process.ts';
import { buildPages, pageLab, staticHost } from '../fixtures/page-lab.ts';
import { describeWith } from '../requirements.ts';

const mark = 'window.untouched = true'; // gone after a reload

async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).allInnerTexts()).join('\n');
}

/** Goes to the runs, types `a` in the turn in which the field is drawn, and `ab` in the one in which `a` takes effect. */
const typeInTheTurnThatDraws = `
  window.field = () => document.querySelector('[aria-label="name has …"]');
  const type = (text) => {
    field().value = text;
    field().dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
  const hashchange = () => new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }));
  (async () => {
    const drawn = new Promise((resolve) => {
      new MutationObserver((_, watch) => {
        if (field() === null) return;
        watch.disconnect();
        type('a');
        resolve();
      }).observe(document.body, { childList: true, subtree: true });
    });
    location.hash = '#/runs';
    await drawn;
    await hashchange();
    type('ab');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  })()`;

/** Waits until a page says something. */
async function says(page: Page, selector: string, text: string | RegExp): Promise<void> {
  await expect.poll(() => textOf(page, selector), { timeout: 60_000 }).toMatch(text);
}

describeWith(['chromium'], 'the pages in a browser', () => {
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  beforeAll(async () => {
    buildPages();
    browser = await openBrowser();
  });
  afterAll(async () => await browser.close());
  beforeEach(() => browser.troubles.splice(0));

  describeWith(['git'], 'of a lab that runs jobs', () => {
    let scratch: ReturnType<typeof labScratch>;
    let up: CliProcess & { client: LabClient };
    beforeAll(async () => {
      scratch = labScratch();
      up = await startUp(scratch.lab, '--nodes', '1');
    });
    afterAll(async () => {
      up.kill('SIGTERM');
      await up.ended;
      await scratch[Symbol.asyncDispose]();
    });

    test('a run turns from running to fail before the eyes, and its job shows reason and log as they are', async () => {
      const go = join(scratch.root, 'go');
      const evil = String.raw`printf 'wait \033[31mred\033[0m <img src=x onerror=alert(1)> \342\200\256gnp.exe\n'`;
      const job = shellJob(evil, `until [ -e ${go} ]; do sleep 0.1; done`, 'false');
      const { run, jobId } = await queue(up.client, 'ann-live', job);
      const page = await browser.newPage(`${up.client.url}/${run}/`);
      await says(page, '.runhead h1', /running/);
      await page.evaluate(mark);
      const log = await browser.newPage(`${up.client.url}/${run}/${jobId}/`);
      await log.evaluate(mark);
      await says(log, '.log', /wait \^\[\[31mred\^\[\[0m <img src=x onerror=alert\(1\)> <U\+202E>gnp\.exe/);
      await says(log, '.log', 'live');
      writeFileSync(go, '');
      await says(page, '.runhead h1', /fail/);
      await says(page, '.causes', 'One cause of 1 failure');
      await says(page, '.jobs .reason', /Command failed.*with status 1: .*bash -c false/s);
      await says(log, 'h1', /fail/);
      await says(log, '.verdict', /Command failed.*with status 1: .*bash -c false/s);
      await says(log, '.files', 'summary.yaml');
      await says(log, '.log .l-error', 'Saw exception from tasks');
      const bottom = await log
        .locator('.frame')
        .evaluate((frame) => frame.scrollHeight - frame.clientHeight - frame.scrollTop);
      expect(bottom).toBeLessThan(80);
      for (const each of [page, log]) expect(await each.evaluate('window.untouched')).toBe(true);
      await log.keyboard.press('e');
      await says(log, '.line.here', /ERROR/);
      expect(existsSync(go)).toBe(true);
      expect(browser.troubles).toEqual([]);
      await page.close();
      await log.close();
    });
  });

  test('an empty lab says what to do', async () => {
    const lab = await pageLab();
    const page = await browser.newPage(lab.url);
    await says(page, 'main', /Nothing has been submitted yet\. Queue a suite with loligo suite/);
    await page.keyboard.press('g');
    await page.keyboard.press('n');
    await says(page, 'main', /The lab has no nodes/);
    await page.keyboard.press('g');
    await page.keyboard.press('q');
    await says(page, 'main', /No job waits/);
    await page.goto(`${lab.url}/#/runs/nope`);
    await says(page, 'main', /run 'nope' does not exist|no run/i);
    expect(browser.troubles).toEqual([]);
    await page.close();
    lab.close();
  });

  test('runs are paged, found and opened by keyboard, and hostile names are text', async () => {
    const lab = await pageLab();
    const hostile = '<img src=x onerror=alert(1)>\u202e';
    for (let index = 0; index < 60; index += 1) {
      await addRun(lab, `ann-${String(index).padStart(2, '0')}`, 0);
      lab.pass(1000);
    }
    await lab.ports.jobs.createRun({
      ...(await record(lab, 'ann-00')),
      name: hostile,
      now: lab.ports.clock.now(),
    });
    await lab.ports.jobs.enqueue({
      run: hostile,
      jobs: [{ ...newJob('x'), description: '"><script>alert(2)</script>\u001b[1m' }],
      now: lab.ports.clock.now(),
    });
    const page = await browser.newPage(lab.url);
    await says(page, 'tbody tr:first-child .name', /^<img src=x onerror=alert\(1\)><U\+202E>$/);
    expect(await page.locator('tbody tr').count()).toBe(50);
    await page.keyboard.press(']');
    await says(page, 'tbody tr:last-child .name', 'ann-00');
    await page.keyboard.press('[');
    await says(page, 'tbody tr:first-child .name', /img/);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await says(page, '.jobs', /"><script>alert\(2\)<\/script>\^\[\[1m/);
    await page.keyboard.press('u');
    await page.keyboard.press('/');
    await page.keyboard.type('ann-07');
    await says(page, 'tbody', /^ann-07/);
    expect(page.url()).toContain('q=ann-07');
    expect(browser.troubles).toEqual([]);
    await page.close();
    lab.close();
  });

  test('what is typed while a page comes up or a filter takes effect stays typed', async () => {
    const lab = await pageLab();
    const page = await browser.newPage(`${lab.url}/#/nodes`);
    await says(page, 'main', /The lab has no nodes/);
    await page.evaluate(typeInTheTurnThatDraws);
    expect(await page.evaluate('[field().value, location.hash]')).toEqual(['ab', '#/runs?q=ab']);
    expect(browser.troubles).toEqual([]);
    await page.close();
    lab.close();
  });

  test('a run of 10,000 jobs comes in pages, and a lab that is gone is said to be', async () => {
    const lab = await pageLab();
    const ids = await addRun(lab, 'big', 10_000);
    for (let index = 0; index < 3; index += 1)
      await lab.ports.jobs.kill({
        run: 'big',
        jobId: ids[index] ?? 0,
        actor: 'a',
        reason: `no power in rack ${index}`,
        now: 1,
      });
    const page = await browser.newPage(`${lab.url}/#/runs/big`);
    await says(page, '.chips', /all 10000/);
    await says(page, '.jobs', /no power in rack 0/);
    await says(page, '.pager', /1–50 of 9997/);
    await page.keyboard.press(']');
    await says(page, '.pager', /51–100 of 9997/);
    await page.goto(`${lab.url}/#/runs/big?status=dead`);
    await expect.poll(() => page.locator('.jobs').count()).toBe(1);
    await page.goto(`${lab.url}/#/queue`);
    await says(page, '.queue', /9997 queued/);
    lab.close();
    await says(page, '.trouble', 'The lab does not answer. What you see is from before');
    await page.close();
  });

  test('a node shows what is held against it, and the queue who paused it', async () => {
    const lab = await pageLab();
    const [id = 0] = await addRun(lab, 'r', 2);
    const now = lab.ports.clock.now();
    await lab.ports.nodes.register([nodeSpec('n1')], now);
    const attempt = await startJob(lab, 'r', id, 'n1');
    await lab.ports.evidence.report(attempt, [{ node: 'n1', kind: 'certain', reason: 'disk is gone' }], now);
    const pause = { by: 'ann@lab', reason: 'new images', since: now, until: now + 3_600_000 };
    await lab.ports.pauses.pause({ machineType: '*', ...pause });
    const page = await browser.newPage(`${lab.url}/#/nodes`);
    await says(page, 'tbody', new RegExp(`n1\\s+locked.*r/${id}`, 's'));
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await says(page, 'main', /certain sign\s+disk is gone job/);
    await page.goto(`${lab.url}/#/queue`);
    await says(page, '.queue', /Paused by ann@lab until 2026-03-04 06:06:07 UTC.*\n.*new images/s);
    expect(browser.troubles).toEqual([]);
    await page.close();
    lab.close();
  });

  test('a static host in a folder serves the same pages of a lab that is elsewhere', async () => {
    const lab = await pageLab();
    const [id] = await addRun(lab, 'r', 1);
    await lab.ports.archive.append(`r/${id}/teuthology.log`, new TextEncoder().encode('hello\n'));
    const host = await staticHost(lab.url);
    const page = await browser.newPage(`${host.url}#/runs/r/${id}`);
    await says(page, 'h1', /queued/);
    expect(await page.locator('.files a').getAttribute('href')).toBe(
      `${new URL(host.url).origin}/lab/archive/r/${id}/teuthology.log`,
    );
    expect(browser.troubles).toEqual([]);
    await page.close();
    host.close();
    lab.close();
  });
});

async function record(lab: Awaited<ReturnType<typeof pageLab>>, name: string) {
  const run = await lab.ports.jobs.getRun(name);
  if (run === null) throw new Error(`no run ${name}`);
  return run;
}
