import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Remote, TaskContext } from '../engine/task.ts';
import { quoteWord } from '../remote/quote.ts';

const utilities = ['daemon-helper', 'adjust-ulimits', 'stdin-killer'] as const;
const key = 'install.utilities-shipped'; // true when the suite's suppressions were among them

/**
 * Copies our helpers to `/usr/bin` of every host, and the suite's `valgrind.supp` to the test folder: one command a host. A second call
 * copies them again, as a host may have become another container meanwhile; what the first has left undone removes them.
 */
export async function shipUtilities(
  ctx: Pick<TaskContext, 'cluster' | 'defer' | 'job' | 'log' | 'options' | 'signal' | 'state'>,
): Promise<void> {
  const { remotes } = ctx.cluster;
  const texts = await Promise.all(
    utilities.map((name) => readFile(new URL(`./${name}.sh`, import.meta.url), 'utf8')),
  );
  const suppressions = await suppressionsOf(ctx);
  ctx.log.info('Shipping utilities...');
  if (!ctx.state.has(key)) {
    ctx.state.set(key, suppressions !== null);
    ctx.defer(() => onAll(remotes, remove));
  }
  const install = (remote: Remote): string =>
    [
      ...utilities.map((name, index) => {
        const temporary = `/usr/bin/.${name}.new`;
        return `printf %s ${quoteWord(texts[index] ?? '')} >${temporary} && chmod 0555 ${temporary} && mv -f ${temporary} /usr/bin/${name}`;
      }),
      ...(suppressions === null
        ? []
        : [`printf %s ${quoteWord(suppressions)} >${quoteWord(`${remote.testDir}/valgrind.supp`)}`]),
    ].join('\n');
  await onAll(remotes, install);
}

/** Whether `$TESTDIR/valgrind.supp` is on the hosts. */
export function suppressionsShipped({ state }: Pick<TaskContext, 'state'>): boolean {
  return state.get(key) === true;
}

function remove(remote: Remote): string {
  const files = [...utilities.map((name) => `/usr/bin/${name}`), `${remote.testDir}/valgrind.supp`];
  return `rm -f -- ${files.map(quoteWord).join(' ')}`;
}

async function onAll(remotes: readonly Remote[], script: (remote: Remote) => string): Promise<void> {
  await Promise.all(
    remotes.map((remote) =>
      remote.run(['sudo', 'sh', '-e'], {
        stdin: script(remote),
        label: 'install: utilities',
        timeoutMs: 60_000,
      }),
    ),
  );
}

async function suppressionsOf(ctx: Pick<TaskContext, 'job' | 'options'>): Promise<string | null> {
  const path = ctx.options.suitePath ?? ctx.job['suite_path'];
  return typeof path === 'string'
    ? await readFile(join(path, 'valgrind.supp'), 'utf8').catch(() => null)
    : null;
}
