import { Worker } from 'node:worker_threads';
import type { JobStore } from '../../core/ports/job-store.ts';
import type { NodeStore } from '../../core/ports/node-store.ts';
import type { Acts } from './race-acts.ts';

/** A client of the stores, with a connection of its own. */
export interface StoreClient {
  readonly jobs: JobStore;
  readonly nodes: NodeStore;
  readonly close: () => void | Promise<void>;
}

/** How threads that share nothing but the storage make clients: `module` exports `connect(argument)`. */
export interface Connect {
  readonly module: string; // a file URL
  readonly argument: string;
}

/** Stores to be tested: one client here, and the way to more of them elsewhere. */
export interface StoresUnderTest extends StoreClient {
  readonly connect: Connect;
}

export type Act = keyof Acts;

/**
 * Lets several clients do the same thing at the same moment, each in a thread of its own, and returns what each of them got. Between
 * two statements of one client, those of the others really run.
 */
export async function race<Result>(params: {
  readonly connect: Connect;
  readonly racers: number;
  readonly act: Act;
  readonly input: unknown;
}): Promise<Result[]> {
  const gate = new SharedArrayBuffer(4);
  const results = Array.from({ length: params.racers }, (_, racer) =>
    inThread<Result>({ ...params, racer, gate }),
  );
  return Promise.all(results);
}

function inThread<Result>(workerData: object): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./race-thread.ts', import.meta.url), { workerData });
    worker.once('message', (result: Result) => resolve(result));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a racer ended with exit status ${code} and no result`)));
  });
}
