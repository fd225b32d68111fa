import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, expect } from 'vitest';
import { labScratch, startUp } from '../fixtures/lab-process.ts';
import { smokeScenario } from '../rehearsal/smoke-scenario.ts';

const house = join(import.meta.dirname, '..', '..');

test('a lab on this machine lives through the scenario that a lab on AWS is rehearsed with', async () => {
  await using scratch = labScratch();
  const { client } = await startUp(scratch.lab, '--nodes', '4');
  const mails = join(scratch.lab, 'mail');
  const jobs = await smokeScenario({
    client,
    machineType: 'sandbox',
    suiteDir: house,
    read: async (url) => {
      const answer = await fetch(url);
      return { status: answer.status, text: await answer.text() };
    },
    news: async () =>
      existsSync(mails) ? readdirSync(mails).map((file) => readFileSync(join(mails, file), 'utf8')) : [],
    tick: async () => undefined,
  });
  expect(jobs).toHaveLength(9);
});
