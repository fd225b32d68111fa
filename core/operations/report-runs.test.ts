import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../adapters/embedded/database.ts';
import { sqliteRunReports } from '../../adapters/embedded/run-reports.ts';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { addRun, apiLab } from '../../test/fixtures/api-lab.ts';
import type { ApiLab } from '../../test/fixtures/api-lab.ts';
import type { Mail } from '../ports/notifier.ts';
import { createReporter } from './report-runs.ts';

let lab: ApiLab;
beforeEach(() => {
  lab = apiLab();
});
afterEach(() => lab.close());

/** The reporter of a lab whose mail server is `deliver`; `again` is the lab after it died and came back. */
function reporting(deliver: (mail: Mail) => void = () => undefined) {
  const sent: Mail[] = [];
  const ports = {
    ...lab.ports,
    reports: sqliteRunReports(openDatabase(':memory:')),
    yaml: pyYaml,
    pageUrl: () => null,
    notifier: {
      send: async (mail: Mail) => {
        deliver(mail);
        sent.push(mail);
      },
    },
  };
  return { sent, ports, again: () => createReporter(ports) };
}

async function end(run: string, ids: readonly number[]): Promise<void> {
  for (const jobId of ids)
    await lab.ports.jobs.kill({ run, jobId, actor: 'ann@lab', reason: 'no more', now: 1 });
}

async function fileText(path: string): Promise<string> {
  const file = await lab.ports.archive.read(path);
  return file === null ? '' : await new Response(ReadableStream.from(file.content)).text();
}

test('a run that is over is mailed about once, and its files are in its archive', async () => {
  const ids = await addRun(lab, 'r', 2);
  const { sent, ports, again } = reporting();
  await ports.reports.want({ run: 'r', email: 'bob@lab', mailBy: Infinity });
  await again().pass();
  expect(sent).toEqual([]);
  await end('r', ids);
  await again().pass();
  await again().pass();
  expect(sent).toMatchObject([{ id: 'results r', to: 'bob@lab', subject: '2 dead in r' }]);
  const url = String(lab.ports.archive.url('r'));
  expect(sent[0]?.text).toContain(url);
  expect(sent[0]?.text).not.toContain(`${url}/${ids[0]}`); // it never ran and left no log
  expect(await fileText('r/junit.xml')).toContain('errors="2"');
  expect(await fileText('r/scrape.log')).toContain('1 distinct failure reason');
  expect(await fileText('r/results.log')).toContain("no_nested_subset: false\nseed: '7'\n");
});

test('a pass reads the failures of an open run only when there are more than before', async () => {
  const ids = await addRun(lab, 'r', 3);
  const { ports } = reporting();
  let lists = 0;
  const listJobs: typeof ports.jobs.listJobs = (filter) => {
    lists += 1;
    return ports.jobs.listJobs(filter);
  };
  const reporter = createReporter({ ...ports, jobs: { ...ports.jobs, listJobs } });
  await ports.reports.want({ run: 'r', email: 'bob@lab', mailBy: Infinity });
  const listsOfPass = async () => {
    const before = lists;
    await reporter.pass();
    return lists - before;
  };
  expect(await listsOfPass()).toBe(0);
  await end('r', ids.slice(0, 1));
  expect([await listsOfPass(), await listsOfPass()]).toEqual([1, 0]);
  await end('r', ids.slice(1, 2));
  expect([await listsOfPass(), await listsOfPass()]).toEqual([1, 0]);
});

test('a lab that dies between sending and noting it sends the same mail again, and then no more', async () => {
  await end('r', await addRun(lab, 'r', 1));
  const { sent, ports, again } = reporting();
  await ports.reports.want({ run: 'r', email: 'bob@lab', mailBy: Infinity });
  const dying = {
    ...ports,
    reports: {
      ...ports.reports,
      mark: async () => {
        throw new Error('killed');
      },
    },
  };
  await createReporter(dying).pass();
  await again().pass();
  await again().pass();
  expect(sent.map((mail) => mail.id)).toEqual(['results r', 'results r']);
});

test('trouble with the mail changes nothing about the run, and is tried again after a pause', async () => {
  await end('r', await addRun(lab, 'r', 1));
  let broken = true;
  const { sent, ports, again } = reporting(() => {
    if (broken) throw new Error('no route to host');
  });
  await ports.reports.want({ run: 'r', email: 'bob@lab', mailBy: Infinity });
  const reporter = again();
  await reporter.pass();
  broken = false;
  await reporter.pass();
  expect(sent).toEqual([]);
  expect(lab.logged.join('\n')).toContain("run 'r' could not be reported: no route to host");
  lab.pass(15_000);
  await reporter.pass();
  expect(sent).toHaveLength(1);
});

test('a run that is late is mailed about once before its end, and once at its end', async () => {
  const ids = await addRun(lab, 'r', 2);
  const { sent, ports, again } = reporting();
  await ports.reports.want({ run: 'r', email: 'bob@lab', mailBy: lab.ports.clock.now() + 1000 });
  await again().pass();
  lab.pass(1000);
  await again().pass();
  await again().pass();
  expect(sent.map((mail) => mail.subject)).toEqual(['2 queued in r']);
  await end('r', ids);
  await again().pass();
  expect(sent.map((mail) => mail.id)).toEqual(['deadline r', 'results r']);
});

test('a job with email-on-error is mailed about when it did not pass, with its archived summary', async () => {
  const { sent, ports, again } = reporting();
  await lab.ports.jobs.createRun({
    name: 'e',
    suite: '',
    owner: 'ann@lab',
    machineType: 'sandbox',
    seed: null,
    subset: null,
    noNestedSubset: false,
    sha1: null,
    now: 1,
  });
  const [jobId = 0] = await lab.ports.jobs.enqueue({
    run: 'e',
    now: 1,
    jobs: [
      {
        key: '0',
        description: 'd',
        machineType: 'sandbox',
        nodeCount: 1,
        roleWishes: null,
        osType: null,
        osVersion: null,
        arch: null,
        priority: 1,
        maxSeconds: 10,
        expiresAt: null,
        config: 'email-on-error: eve@lab\n',
      },
    ],
  });
  await ports.reports.want({ run: 'e', email: null, mailBy: Infinity });
  await end('e', [jobId]);
  await lab.ports.archive.put(`e/${jobId}/summary.yaml`, new TextEncoder().encode('success: false\n'));
  await again().pass();
  await again().pass();
  expect(sent).toMatchObject([{ to: 'eve@lab', subject: expect.stringContaining('Teuthology error -- ') }]);
  expect(sent[0]?.text).toContain('success: false');
});

/** The ports of a lab that dies around its call number `at`: nothing that it does afterwards arrives. */
function mortal<Ports extends object>(ports: Ports, at: number, when: 'before' | 'after'): Ports {
  let calls = 0;
  const line = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]) => {
          calls += 1;
          if (calls > at || (calls === at && when === 'before')) throw new Error('killed');
          const answer: unknown = await Reflect.apply(method, target, given);
          if (calls === at) throw new Error('killed');
          return answer;
        };
      },
    });
  const lines = ['reports', 'notifier', 'jobs'].map((name) => [
    name,
    line(Reflect.get(ports, name) as object),
  ]);
  return { ...ports, ...Object.fromEntries(lines) };
}

test('wherever the lab dies, each mail is sent, and again only when its record was lost', async () => {
  const ids = await addRun(lab, 'r', 2);
  for (const when of ['before', 'after'] as const) {
    for (let at = 1; at <= 16; at += 1) {
      const { sent, ports, again } = reporting();
      await ports.reports.want({ run: 'r', email: 'bob@lab', mailBy: 0 });
      const dying = mortal(ports, at, when);
      await createReporter(dying)
        .pass()
        .catch(() => undefined);
      await again().pass();
      await again().pass();
      const news = new Set(sent.map((mail) => mail.id));
      expect([when, at, [...news]]).toEqual([when, at, ['deadline r']]);
      expect(sent.length).toBeLessThanOrEqual(2);
    }
  }
  await end('r', ids);
  for (let at = 1; at <= 16; at += 1) {
    const { sent, ports, again } = reporting();
    await ports.reports.want({ run: 'r', email: 'bob@lab', mailBy: Infinity });
    await createReporter(mortal(ports, at, 'after'))
      .pass()
      .catch(() => undefined);
    await again().pass();
    await again().pass();
    expect(new Set(sent.map((mail) => mail.id))).toEqual(new Set(['results r']));
    expect(await ports.reports.open()).toEqual([]);
  }
});
