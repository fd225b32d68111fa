import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { labScratch, queue, shellJob, startUp, untilJob } from '../test/fixtures/lab-process.ts';

/**
 * The embedded lab as its users meet it: the whole demo, the time from a submission to the first command of the first user task
 * on a warm node, and what an idle lab holds in memory. A job finds a runner with its modules loaded; what remains of its start is one SSH
 * connection per host, which is begun while the first files are written, and three round trips: what the login is, what the host is and
 * whether another job is on it, the test directory.
 */
const cli = join(import.meta.dirname, '..', 'bin', 'loligo.js');
const rounds = 15;

console.log(`demo, start to exit: ${(await timedDemo()).toFixed(1)} s`);

const scratch = labScratch();
try {
  const lab = await startUp(scratch.lab, '--targets', 'sandbox', '--nodes', '2');
  await sleep(3000);
  console.log(`idle lab: ${residentMegabytes(lab.pid)} MB resident`);
  for (const [how, restMs] of [
    ['now and then', 2000],
    ['each when the one before has passed', 0],
  ] as const) {
    const waits: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await sleep(restMs);
      const submitted = Date.now();
      const job = await queue(
        lab.client,
        `bench-${restMs}-${round}`,
        shellJob(`date +%s%3N >>${scratch.root}/first-task`),
      );
      await untilJob(lab.client, job, 'pass');
      waits.push(Number(scratch.lines('first-task').at(-1)) - submitted);
    }
    waits.sort((a, b) => a - b);
    const middle = waits[Math.floor(rounds / 2)];
    console.log(`submit -> first user task, ${rounds} jobs ${how}: p50 ${middle} ms, max ${waits.at(-1)} ms`);
  }
  console.log(`lab after ${rounds * 2} jobs: ${residentMegabytes(lab.pid)} MB resident`);
  lab.kill('SIGINT');
  await lab.ended;
} finally {
  await scratch[Symbol.asyncDispose]();
}

async function timedDemo(): Promise<number> {
  const start = performance.now();
  const [status] = await once(spawn(process.execPath, [cli, 'demo'], { stdio: 'ignore' }), 'exit');
  if (status !== 0) throw new Error(`the demo exited with ${status}`);
  return (performance.now() - start) / 1000;
}

function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
