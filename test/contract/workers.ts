import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dispatch } from '../../core/operations/dispatch.ts';
import { LauncherBusyError } from '../../core/ports/launcher.ts';
import type { Launcher, LaunchParams } from '../../core/ports/launcher.ts';
import type { Workers } from '../../core/ports/workers.ts';
import { fakeLab } from '../fixtures/fake-lab.ts';
import { newJob, newRun, nodeSpec } from '../fixtures/lab-records.ts';

interface WorkersUnderTest {
  readonly launcher: Launcher;
  readonly workers: Workers; // perhaps of another process than the launcher's
  readonly close: () => Promise<void>;
}

/** Workers serve `box`; what is for other types goes to `others`. `onWaiting` is told of each worker that begins to wait. */
type WorkersSetup = (lab: {
  readonly others: Launcher;
  readonly onWaiting: (machineType: string) => void;
}) => Promise<WorkersUnderTest>;

const everyone = { maxRunners: null };
const nobody = 'no worker for box waits for a job';
const patience = { timeout: 20_000 };

/** What every launcher must do that hands attempts to workers, and every place where workers wait. */
export function describeWorkers(params: { name: string; setup: WorkersSetup }): void {
  describe(`workers: ${params.name}`, () => {
    let subject: WorkersUnderTest;
    let lab: ReturnType<typeof fakeLab>;
    let ids: readonly number[];
    let waited: string[];
    beforeEach(async () => {
      lab = fakeLab();
      waited = [];
      const onWaiting = (machineType: string) => void waited.push(machineType);
      subject = await params.setup({ others: lab.launcher, onWaiting });
      await lab.nodes.register([nodeSpec('a'), nodeSpec('b'), nodeSpec('r', { machineType: 'rack' })], 1);
      await lab.jobs.createRun(newRun('r'));
      const jobs = [newJob('1'), newJob('2'), newJob('3', { machineType: 'rack' })];
      ids = await lab.jobs.enqueue({ run: 'r', jobs, now: 2 });
    });
    afterEach(async () => await subject.close());

    const pass = async () => await dispatch({ ...lab, launcher: subject.launcher }, everyone);
    const wait = (signal = new AbortController().signal, waitMs = 20_000) =>
      subject.workers.next({ machineType: 'box', worker: 'w', waitMs, signal });
    const launchOnBox = async (): Promise<LaunchParams> => ({
      attempt: { run: 'r', jobId: 1, fence: 1 },
      attemptNumber: 1,
      nodes: (await lab.nodes.list({ machineType: 'box' })).slice(0, 1),
    });

    test('a job goes to the worker that waits for its type, once, and the others wait with the reason and hold nothing', async () => {
      const none = await pass();
      expect(none.waiting.map((job) => [job.jobId, job.reason])).toEqual([
        [ids[0], nobody],
        [ids[1], nobody],
      ]);
      expect(lab.launcher.launched.map((launch) => launch.attempt.jobId)).toEqual([ids[2]]);

      const waiting = wait();
      await vi.waitFor(() => expect(waited).toEqual(['box']), patience);
      expect((await pass()).started).toBe(1);
      const taken = await waiting;
      expect(taken).toMatchObject({ attempt: { run: 'r', jobId: ids[0] }, attemptNumber: 1 });
      expect(taken?.nodes).toHaveLength(1);
      expect(await lab.jobs.getJob('r', ids[1] ?? 0)).toMatchObject({ status: 'queued', attempt: 0 });
      expect(await lab.nodes.get('b')).toMatchObject({ state: 'free' });
      expect(await subject.launcher.unready?.('box')).toBe(nobody);
    });

    test('of two that wait each gets an attempt of its own', async () => {
      const both = [wait(), wait()];
      await vi.waitFor(() => expect(waited).toEqual(['box', 'box']), patience);
      expect((await pass()).started).toBe(3);
      const taken = await Promise.all(both);
      expect(taken.map((launch) => launch?.attempt.jobId).sort()).toEqual([ids[0], ids[1]]);
    });

    test('a worker that went away gets nothing, and nobody launches for it', async () => {
      const gone = new AbortController();
      const left = wait(gone.signal);
      await vi.waitFor(() => expect(waited).toHaveLength(1), patience);
      gone.abort();
      expect(await left).toBeNull();
      expect(await wait(gone.signal)).toBeNull();
      expect(await subject.launcher.unready?.('box')).toBe(nobody);
      await expect(subject.launcher.launch(await launchOnBox())).rejects.toThrow(LauncherBusyError);
      expect(await wait(undefined, 200)).toBeNull();
    });

    test('of its runners only the lease tells, and those of others are asked for', async () => {
      expect(await subject.launcher.isAlive('worker rack: pid 1')).toBe(true);
      expect(await subject.launcher.isAlive('runner 99')).toBe(false);
      await subject.launcher.stop('worker rack: pid 1', { force: true });
      await subject.launcher.stop('runner 99', { force: true });
      expect(lab.launcher.stopped).toEqual(['runner 99 by force']);
      expect(await subject.launcher.unready?.('rack')).toBeNull();
    });
  });
}
