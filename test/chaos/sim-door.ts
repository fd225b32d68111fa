import { OpenAPIHono } from '@hono/zod-openapi';
import type { RunnerStores } from '../../adapters/http/job-store.ts';
import { httpStores } from '../../adapters/http/job-store.ts';
import { WorkRefusedError } from '../../adapters/http/lab-calls.ts';
import type { ApiPorts } from '../../api/ports.ts';
import { problemAnswer, problemOf } from '../../api/problem.ts';
import { workerRoutes } from '../../api/worker-routes.ts';
import type { ApiEnv } from '../../api/writes.ts';
import type { AttemptRef } from '../../core/ports/job-store.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { SimulatedFault } from './faults.ts';
import type { Rng } from './rng.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** The HTTP API of one lab, as far as workers ask for it: the real routes, without sockets. */
export interface Door {
  /** One request; it breaks when the lab dies. `signal` tells the lab that nobody listens any more. */
  put(path: string, body: unknown, signal: AbortSignal): Promise<unknown>;
}

type DoorPorts = Pick<ApiPorts, 'clock' | 'evidence' | 'holds' | 'jobs' | 'workers'>;

/** Whom the labs take all workers for: the credential is that of the pool. */
export const poolName = 'pool';

/** Opens a lab's API for workers of a machine type, until the lab dies. */
export function openDoor(
  world: World,
  lab: SimProcess,
  { ports, machineType }: { ports: DoorPorts; machineType: string },
): void {
  const app = new OpenAPIHono<ApiEnv>();
  app.use('*', async (c, next) => {
    c.set('caller', { name: poolName, operator: false, pool: machineType });
    await next();
  });
  // Of the ports of an API its routes for workers touch these alone; nobody reads the files of a world.
  workerRoutes(app, { ...ports, log: silentLogger } as ApiPorts);
  app.onError((error) => {
    const problem = problemOf(error);
    return problemAnswer(problem?.status ?? 500, problem?.detail ?? error.message);
  });
  const open = new Set<(error: Error) => void>();
  const door: Door = {
    async put(path, body, signal) {
      const request = new Request(`http://lab${path}`, { method: 'PUT', body: JSON.stringify(body), signal });
      const answer = Promise.withResolvers<unknown>();
      open.add(answer.reject);
      void Promise.resolve(app.request(request)).then(async (response) => {
        const said = (await response.json()) as { detail?: string };
        if (response.ok) answer.resolve(said);
        else answer.reject(new WorkRefusedError(response.status, said.detail ?? ''));
      }, answer.reject);
      return await answer.promise.finally(() => open.delete(answer.reject));
    },
  };
  world.doors.add(door);
  lab.onExit(() => {
    world.doors.delete(door);
    for (const cut of open) cut(new SimulatedFault('the lab closed the connection'));
  });
}

/** One request to any lab that is up, given up after `timeoutMs`. When whoever knocks dies, the lab does not notice and answers nobody. */
export async function knock(
  world: World,
  { path, body, timeoutMs, random }: { path: string; body: unknown; timeoutMs: number; random: Rng },
): Promise<unknown> {
  if (world.doors.size === 0) throw new SimulatedFault('no lab answers');
  const door = random.pick([...world.doors]);
  const hangs = world.faults.hit('a request hangs', 0.02);
  const gone = new AbortController();
  const timeout = Promise.withResolvers<never>();
  world.time.after(timeoutMs, () => {
    gone.abort();
    timeout.reject(new SimulatedFault(`no answer within ${timeoutMs} ms`));
  });
  return await (hangs ? timeout.promise : Promise.race([door.put(path, body, gone.signal), timeout.promise]));
}

const timeoutMs = 30_000;

/** The stores as the runner of one attempt sees them through the door: the real client, on a line of the process's own. */
export function storesThroughDoor(world: World, process: SimProcess, attempt: AttemptRef): RunnerStores {
  const random = world.rng.fork(`doors of ${process.name}`);
  const base = `/v1/workers/attempts/${attempt.run}/${attempt.jobId}/${attempt.fence}`;
  const line = world.behindLine(process, {
    prefix: 'http',
    mortal: process.name.startsWith('worker '),
    port: {
      put: (act: string, body: unknown) => knock(world, { path: `${base}/${act}`, body, timeoutMs, random }),
    },
  });
  return httpStores({
    ask: async <T>(act: string, body: unknown) => (await line.put(act, body)) as T,
    send: async () => undefined,
  });
}
