import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { apiLab, nodeSpec } from '../../test/fixtures/api-lab.ts';
import type { ApiLab } from '../../test/fixtures/api-lab.ts';
import { silentLogger } from '../../test/fixtures/silent-logger.ts';
import { JobStoppedError } from '../../runner/engine/stop.ts';
import { LabRefusedError, LabUnreachableError } from '../client/lab-client.ts';
import type { LabClient } from '../client/lab-client.ts';
import { lockForRun } from './for-run.ts';

const labs: ApiLab[] = [];
const printed: string[] = [];
beforeEach(() => {
  printed.length = 0;
  vi.spyOn(console, 'error').mockImplementation((line: unknown) => void printed.push(String(line)));
});
afterEach(() => {
  vi.restoreAllMocks();
  labs.splice(0).forEach((lab) => lab.close());
});

/** A client that goes straight to the lab's API; `broken` says which answers get lost on the way back. */
function clientOf(lab: ApiLab, broken: (path: string) => boolean): LabClient {
  const send = async <T>(method: string, path: string, body: unknown): Promise<T> => {
    const response = await lab.send(method, path, body, { authorization: 'Bearer user-token' });
    const answer = (await response.json()) as T & { detail?: string };
    if (broken(path)) throw new LabUnreachableError('the connection broke');
    if (!response.ok) throw new LabRefusedError(response.status, answer.detail ?? '');
    return answer;
  };
  return {
    url: 'http://lab.test',
    get: async <T>(path: string) => (await (await lab.get(path)).json()) as T,
    post: (path, body) => send('POST', path, body),
    put: (path, body) => send('PUT', path, body),
    stream: async () => Promise.reject(new Error('nothing is streamed here')),
  };
}

async function bench(options: { wait?: boolean; broken?: (path: string) => boolean } = {}) {
  const lab = apiLab();
  labs.push(lab);
  await lab.ports.nodes.register(['n1', 'n2'].map(nodeSpec), lab.ports.clock.now());
  const client = clientOf(lab, options.broken ?? (() => false));
  const ofRun = {
    client,
    owner: 'bob@lab',
    onBehalf: null,
    machineType: 'sandbox',
    checkLocks: async () => [],
  };
  const config = new Map([['roles', [['a'], ['b']]]]);
  const locks = lockForRun({ lab: ofRun, config, archiveFolder: null, wait: options.wait ?? false });
  const task = { log: silentLogger, signal: new AbortController().signal };
  const states = async () => (await lab.ports.nodes.list()).map((node) => node.state);
  return { lab, locks, task, states };
}

const isLock = (path: string) => /^\/v1\/locks\/[^/]+$/.test(path);

test('a lock whose answer got lost is given back at the end', async () => {
  const { locks, task, states } = await bench({ broken: isLock });
  await expect(locks.lockMachines(task)).rejects.toThrow(LabUnreachableError);
  expect(await states()).toEqual(['locked', 'locked']);
  await locks.settle({ status: 'dead', nodesClean: false, asked: false });
  expect(await states()).toEqual(['dirty', 'dirty']);
});

test('whoever waits asks for a lock whose answer got lost again, and gets the same nodes', async () => {
  let lost = 0;
  const { locks, task, states } = await bench({ wait: true, broken: (path) => isLock(path) && lost++ === 0 });
  expect(Object.keys(await locks.lockMachines(task))).toEqual(['ubuntu@n1', 'ubuntu@n2']);
  expect(lost).toBe(2);
  await locks.settle({ status: 'pass', nodesClean: true, asked: false });
  expect(await states()).toEqual(['free', 'free']);
});

test('when the lab says that the lock is over, the job is told to stop, and nothing is given back', async () => {
  const { lab, locks, task, states } = await bench();
  const over = new Promise<unknown>((resolve) => {
    locks.lost.addEventListener('abort', () => resolve(locks.lost.reason), { once: true });
  });
  const release = lab.ports.nodes.renew;
  Object.assign(lab.ports.nodes, { renew: async () => 'stale' });
  await locks.lockMachines(task);
  expect(await over).toBeInstanceOf(JobStoppedError);
  expect(await over).toMatchObject({ kind: 'lease-lost' });
  Object.assign(lab.ports.nodes, { renew: release });
  await locks.settle({ status: 'dead', nodesClean: false, asked: false });
  expect(await states()).toEqual(['locked', 'locked']);
  expect(printed).toEqual(['n1 n2: the lock was lost']);
});

test('a job that fails keeps its nodes without end, in its owner’s name', async () => {
  const { lab, locks, task } = await bench();
  await locks.lockMachines(task);
  expect((await lab.ports.nodes.get('n1'))?.lock?.leaseUntil).not.toBeNull();
  await locks.settle({ status: 'fail', nodesClean: false, asked: false });
  expect((await lab.ports.nodes.get('n1'))?.lock).toMatchObject({ owner: 'bob@lab', leaseUntil: null });
  expect(printed[0]).toContain('n1 n2 stay locked by bob@lab');
  expect(printed.slice(1, 2)).toEqual(['  ssh -p 1 ubuntu@127.0.0.1']);
});

test('a lab that cannot be reached at the end is no failure: the lease ends by itself', async () => {
  const { locks, task } = await bench({ broken: (path) => path.endsWith('/release') });
  await locks.lockMachines(task);
  await locks.settle({ status: 'pass', nodesClean: true, asked: false });
  expect(printed).toEqual([expect.stringMatching(/their lease ends by itself: the connection broke$/)]);
});

test('a wait that is stopped leaves nothing locked', async () => {
  const { lab, locks, states } = await bench({ wait: true });
  await lab.send('PUT', '/v1/locks/lock-0001', { nodes: ['n2'] });
  const stop = new AbortController();
  const log = { ...silentLogger, info: () => stop.abort(new JobStoppedError('killed', 'killed')) };
  await expect(locks.lockMachines({ log, signal: stop.signal })).rejects.toThrow(/killed|aborted/);
  await locks.settle({ status: 'dead', nodesClean: false, asked: true });
  expect(await states()).toEqual(['free', 'locked']);
});
