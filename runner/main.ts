import { flushCompileCache } from 'node:module';
import type { AttemptEnd } from './attempt/run-attempt.ts';
import { firstOrder } from './attempt/first-order.ts';

/**
 * The process that executes one attempt: `node runner/main.ts ASSIGNMENT`. It needs nothing of the lab but its folder, or its
 * URL, so that it goes on while the lab is stopped, killed or started again. Without an assignment it is a task on AWS, and
 * LOLIGO_ATTEMPT names the attempt. Exit status: 0 pass, 1 fail or dead, 3 the attempt was not ours, or was
 * handed back since the process was told to end before the job's own tasks began.
 *
 * `node runner/main.ts --idle LOG` loads its modules and waits until the process that started it sends an assignment; it ends
 * when that process does. LOG is the file that its output goes to.
 */
const [what, log] = process.argv.slice(2);
const exitStatus: Record<AttemptEnd, number> = { pass: 0, fail: 1, dead: 1, lost: 3, back: 3 };

// Only now, because a call without an order needs none of them.
const modules = import('./attempt-process.ts');

/** Null = the environment says what to do; a string = the file that does. */
async function assignment(): Promise<string | null> {
  if (what !== '--idle' || log === undefined) return what ?? null;
  const ordered = firstOrder(log);
  await (await modules).loadAhead();
  flushCompileCache();
  const { file, env } = await ordered;
  Object.assign(process.env, env);
  return file;
}

if (what === undefined && !process.env['LOLIGO_ATTEMPT']) {
  process.stderr.write('usage: node runner/main.ts ASSIGNMENT | --idle LOG, or LOLIGO_ATTEMPT=... on AWS\n');
  process.exit(2);
}
try {
  const file = await assignment();
  const end = await (await modules).runAssignment(file);
  // Connections that could not be closed must not keep the process, and with it the lab's picture of the job, alive.
  process.exit(exitStatus[end]);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(2);
}
