import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { apiPath } from '../../cli/client/lab-client.ts';
import type { JobView, LabClient, NodeView, RunView, Submitted } from '../../cli/client/lab-client.ts';

/** A lab with nodes, wherever it is. */
export interface ScenarioLab {
  readonly client: LabClient;
  readonly machineType: string;
  readonly suiteDir: string; // where the lab finds the suites that ship
  /** What a reader of the archive sees at a URL. */
  read(url: string): Promise<{ readonly status: number; readonly text: string }>;
  /** What people were told about, subjects and texts. */
  news(): Promise<readonly string[]>;
  /** Called while the scenario waits: the clock of a lab that has none of its own. */
  tick(): Promise<void>;
}

const tasks = ['background', 'nested', 'rendezvous'];
const descriptions = [1, 2, 3].flatMap((hosts) =>
  tasks.map((task) => `smoke/{clusters/fixed-${hosts} tasks/${task}}`),
);

/**
 * The suite `smoke` from its submission to the mail about it, with what its users do on the way. One for every kind of lab: what it expects
 * is what a lab is. Gives the jobs.
 */
export async function smokeScenario(lab: ScenarioLab): Promise<readonly JobView[]> {
  const { client } = lab;
  const run = 'rehearsed';
  const submitted = await client.post<Submitted>('/v1/suites', {
    suite: 'smoke',
    suite_dir: lab.suiteDir,
    machine_type: lab.machineType,
    name: run,
    seed: 1,
    email: 'ann@lab.test',
  });
  expect(submitted.run).toBe(run);
  const jobs = await finishedJobs(lab, run);
  expect(jobs.map(({ description }) => description).sort()).toEqual(descriptions.sort());
  const bad = jobs.filter(({ status }) => status !== 'pass');
  expect(bad.map(({ job_id, status, failure_reason }) => ({ job_id, status, failure_reason }))).toEqual([]);

  for (const job of jobs) {
    const log = await lab.read(job.log_url ?? '');
    expect(log).toMatchObject({ status: 200, text: expect.stringMatching(/:pass\n$/) });
    const summary = await lab.read(`${job.archive_url}summary.yaml`);
    expect(summary).toMatchObject({ status: 200, text: expect.stringMatching(/^success: true$/m) });
  }
  const { archive_url: folder } = await client.get<RunView>(apiPath('runs', run));
  expect((await lab.read(folder ?? '')).text).toContain(`${jobs[0]?.job_id}/`);

  const mails = async () => (await lab.news()).filter((text) => text.includes(`9 pass in ${run}`)).length;
  await until('there is news of the run', lab, async () => (await mails()) === 1);
  const asked = await client.post(`${apiPath('runs', run)}/results/mail`, { to: 'bob@lab.test' });
  expect(asked).toEqual({ to: 'bob@lab.test', subject: `9 pass in ${run}` });
  await until('there is news for who asked', lab, async () => (await mails()) === 2);
  const junit = await lab.read(`${folder}junit.xml`);
  expect(junit).toMatchObject({ status: 200, text: expect.stringContaining('tests="9"') });
  const { nodes } = await client.get<{ nodes: NodeView[] }>('/v1/nodes');
  expect(nodes.map(({ state }) => state)).toEqual(nodes.map(() => 'free'));
  return jobs;
}

/** The jobs of a run, once it is over. */
export async function finishedJobs(
  lab: Pick<ScenarioLab, 'client' | 'tick'>,
  run: string,
): Promise<JobView[]> {
  const { client } = lab;
  await until(`run ${run} is over`, lab, async () => {
    const { runs } = await client.get<{ runs: RunView[] }>('/v1/runs');
    const found = runs.find(({ name }) => name === run);
    return found?.closed === true && found.counts.queued + found.counts.waiting + found.counts.running === 0;
  });
  return (await client.get<{ jobs: JobView[] }>(`${apiPath('runs', run)}/jobs`)).jobs;
}

/** Waits until something holds; what it waited for is in the failure. */
export async function until(
  what: string,
  lab: Pick<ScenarioLab, 'tick'>,
  holds: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + 300_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`still not: ${what}`);
    await lab.tick();
    await sleep(300);
  }
}
