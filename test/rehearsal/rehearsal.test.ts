import { afterAll, beforeAll, expect, test } from 'vitest';
import { testAssembly } from '../fixtures/assembly.ts';
import { describeWith } from '../requirements.ts';
import { triggersOf, untriggered } from './declared.ts';
import { unusedPermissions } from './unused-permissions.ts';
import { figures, permissionsOf } from './figures.ts';
import { openRehearsal } from './rehearsal.ts';
import type { Rehearsal } from './rehearsal.ts';
import { smokeScenario, until } from './smoke-scenario.ts';
import {
  jobOnce,
  killAt,
  loseMessages,
  messagesIn,
  objectsIn,
  putMessage,
  queueShell,
  taskOf,
  throttleTables,
} from './troubles.ts';

const patience = { timeout: 400_000 };

describeWith(['moto', 'sshd'], 'a lab made from the template', () => {
  const assembly = testAssembly();
  let rehearsal: Rehearsal;
  let openMs = 0;
  beforeAll(async () => {
    const begun = performance.now();
    rehearsal = await openRehearsal(assembly, 4);
    openMs = performance.now() - begun;
  });
  afterAll(async () => await rehearsal[Symbol.asyncDispose]());

  test('takes the suite smoke to the mail about it, and no role does what it may not', patience, async () => {
    const { lab } = rehearsal;
    const begun = performance.now();
    try {
      const { length: jobs } = await smokeScenario(rehearsal);
      const scenarioMs = performance.now() - begun;
      console.log(figures(lab, { jobs, openMs, scenarioMs }).join('\n'));
    } catch (error) {
      console.error(
        [...lab.functions.values()].map(({ name, log }) => `${name}\n${log().slice(-2000)}`).join('\n'),
      );
      console.error(lab.tasks.all.map(({ output }) => output().slice(-500)).join('\n'));
      console.error(lab.ledger.troubles.join('\n'));
      throw error;
    }
    expect(lab.ledger.troubles).toEqual([]);
  });

  test('lets nobody write who has not signed', async () => {
    const { url } = rehearsal.lab;
    const unsigned = await fetch(`${url}/v1/suites`, { method: 'POST', body: '{}' });
    expect(unsigned.status).toBe(403);
    expect((await fetch(`${url}/v1/runs`)).status).toBe(200);
  });

  const queue = async (name: string) =>
    (await rehearsal.lab.stack.all('AWS::SQS::Queue')).find(({ id }) =>
      new RegExp(`^Queues${name}[0-9A-F]{8}$`).test(id),
    )!;
  const quiet = { tick: async () => undefined };

  test(
    'a message that nobody can read becomes a dead letter, and the next one is read',
    patience,
    async () => {
      for (const name of ['Submissions', 'Wakeups', 'Events']) {
        const dead = await queue(`${name}DeadLetters`);
        await putMessage(rehearsal, await queue(name), `poison for ${name}`);
        await until(`${dead.id} has it`, quiet, async () => messagesIn(rehearsal, dead).length > 0);
        expect(messagesIn(rehearsal, dead)).toEqual([`poison for ${name}`]);
      }
      await jobOnce(rehearsal, await queueShell(rehearsal, 'after-poison', 'true'), 'pass');
    },
  );

  test('what was sent once more, and late, changes nothing', patience, async () => {
    const { client, lab } = rehearsal;
    const seen = async () => [
      await client.get('/v1/runs/rehearsed'),
      await client.get('/v1/runs/rehearsed/jobs'),
    ];
    const before = await seen();
    for (const { queueUrl, body } of lab.sent.toReversed()) {
      const all = await lab.stack.all('AWS::SQS::Queue');
      await putMessage(
        rehearsal,
        all.find(({ ref }) => ref === queueUrl)!,
        body,
      );
    }
    const queues = [await queue('Submissions'), await queue('Wakeups')];
    await until('all is read', quiet, async () =>
      queues.every((each) => messagesIn(rehearsal, each).length === 0),
    );
    expect(lab.sent.length).toBeGreaterThan(3);
    expect(await seen()).toEqual(before);
  });

  test(
    'a runner that is killed leaves a dead job with the reason, and a node that nobody gets unclean',
    patience,
    async () => {
      const job = await queueShell(rehearsal, 'killed', 'echo it has begun', 'sleep 1000');
      const task = await taskOf(rehearsal, 'stdout:it has begun');
      const folder = `${job.run}/${job.jobId}/`;
      const parts = async () =>
        (await objectsIn(rehearsal, folder)).filter((key) => key.includes('.loligo-parts/'));
      const { log_url: url } = await jobOnce(rehearsal, job, 'running');
      const read = async () => await rehearsal.read(url ?? '');
      await until('the log says so', quiet, async () => (await read()).text.includes('stdout:it has begun'));
      const { text: log } = await read();
      expect(await parts()).not.toEqual([]);
      // Whoever makes one object of what it left is killed when the object is there, and the parts are too.
      const { happened } = killAt(rehearsal, {
        name: 'onrunnerstopped',
        operation: 'PutObject',
        when: 'after',
      });
      task.kill('SIGKILL');
      await happened;
      const dead = await jobOnce(rehearsal, job, 'dead');
      expect(dead.failure_reason).toMatch(/runner/);
      const { nodes } = await rehearsal.client.get<{ nodes: { name: string; state: string }[] }>('/v1/nodes');
      const its = nodes.filter(({ name }) => dead.nodes.includes(name));
      expect(its.map(({ state }) => state)).toEqual([expect.stringMatching(/^(dirty|quarantined)$/)]);
      await until('its log is whole', quiet, async () => (await parts()).length === 0);
      const { text: whole } = await read();
      expect(whole.startsWith(log)).toBe(true);
      expect(whole.match(/stdout:it has begun/g)).toHaveLength(1);
    },
  );

  test('a job whose wake-up is lost starts when the clock calls the dispatcher', patience, async () => {
    const losing = loseMessages(rehearsal, await queue('Wakeups'));
    const job = await queueShell(rehearsal, 'unheard', 'true');
    expect(losing.lost).toHaveLength(1);
    losing.end();
    await rehearsal.lab.events.fire(
      (await rehearsal.lab.stack.one('AWS::Events::Rule', 'TriggersDispatch')).id,
    );
    await jobOnce(rehearsal, job, 'pass');
  });

  test(
    'a dispatcher that dies in the middle of a claim leaves a job that the next one starts',
    patience,
    async () => {
      const claim = { name: 'dispatch', operation: 'TransactWriteItems', when: 'before' } as const;
      const { happened } = killAt(rehearsal, claim);
      const job = await queueShell(rehearsal, 'claimed', 'true');
      await happened;
      expect(await jobOnce(rehearsal, job, 'pass')).toMatchObject({ failure_reason: null });
    },
  );

  test('a job gets to its end on tables that refuse each request once', patience, async () => {
    const throttling = throttleTables(rehearsal, { apiToo: false });
    try {
      await jobOnce(rehearsal, await queueShell(rehearsal, 'throttled', 'true'), 'pass');
    } finally {
      throttling.end();
    }
    expect(throttling.refused()).toBeGreaterThan(10);
  });

  test(
    'the API says when to come back while its tables refuse it, and the words do come back',
    patience,
    async () => {
      const { lab, client } = rehearsal;
      const throttling = throttleTables(rehearsal, { apiToo: true });
      const busy = await fetch(`${lab.url}/v1/runs`);
      expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await busy.json()).toMatchObject({ status: 503, title: 'Not now' });
      const asked = client.get<{ runs: unknown[] }>('/v1/runs');
      const before = throttling.refused();
      await until('it was asked again', quiet, async () => throttling.refused() > before);
      throttling.end();
      expect((await asked).runs.length).toBeGreaterThan(0);
    },
  );

  test('a job that is killed during a task unwinds, and its runner ends', patience, async () => {
    const job = await queueShell(rehearsal, 'stopped', 'echo it is under way', 'sleep 1000');
    const task = await taskOf(rehearsal, 'stdout:it is under way');
    await rehearsal.client.post(`/v1/runs/${job.run}/jobs/${job.jobId}/kill`, {});
    await task.ended;
    expect(await jobOnce(rehearsal, job, 'dead')).toMatchObject({
      failure_reason: expect.stringMatching(/^killed by ann/),
    });
    expect(task.output()).toContain('Tidying up after the test');
  });

  test(
    'is set going by everything that the template lists, or there is a reason why not',
    patience,
    async () => {
      const { events, ledger } = rehearsal.lab;
      for (const rule of events.scheduled) await events.fire(rule);
      await events.settled();
      const silent = triggersOf(assembly.template).filter((id) => !ledger.triggers.has(id));
      const unexplained = silent.filter(
        (id) => !Object.keys(untriggered).some((prefix) => id.startsWith(prefix)),
      );
      expect(unexplained).toEqual([]);
      expect(ledger.troubles).toEqual([]);
    },
  );

  test('its roles may do what they did, and what else they may has a reason', () => {
    const { line, unused } = permissionsOf(rehearsal.lab);
    console.log(line);
    const isExplained = (permission: string) =>
      Object.keys(unusedPermissions).some((pattern) => new RegExp(`^${pattern}$`).test(permission));
    expect(unused.filter((permission) => !isExplained(permission))).toEqual([]);
  });
});
