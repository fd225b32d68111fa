import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Order, Outcome } from './function-child.ts';

export interface FunctionOptions {
  readonly name: string;
  readonly arn: string;
  readonly folder: string; // of the bundle
  readonly handler: string; // FILE.EXPORT
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly most: number | null; // at once; null = the account's limit
  readonly environment: Readonly<Record<string, string>>;
}

export type Invocation = { readonly payload: unknown } | { readonly error: string };

/** One function of the lab: its bundle in processes of its own, one call at a time in each, frozen between calls. */
export interface FunctionHost extends AsyncDisposable {
  readonly name: string;
  readonly arn: string;
  /** Never rejects: what becomes of a call is in the answer. Waits when as many run as may. */
  invoke(event: unknown): Promise<Invocation>;
  /** Kills the processes that are at work now, as a machine that dies does; says how many. */
  kill(): number;
  log(): string;
  readonly coldStarts: readonly number[]; // ms from the start of a process to its first answer
}

interface Worker {
  readonly child: ChildProcess;
  readonly scratch: string;
  busy: boolean;
}

const accountLimit = 10; // of a new account of AWS
const childFile = join(import.meta.dirname, 'function-child.ts');

export function hostFunction(options: FunctionOptions): FunctionHost {
  const workers = new Set<Worker>();
  const waiting: (() => void)[] = [];
  const coldStarts: number[] = [];
  let log = '';
  let running = 0;

  const start = (): Worker => {
    const scratch = mkdtempSync(join(tmpdir(), 'function-'));
    const [file = '', name = ''] = options.handler.split('.');
    const child = fork(childFile, [join(options.folder, `${file}.mjs`), name], {
      cwd: options.folder,
      // A function may write to its temporary folder and nowhere else.
      execArgv: [
        `--max-old-space-size=${options.memoryMb}`,
        '--permission',
        '--allow-fs-read=*',
        `--allow-fs-write=${scratch}`,
      ],
      env: { ...options.environment, TMPDIR: scratch, HOME: '/nonexistent' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const worker = { child, scratch, busy: false };
    workers.add(worker);
    child.once('exit', () => {
      workers.delete(worker);
      rmSync(scratch, { recursive: true, force: true });
    });
    return worker;
  };

  const call = async (event: unknown): Promise<Invocation> => {
    const begun = performance.now();
    const idle = [...workers].find(({ busy }) => !busy);
    const worker = idle ?? start();
    worker.busy = true;
    worker.child.kill('SIGCONT');
    const timeoutMs = options.timeoutSeconds * 1000;
    const context = {
      awsRequestId: randomUUID(),
      functionName: options.name,
      invokedFunctionArn: options.arn,
    };
    const order: Order = {
      event: JSON.parse(JSON.stringify(event)),
      context,
      deadline: Date.now() + timeoutMs,
    };
    const ended = new AbortController();
    const { signal } = ended;
    const timer = setTimeout(() => worker.child.kill('SIGKILL'), timeoutMs);
    const outcome = await Promise.race([
      once(worker.child, 'message', { signal }).then(([message]) => message as Outcome),
      once(worker.child, 'exit', { signal }).then(() => null),
      sent(worker.child, order),
    ]).finally(() => {
      clearTimeout(timer);
      ended.abort();
    });
    worker.busy = false;
    if (outcome === null) {
      const over = performance.now() - begun >= timeoutMs;
      return { error: over ? `Task timed out after ${options.timeoutSeconds}.00 seconds` : 'Runtime exited' };
    }
    if (idle === undefined) coldStarts.push(performance.now() - begun);
    worker.child.kill('SIGSTOP');
    if ('payload' in outcome) return { payload: JSON.parse(outcome.payload) };
    log += `${outcome.error.stack}\n`;
    return { error: `${outcome.error.errorType}: ${outcome.error.errorMessage}` };
  };

  return {
    name: options.name,
    arn: options.arn,
    coldStarts,
    log: () => log,
    async invoke(event) {
      while (running >= (options.most ?? accountLimit))
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
      running += 1;
      try {
        return await call(event);
      } finally {
        running -= 1;
        waiting.shift()?.();
      }
    },
    kill: () => [...workers].filter(({ busy, child }) => busy && child.kill('SIGKILL')).length,
    async [Symbol.asyncDispose]() {
      const all = [...workers].map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      });
      await Promise.all(all);
    },
  };
}

/** Sends an order; resolves only when that fails, since then nobody answers. */
function sent(child: ChildProcess, order: Order): Promise<null> {
  return new Promise((resolve) => {
    child.send(order, (error) => {
      if (error !== null) resolve(null);
    });
  });
}
