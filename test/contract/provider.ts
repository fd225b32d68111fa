import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { unusedNode } from '../../core/locks/node.ts';
import type { Node, NodeSpec } from '../../core/locks/node.ts';
import { StaleFenceError } from '../../core/ports/provider.ts';
import type { Provider } from '../../core/ports/provider.ts';
import { openProvider } from '../../providers/registry.ts';
import { SshProbeError, probeLogin } from '../../providers/ssh-probe.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { sshConnect, sshExec } from '../fixtures/ssh-exec.ts';
import { describeWith } from '../requirements.ts';
import type { Part } from '../requirements.ts';

/** One lab of its own, whose provider is to be tested. */
export interface ProviderUnderTest {
  readonly provider: string; // a key of the registry
  readonly options: unknown; // for two nodes
  readonly context: { readonly lab: string; readonly folder: string };
  /** What is on the machine that this lab's provider made: processes, containers, networks; one line each. */
  remains(): Promise<string[]>;
  /** Takes away what the setup itself made. */
  dispose(): Promise<void>;
}

/** What every provider promises, tested on real nodes. Each provider's test file calls it, and adds what is special to it. */
export function describeProvider(params: {
  name: string;
  needs: readonly Part[];
  setup: () => Promise<ProviderUnderTest>;
  patience?: number; // ms for one test; default 120 s
}): void {
  const patience = params.patience ?? 120_000;
  describeWith(params.needs, `provider ${params.name}`, () => {
    const left: (() => Promise<unknown>)[] = [];
    const newLab = async (disposals: (() => Promise<unknown>)[]) => {
      const lab = await params.setup();
      disposals.unshift(
        () => restart(lab).destroy(),
        () => lab.dispose(),
      );
      return lab;
    };
    let shared: ProviderUnderTest;
    let nodes: readonly Node[];
    let fence = 0;
    const ends: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      shared = await newLab(ends);
      nodes = (await restart(shared).start()).map(unusedNode);
    }, patience * 4);
    afterAll(async () => {
      for (const end of ends) await end();
    }, patience);
    afterEach(async () => {
      for (const end of left.splice(0)) await end();
    }, patience);

    test('start gives nodes that log in with the pinned host key', { timeout: patience }, async () => {
      expect(nodes).toHaveLength(2);
      expect(new Set(nodes.map(({ name }) => name)).size).toBe(2);
      expect(new Set(nodes.map(({ hostKey }) => hostKey)).size).toBe(2);
      for (const node of nodes) {
        expect(await sshExec(node, 'cat; echo trouble >&2; exit 3', 'hello')).toEqual({
          stdout: 'hello',
          stderr: 'trouble\n',
          status: 3,
          signal: null,
        });
      }
    });

    test('a login that expects another host key is refused', { timeout: patience }, async () => {
      const [first, second] = nodes as [Node, Node];
      const mistaken = { ...asLogin(first), hostKey: second.hostKey ?? '' };
      await expect(probeLogin(mistaken)).rejects.toMatchObject({ kind: 'host-key' });
      await expect(probeLogin(mistaken)).rejects.toBeInstanceOf(SshProbeError);
    });

    test('nodes do not share their homes', { timeout: patience }, async () => {
      const [first, second] = nodes as [Node, Node];
      await sshExec(first, 'echo mine > ~/only-here');
      expect((await sshExec(second, 'cat ~/only-here')).status).toBe(1);
      expect((await sshExec(first, 'cd && cat only-here')).stdout).toBe('mine\n');
    });

    test(
      'sudo runs a command as root or as the same user, without asking',
      { timeout: patience },
      async () => {
        const { stdout, status } = await sshExec(
          nodes[0] as Node,
          'sudo -n GREETING=hi sh -c \'echo "$GREETING $#" "$@"\' sh "a b"',
        );
        expect({ stdout, status }).toEqual({ stdout: 'hi 1 a b\n', status: 0 });
      },
    );

    test('clean leaves nothing of the last user', { timeout: patience }, async () => {
      const [node, other] = nodes as [Node, Node];
      const trace = await leaveTraces(node);
      const otherTrace = await leaveTraces(other);
      const connection = await sshConnect(node);
      connection.on('error', () => undefined); // how a connection that is cut may say so
      const cut = new Promise<void>((resolve) => connection.on('close', () => resolve()));

      const cleaned = { ...node, ...(await restart(shared).clean(node, (fence += 1))) };

      await cut;
      expect(await tracesOf(cleaned, trace)).toEqual({ file: false, process: false });
      expect(await tracesOf(other, otherTrace)).toEqual({ file: true, process: true });
      nodes = [cleaned, other];
    });

    test('a clean with an older fence is refused and touches nothing', { timeout: patience }, async () => {
      const node = nodes[0] as Node;
      const provider = restart(shared);
      fence += 1;
      const cleaned = { ...node, ...(await provider.clean(node, fence)) };
      nodes = [cleaned, nodes[1] as Node];
      const trace = await leaveTraces(cleaned);
      await expect(provider.clean(cleaned, fence - 1)).rejects.toBeInstanceOf(StaleFenceError);
      await expect(restart(shared).clean(cleaned, fence - 1)).rejects.toBeInstanceOf(StaleFenceError);
      expect(await tracesOf(cleaned, trace)).toEqual({ file: true, process: true });
      nodes = [{ ...cleaned, ...(await provider.clean(cleaned, fence)) }, nodes[1] as Node];
      expect(await tracesOf(nodes[0] as Node, trace)).toEqual({ file: false, process: false });
    });

    test('start again adopts the nodes as they are', { timeout: patience }, async () => {
      const trace = await leaveTraces(nodes[0] as Node);
      const again = (await restart(shared).start()).map(unusedNode);
      expect(again).toEqual(nodes);
      expect(await tracesOf(again[0] as Node, trace)).toEqual({ file: true, process: true });
    });

    test(
      'nodes outlive a lab that is killed, and destroy then leaves nothing',
      { timeout: patience * 2 },
      async () => {
        const lab = await newLab(left);
        const specs = await startAndKill(lab);
        const trace = await leaveTraces(unusedNode(specs[0] as NodeSpec));

        const provider = restart(lab);
        expect(await provider.start()).toEqual(specs);
        expect(await tracesOf(unusedNode(specs[0] as NodeSpec), trace)).toEqual({
          file: true,
          process: true,
        });

        await provider.destroy();
        expect(await lab.remains()).toEqual([]);
        expect(existsSync(lab.context.folder)).toBe(false);
        await provider.destroy();
      },
    );

    test(
      'a lab that is killed while it makes its nodes makes the rest when it starts again, and destroy leaves nothing',
      { timeout: patience * 2 },
      async () => {
        const lab = await newLab(left);
        await startAndKill(lab, async () => (await lab.remains()).length > 1);
        const nodes = (await restart(lab).start()).map(unusedNode);
        expect(nodes).toHaveLength(2);
        for (const node of nodes) expect((await sshExec(node, 'echo up')).stdout).toBe('up\n');
        await restart(lab).destroy();
        expect(await lab.remains()).toEqual([]);
      },
    );

    test(
      'destroy while the lab that was killed had only begun leaves nothing',
      { timeout: patience * 2 },
      async () => {
        const lab = await newLab(left);
        await startAndKill(lab, async () => (await lab.remains()).length > 1);
        await restart(lab).destroy();
        expect(await lab.remains()).toEqual([]);
      },
    );

    test('destroy right after the lab was killed leaves nothing', { timeout: patience * 2 }, async () => {
      const lab = await newLab(left);
      const specs = await startAndKill(lab);
      await leaveTraces(unusedNode(specs[1] as NodeSpec));
      await restart(lab).destroy();
      expect(await lab.remains()).toEqual([]);
    });
  });
}

/** A provider that knows only what an earlier one left behind. */
function restart(lab: ProviderUnderTest): Provider {
  return openProvider(lab.provider, lab.options, { ...lab.context, logger: silentLogger });
}

function asLogin({ user, address, port, hostKey, identityFile }: Node) {
  return { user, address, port, hostKey: hostKey ?? '', identityFile: identityFile ?? '' };
}

/** What a careless user leaves: a file, and a process that no connection holds. Returns the word by which both are known. */
async function leaveTraces(node: Node): Promise<string> {
  const word = `trace${Math.random().toString(36).slice(2)}`;
  const left = await sshExec(
    node,
    `echo x > ~/${word}; mkdir -p ~/deep/er && chmod 500 ~/deep; ln -s /nowhere ~/dangling-${word}
     setsid nohup sh -c 'trap "" HUP TERM; while :; do sleep 1; done' ${word} </dev/null >/dev/null 2>&1 & sleep 0.1; echo left`,
  );
  expect(left).toMatchObject({ stdout: 'left\n', status: 0 });
  return word;
}

async function tracesOf(node: Node, word: string): Promise<{ file: boolean; process: boolean }> {
  const pattern = `[${word[0]}]${word.slice(1)}`; // does not match the command that looks for it
  const { stdout } = await sshExec(
    node,
    `test -e ~/${word} && echo file; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -q '^${pattern}$' && echo process; true`,
  );
  return { file: /^file$/m.test(stdout), process: /^process$/m.test(stdout) };
}

/** Kills the process that owns a provider: once its nodes are there, or before that as soon as `early` says so. Returns those that were there. */
async function startAndKill(
  lab: ProviderUnderTest,
  early: () => Promise<boolean> = async () => false,
): Promise<NodeSpec[]> {
  const { provider, options, context } = lab;
  const script = fileURLToPath(new URL('../fixtures/provider-owner.ts', import.meta.url));
  const owner = spawn(process.execPath, [script, JSON.stringify({ provider, options, context })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(owner, 'exit');
  const started = new AbortController();
  const begun = async (): Promise<['[]']> => {
    while (!started.signal.aborted && !(await early())) await sleep(5);
    return ['[]'];
  };
  const [line] = (await Promise.race([once(createInterface(owner.stdout), 'line'), ended, begun()])) as [
    string | number,
  ];
  started.abort();
  if (typeof line !== 'string') throw new Error(`the owner ended by itself, with status ${line}`);
  owner.kill('SIGKILL');
  await ended;
  return JSON.parse(line) as NodeSpec[];
}
