import type { PlainValue, Remote, Task, TaskContext } from '../../../runner/engine/task.ts';

const words = ['mantle', 'arm', 'tentacle', 'ink', 'beak', 'siphon', 'fin', 'gladius'];

/**
 * A task that belongs to this suite and not to the lab: has every client count the words of a text, and compares with what
 * it knows about the text. `lines` says how long the text is.
 */
export const task: Task = async (ctx, config) => {
  const lines = linesOf(config);
  const clients = ctx.cluster.hosts.filter(({ roles }) => roles.some((role) => role.startsWith('client.')));
  await Promise.all(clients.map(({ remote }) => countOn(ctx, remote, lines)));
};

function linesOf(config: PlainValue): number {
  const lines = typeof config === 'object' && config !== null && !Array.isArray(config) ? config['lines'] : undefined;
  if (typeof lines === 'number' && Number.isInteger(lines) && lines > 0) return lines;
  throw new Error(`word_count: 'lines' must be a number of lines, not ${JSON.stringify(lines)}`);
}

async function countOn(ctx: TaskContext, remote: Remote, lines: number): Promise<void> {
  const path = `${remote.testDir}/words`;
  ctx.defer(async () => {
    await remote.run(['rm', '-f', path]);
  });
  await remote.writeFile(path, textOf(lines), { signal: ctx.signal });
  const count = `tr ' ' '\\n' <"$1" | sort | uniq -c`;
  const options = { signal: ctx.signal, quiet: true, collect: 'stdout' } as const;
  const { stdout: table } = await remote.run(['sh', '-c', count, 'count', path], options);
  const counted = new Map<string, number>();
  for (const row of table.trim().split('\n')) {
    const [count = '', word = ''] = row.trim().split(/\s+/);
    counted.set(word, Number(count));
  }
  for (const word of words) {
    if (counted.get(word) !== lines) {
      throw new Error(`${remote.shortname} counted '${word}' ${counted.get(word) ?? 0} times, not ${lines} times`);
    }
  }
  ctx.log.info(`${remote.shortname} counted ${words.length} words, each ${lines} times`);
}

/** Every line has every word once, in an order of its own. */
function textOf(lines: number): string {
  const text: string[] = [];
  for (let line = 0; line < lines; line += 1) {
    const first = line % words.length;
    text.push([...words.slice(first), ...words.slice(0, first)].join(' '), '\n');
  }
  return text.join('');
}
