import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../remote/cluster.ts';
import { interact } from './interact.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, critical() {}, child: () => silent };
const context = {
  job: { name: 'a job' },
  cluster: { remotes: [{ name: 'ubuntu@h1', sshCommand: 'ssh -p 2222 ubuntu@h1' }] } as unknown as Cluster,
};

/** A fake terminal: what is typed goes in, what is printed comes out. */
function fakeTerminal(): {
  input: PassThrough & { isTTY: boolean };
  output: PassThrough;
  shown: () => string;
} {
  const output = new PassThrough();
  const parts: Buffer[] = [];
  output.on('data', (part: Buffer) => parts.push(part));
  return {
    input: Object.assign(new PassThrough(), { isTTY: true }),
    output,
    shown: () => Buffer.concat(parts).toString(),
  };
}

describe('the prompt for a person', () => {
  test('knows the job, shows how to reach the hosts, and ends with the input', async () => {
    const terminal = fakeTerminal();
    const done = interact({
      reason: 'why',
      terminal,
      log: silent,
      signal: new AbortController().signal,
      context,
    });
    terminal.input.write('ctx.job.name + "!"\n');
    await expect.poll(terminal.shown).toContain('a job!');
    terminal.input.end();
    await done;
    expect(terminal.shown()).toContain('ssh -p 2222 ubuntu@h1');
    expect(terminal.shown()).toContain('press control-D to exit');
  });

  test('is closed when the job must stop', async () => {
    const terminal = fakeTerminal();
    const stop = new AbortController();
    const done = interact({ reason: 'why', terminal, log: silent, signal: stop.signal, context });
    stop.abort();
    await done;
    expect(terminal.shown()).toContain('why');
  });

  test('goes on at once, with a line, where nobody sits', async () => {
    const lines: string[] = [];
    const log = { ...silent, info: (line: string) => void lines.push(line) };
    await interact({ reason: 'why', terminal: null, log, signal: new AbortController().signal, context });
    expect(lines).toEqual(['why: no terminal is attached, going on']);
  });
});
