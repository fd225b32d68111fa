import { parentPort, workerData } from 'node:worker_threads';
import { acts } from './race-acts.ts';
import type { Act, Connect, StoreClient } from './race.ts';

/** One racer: connects, waits until all the others have connected, acts, and says what it got. */

const { connect, racers, racer, act, input, gate } = workerData as {
  connect: Connect;
  racers: number;
  racer: number;
  act: Act;
  input: unknown;
  gate: SharedArrayBuffer;
};
const module = (await import(connect.module)) as { connect: (argument: string) => Promise<StoreClient> };
const client = await module.connect(connect.argument);

const arrived = new Int32Array(gate);
if (Atomics.add(arrived, 0, 1) + 1 === racers) Atomics.notify(arrived, 0);
for (;;) {
  const count = Atomics.load(arrived, 0);
  if (count >= racers) break;
  Atomics.wait(arrived, 0, count, 100);
}

const result = await acts[act](client, { input: input as never, racer });
await client.close();
// The port of a thread has no origins to choose from.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort?.postMessage(result);
