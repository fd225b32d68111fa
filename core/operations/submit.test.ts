import { describe, expect, test } from 'vitest';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { fakeLab } from '../../test/fixtures/fake-lab.ts';
import type { YamlMap } from '../config/yaml-value.ts';
import { ExpireTimeError } from './expire-time.ts';
import { kill, JobNotFoundError, NotAllowedError } from './kill.ts';
import { checkRunName, RunNameError, runName } from './run-name.ts';
import { RunExistsError } from './submission.ts';
import { submitJob } from './submit-job.ts';
import type { JobSubmission } from './submit-job.ts';
import { submitSuite } from './submit-suite.ts';
import type { ExpandedSuiteJob, SuiteSubmission } from './submit-suite.ts';
import { RunTooBigError } from './suite-limits.ts';

const context = { owner: 'alice@desk', now: 1_000_000, resumed: false };
const document = (text: string) => pyYaml.parse(text) as YamlMap;

function makeLab() {
  return { ...fakeLab(), yaml: pyYaml };
}

function oneJob(text: string, changes: Partial<JobSubmission> = {}): JobSubmission {
  return {
    config: document(text),
    name: 'mine',
    description: null,
    machineType: 'box',
    priority: null,
    maxSeconds: 7200,
    copies: 1,
    ...changes,
  };
}

function suiteOf(count: number, changes: Partial<SuiteSubmission> = {}): SuiteSubmission {
  return {
    suite: 'smoke/basic',
    name: null,
    branch: 'main',
    kernel: '-',
    flavor: 'default',
    machineType: 'box',
    priority: 1000,
    seed: 7,
    subset: null,
    noNestedSubset: false,
    sha1: null,
    copies: 1,
    limit: 0,
    maxSeconds: 7200,
    forcePriority: false,
    jobThreshold: 500,
    expand: () => jobsOf(count),
    ...changes,
  };
}

async function* jobsOf(count: number, failure: Error | null = null): AsyncGenerator<ExpandedSuiteJob> {
  for (let i = 0; i < count; i++) {
    yield {
      description: `smoke/{${i}}`,
      config: document(`roles: [[client.0], [mon.a]]\ntasks: [{print: '${i}'}]\n`),
    };
  }
  if (failure !== null) throw failure;
}

describe('submitting a job', () => {
  test('queues what its config asks for, with what the lab knows written into it', async () => {
    const lab = makeLab();
    const config = `
machine-type: rack
os_type: ubuntu
os_version: 22.04
priority: 50
max_job_time: 60
owner: somebody else
roles: [[mon.a], [osd.0]]
targets: {ubuntu@x: null}
tasks: [{print: hello}]`;
    const { run, jobIds } = await submitJob(lab, oneJob(config), context);
    const job = await lab.jobs.getJob(run, jobIds[0] ?? 0);
    expect(job).toMatchObject({
      machineType: 'rack',
      nodeCount: 2,
      osType: 'ubuntu',
      osVersion: '22.04',
      priority: 50,
      maxSeconds: 60,
    });
    const stored = pyYaml.parse(job?.config ?? '') as YamlMap;
    expect(stored.get('owner')).toBe('alice@desk');
    expect(stored.get('name')).toBe('mine');
    expect(stored.has('targets')).toBe(false);
    expect(stored.get('tasks')).toEqual([new Map([['print', 'hello']])]);
    expect(await lab.jobs.getRun(run)).toMatchObject({
      closed: true,
      owner: 'alice@desk',
      machineType: 'rack',
    });
    expect(lab.poked).toEqual(['rack']);
  });

  test('jobs without a name that come within one second get names of their own', async () => {
    const lab = makeLab();
    const unnamed = oneJob('tasks: []', { name: null });
    const first = await submitJob(lab, unnamed, context);
    const second = await submitJob(lab, unnamed, { ...context, now: context.now + 1 });
    expect(second.run).toBe(`${first.run}.2`);
    expect(await submitJob(lab, unnamed, { ...context, now: context.now + 1, resumed: true })).toEqual(
      second,
    );
  });

  test('a name that is taken is refused; the same submission made again is not', async () => {
    const lab = makeLab();
    const first = await submitJob(lab, oneJob('tasks: []', { copies: 3 }), context);
    expect(await submitJob(lab, oneJob('tasks: []', { copies: 3 }), { ...context, resumed: true })).toEqual(
      first,
    );
    expect((await lab.jobs.getRun('mine'))?.counts.queued).toBe(3);
    const others = [
      context,
      { ...context, resumed: true, now: 2 },
      { ...context, resumed: true, owner: 'bob' },
    ];
    for (const other of others)
      await expect(submitJob(lab, oneJob('tasks: []'), other)).rejects.toThrow(RunExistsError);
  });

  test.each([
    ['expire: 90s', 1_090_000, '1970-01-01_00:18:10'],
    ['expire: 2026-02-01 10:11:12', Date.parse('2026-02-01T10:11:12Z'), '2026-02-01_10:11:12'],
    ['expire: ', null, null],
    ['tasks: []', null, null],
  ])('%j: the job knows until when it may start', async (config, expiresAt, written) => {
    const lab = makeLab();
    const { run, jobIds } = await submitJob(lab, oneJob(config), context);
    const job = await lab.jobs.getJob(run, jobIds[0] ?? 0);
    expect(job?.expiresAt).toBe(expiresAt);
    expect(document(job?.config ?? '').get('expire') ?? null).toBe(written);
    const later = { ...context, resumed: true };
    lab.clock.time = (expiresAt ?? 0) + 5_000_000;
    expect((await submitJob(lab, oneJob(config), later)).jobIds).toEqual(jobIds);
  });

  test.each(['expire: 1970-01-01', 'expire: soon', 'expire: 7', 'expire: [1h]'])(
    '%j is refused before there is a run',
    async (config) => {
      const lab = makeLab();
      await expect(submitJob(lab, oneJob(config), context)).rejects.toThrow(ExpireTimeError);
      expect(await lab.jobs.listRuns({ limit: 1 })).toEqual([]);
    },
  );

  test.each(['', '123', '../x', 'a/b', '.hidden', '-v', 'a b', 'x'.repeat(201), 'a\nb', 'a\0'])(
    'the run name %j is refused',
    (name) => {
      expect(() => checkRunName(name)).toThrow(RunNameError);
    },
  );
});

describe('submitting a suite', () => {
  test('names the run as the original does, and closes it', async () => {
    const lab = makeLab();
    const { run, jobIds } = await submitSuite(lab, suiteOf(3), context);
    expect(run).toMatch(/^alice-\d{4}-\d\d-\d\d_\d\d:\d\d:\d\d-smoke:basic-main---default-box$/);
    expect(jobIds).toHaveLength(3);
    expect(await lab.jobs.getRun(run)).toMatchObject({
      closed: true,
      suite: 'smoke:basic',
      seed: 7,
      counts: { queued: 3 },
    });
    expect((await lab.jobs.listJobs({ run, limit: 1 }))[0]).toMatchObject({
      description: 'smoke/{0}',
      nodeCount: 2,
    });
    expect(
      runName({ user: 'a@b', now: 0, suite: 's', branch: 'b', kernel: 'k', flavor: 'f', machineType: 'x,y' }),
    ).toMatch(/-s-b-k-f-multi$/);
  });

  test('takes jobs in batches, copies side by side, up to the limit', async () => {
    const lab = makeLab();
    const submission = suiteOf(5000, { copies: 2, limit: 700, jobThreshold: 0 });
    const { run, jobIds } = await submitSuite(lab, submission, context);
    expect(jobIds).toHaveLength(1400);
    const [first, second, third] = await lab.jobs.listJobs({ run, limit: 3 });
    expect([first?.description, second?.description, third?.description]).toEqual([
      'smoke/{0}',
      'smoke/{0}',
      'smoke/{1}',
    ]);
  });

  test.each([
    ['more jobs than the threshold', { jobThreshold: 9 }, 'threshold of 9'],
    ['many jobs at an urgent priority', { priority: 100, copies: 20 }, 'at most 100 jobs'],
    ['any job at the most urgent priority', { priority: 10 }, 'emergencies'],
  ])('refuses %s before anything is queued', async (_, changes, sentence) => {
    const lab = makeLab();
    await expect(submitSuite(lab, suiteOf(10, changes), context)).rejects.toThrow(sentence);
    await expect(submitSuite(lab, suiteOf(10, changes), context)).rejects.toThrow(RunTooBigError);
    expect(await lab.jobs.listRuns({ limit: 9 })).toEqual([]);
  });

  test('goes on where an earlier try was cut short, with the seed of that try', async () => {
    const lab = makeLab();
    const cutShort = { ...lab.jobs, closeRun: async () => Promise.reject(new Error('killed')) };
    const submission = suiteOf(700, { jobThreshold: 0 });
    await expect(submitSuite({ ...lab, jobs: cutShort }, submission, context)).rejects.toThrow('killed');
    const seeds: number[] = [];
    const again = { ...submission, seed: 99, expand: (seed: number) => (seeds.push(seed), jobsOf(700)) };
    const { run, seed } = await submitSuite(lab, again, { ...context, resumed: true });
    expect([seed, seeds]).toEqual([7, [7, 7]]);
    expect(await lab.jobs.getRun(run)).toMatchObject({ closed: true, counts: { queued: 700 } });
  });

  test('a suite that breaks half-way leaves nothing behind', async () => {
    const lab = makeLab();
    const broken = suiteOf(0, { jobThreshold: 0, expand: () => jobsOf(600, new Error('bad.yaml: line 3')) });
    await expect(submitSuite(lab, broken, context)).rejects.toThrow('bad.yaml: line 3');
    expect(await lab.jobs.listRuns({ limit: 1 })).toEqual([]);
  });

  test('one that breaks only when it is expanded again leaves no half run alive', async () => {
    const lab = makeLab();
    let pass = 0;
    const expand = () => jobsOf(600, pass++ === 0 ? null : new Error('bad.yaml: line 3'));
    await expect(submitSuite(lab, suiteOf(0, { jobThreshold: 0, expand }), context)).rejects.toThrow(
      'bad.yaml: line 3',
    );
    const [run] = await lab.jobs.listRuns({ limit: 1 });
    expect(run).toMatchObject({ closed: true, counts: { queued: 0, dead: 500 } });
    const [job] = await lab.jobs.listJobs({ limit: 1 });
    expect(job).toMatchObject({
      actor: 'submission',
      failureReason: expect.stringContaining('bad.yaml: line 3'),
    });
  });

  test('jobs expire when their configs say so; one that has expired already refuses the whole suite', async () => {
    const jobWith = (expire: string) => ({ description: expire, config: document(`expire: ${expire}`) });
    const expand = (...times: string[]) =>
      async function* () {
        yield* times.map(jobWith);
      };
    const lab = makeLab();
    const { run } = await submitSuite(
      lab,
      suiteOf(0, { expand: expand('1h', '2026-02-01_10:11:12') }),
      context,
    );
    const jobs = await lab.jobs.listJobs({ run, limit: 9 });
    expect(jobs.map((job) => job.expiresAt)).toEqual([4_600_000, Date.parse('2026-02-01T10:11:12Z')]);
    const late = suiteOf(0, { name: 'late', expand: expand('1h', '1970-01-01') });
    await expect(submitSuite(lab, late, context)).rejects.toThrow('is over already');
    expect(await lab.jobs.getRun('late')).toBeNull();
  });

  test('a suite of which no job is left makes no run', async () => {
    const lab = makeLab();
    expect((await submitSuite(lab, suiteOf(0), context)).jobIds).toEqual([]);
    expect(await lab.jobs.listRuns({ limit: 1 })).toEqual([]);
  });

  test('copies count in the limits, and exactly as many jobs as are allowed are taken', async () => {
    const band = (jobs: number, priority: number, copies = 1) =>
      submitSuite(makeLab(), suiteOf(jobs, { priority, copies, jobThreshold: 0 }), context);
    await expect(band(1, 0)).rejects.toThrow('emergencies');
    await expect(band(26, 74)).rejects.toThrow('at most 25 jobs');
    await expect(band(13, 74, 2)).rejects.toThrow('at most 25 jobs');
    await expect(band(101, 149)).rejects.toThrow('at most 100 jobs');
    expect((await band(25, 50)).jobIds).toHaveLength(25);
    expect((await band(100, 75)).jobIds).toHaveLength(100);
    expect((await band(101, 150)).jobIds).toHaveLength(101);
    const forced = suiteOf(30, { priority: 1, forcePriority: true });
    expect((await submitSuite(makeLab(), forced, context)).jobIds).toHaveLength(30);
  });
});

describe('killing', () => {
  test('is for the owner and for operators, and leaves a record', async () => {
    const lab = makeLab();
    await submitJob(lab, oneJob('tasks: []', { copies: 2 }), context);
    const order = { run: 'mine', jobId: null, actor: 'bob@desk', operator: false, reason: 'no' };
    await expect(kill(lab, order)).rejects.toThrow(NotAllowedError);
    await expect(kill(lab, { ...order, operator: true, jobId: 77 })).rejects.toThrow(JobNotFoundError);
    await expect(kill(lab, { ...order, run: 'other' })).rejects.toThrow("no run named 'other'");
    expect(await lab.audit.list(9)).toEqual([]);
    expect(await kill(lab, { ...order, operator: true })).toEqual([1, 2]);
    expect(await lab.audit.list(9)).toMatchObject([
      { actor: 'bob@desk', action: 'kill', subject: 'mine', detail: 'no' },
    ]);
    expect(await kill(lab, { ...order, operator: true })).toEqual([]);
  });
});
