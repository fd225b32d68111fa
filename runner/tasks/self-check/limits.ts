import { setTimeout as sleep } from 'node:timers/promises';
import { CommandCanceledError, CommandTimeoutError } from '../../remote/command-errors.ts';
import { CheckFailedError, expectRejection, expectSame } from './check.ts';
import type { Check, CheckHost } from './check.ts';

const atOnce = 24; // more than the ten sessions that an SSH server allows on one connection

export const limitChecks: readonly Check[] = [
  {
    name: 'a deadline ends the command and everything it started',
    run: async (on) => {
      const running = on.remote.run(family(on, 'deadline'), { timeoutMs: 1000, signal: on.signal });
      await expectRejection(running, CommandTimeoutError);
      await expectGone(on, 'deadline');
    },
  },
  {
    name: 'cancelling ends the command and everything it started',
    run: async (on) => {
      const cancel = new AbortController();
      const running = on.remote.run(family(on, 'cancel'), {
        signal: AbortSignal.any([on.signal, cancel.signal]),
      });
      running.catch(() => {}); // It is awaited below.
      await pids(on, 'cancel');
      cancel.abort(new Error('the check cancels it'));
      await expectRejection(running, CommandCanceledError);
      await expectGone(on, 'cancel');
    },
  },
  {
    name: `${atOnce} commands run at once, each with its own output`,
    run: async ({ remote, signal }) => {
      const numbers = Array.from({ length: atOnce }, (_, number) => number);
      const results = await Promise.all(
        numbers.map((number) => remote.run(`sleep 0.2; echo ${number}`, { collect: 'stdout', signal })),
      );
      expectSame('the outputs', results.map(({ stdout }) => stdout.trim()).join(' '), numbers.join(' '));
    },
  },
  {
    name: 'the host is there again after a reconnect',
    run: async ({ remote, signal }) => {
      await remote.reconnect({ signal });
      expectSame('being connected', remote.connected, true);
      expectSame('the answer', (await remote.sh('echo back', { signal })).trim(), 'back');
    },
  },
];

/** A shell with a child, which write their process ids into a file and then last. */
function family({ folder }: CheckHost, name: string): string {
  return `sleep 1000 & echo $$ $! >${folder}/${name}; wait`;
}

async function pids({ remote, folder, signal }: CheckHost, name: string): Promise<string> {
  for (;;) {
    const shown = await remote.sh(`cat ${folder}/${name} 2>/dev/null || true`, { signal });
    if (/^\d+ \d+\n$/.test(shown)) return shown.trim();
    await sleep(50, undefined, { signal });
  }
}

/** Processes that were killed may take a moment to vanish; those that were not stay. */
async function expectGone(on: CheckHost, name: string): Promise<void> {
  const family = await pids(on, name);
  const alive = `for pid in ${family}; do [ ! -d /proc/$pid ] || grep -q '^State:.Z' /proc/$pid/status || echo $pid; done`;
  let left = '';
  for (let tries = 0; tries < 100; tries += 1) {
    left = (await on.remote.sh(alive, { signal: on.signal })).trim();
    if (left === '') return;
    await sleep(100, undefined, { signal: on.signal });
  }
  await on.remote.run(`kill -9 ${left.replaceAll('\n', ' ')}`, { check: false });
  throw new CheckFailedError(`processes were left running: ${left.replaceAll('\n', ' ')}`);
}
