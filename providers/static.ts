import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Node, NodeSpec } from '../core/locks/node.ts';
import type { Provider } from '../core/ports/provider.ts';
import { openFences } from './fences.ts';
import { machineArch } from './machine.ts';
import { defineProvider, nodeName } from './provider-options.ts';
import type { ProviderContext } from './provider-options.ts';
import { replaceFile } from './replace-file.ts';
import { SshProbeError, readHostKey } from './ssh-probe.ts';

const nodeSchema = z.strictObject({
  name: nodeName,
  /** Where to connect, when the name itself does not resolve. */
  address: z.string().min(1).optional(),
  port: z.int().min(1).max(65_535).default(22),
  user: z.string().min(1).default('ubuntu'),
  /** `ssh-ed25519 AAAA...`; without it, the key that the node shows first is pinned. */
  hostKey: z
    .string()
    .regex(/^[\w@.-]+ [A-Za-z0-9+/]+=*$/, "is not a host key: 'ssh-ed25519 AAAA...' is one")
    .optional(),
  identityFile: z.string().min(1).optional(),
  machineType: z.string().min(1).optional(),
  arch: z.string().min(1).default(machineArch()),
  osType: z.string().default(''),
  osVersion: z.string().default(''),
});

const optionsSchema = z.strictObject({
  machineType: z.string().min(1).default('static'),
  nodes: z.array(nodeSchema).min(1, 'names no node'),
  /** Whether `sudo` on the nodes gives real root. */
  privileged: z.boolean().default(true),
  /** A shell command that makes a node as new, run on the lab's machine; `{name}`, `{address}` and `{user}` are filled in. */
  reimage: z.string().min(1).optional(),
  reimageMinutes: z.number().positive().default(30),
  /** How long a node may take to answer, and to come back after its reimage. */
  answerSeconds: z.number().positive().default(10),
});
type Options = z.output<typeof optionsSchema>;
type ListedNode = Options['nodes'][number];

/** The reimage command of a node failed, or the node did not come back. */
export class ReimageError extends Error {
  override readonly name = 'ReimageError';
}

/** Machines that somebody else made and keeps: the lab only locks them. */
export const staticNodes = defineProvider({
  name: 'static',
  summary: 'machines that you name',
  machineType: 'static',
  options: optionsSchema,
  create: createStatic,
});

function createStatic(options: Options, context: ProviderContext): Provider {
  const fences = openFences(join(context.folder, 'fences'));
  const { reimage, nodes } = options;
  return {
    name: 'static',
    capabilities: {
      privileged: options.privileged,
      clean: reimage !== undefined,
      snapshot: false,
      power: false,
      console: false,
    },
    async start() {
      const found = await Promise.all(nodes.map((node) => probe(node, { options, context })));
      return found.filter((spec) => spec !== null);
    },
    async clean(node: Node, fence: number) {
      if (reimage === undefined)
        throw new ReimageError(`node ${node.name} cannot be cleaned: static nodes have no 'reimage' command`);
      return await fences.guard(node.name, fence, async () => {
        await runReimage(node, { command: reimage, minutes: options.reimageMinutes });
        // A fresh system has fresh host keys, unless the operator has pinned one.
        const pinned = nodes.find(({ name }) => name === node.name)?.hostKey ?? null;
        const hostKey = await waitForKey(node, { pinned, seconds: options.answerSeconds });
        if (pinned === null) await writePin(pinFile(context, node.name), hostKey);
        return { hostKey };
      });
    },
    // The machines are not the lab's: only what it knows of them goes.
    destroy: () => rm(context.folder, { recursive: true, force: true }),
  };
}

/** The spec of a listed node that is up and shows the right key; else null, and a line in the log. */
async function probe(
  node: ListedNode,
  { options, context }: { options: Options; context: ProviderContext },
): Promise<NodeSpec | null> {
  const { name, port, user, arch, osType, osVersion } = node;
  const address = node.address ?? name;
  const keyFile = pinFile(context, name);
  try {
    const pinned = node.hostKey ?? (await readPin(keyFile));
    const hostKey = await waitForKey({ name, address, port }, { pinned, seconds: options.answerSeconds });
    if (pinned === null) {
      context.logger.warn(`node ${name}: pinned the host key it shows, ${hostKey}`);
      await writePin(keyFile, hostKey);
    }
    const machineType = node.machineType ?? options.machineType;
    const identityFile = node.identityFile ?? null;
    return {
      name,
      machineType,
      provider: 'static',
      user,
      address,
      port,
      hostKey,
      identityFile,
      arch,
      osType,
      osVersion,
    };
  } catch (error) {
    if (!(error instanceof SshProbeError)) throw error;
    context.logger.error(`node ${name} is left out: ${error.message}`);
    return null;
  }
}

/** Waits until the node answers, and returns its key; a key other than the pinned one is an SshProbeError at once. */
async function waitForKey(
  node: Pick<Node, 'name' | 'address' | 'port'>,
  { pinned, seconds }: { pinned: string | null; seconds: number },
): Promise<string> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      const timeoutMs = Math.max(1, deadline - Date.now());
      const shown = await readHostKey({ ...node, expected: pinned, timeoutMs });
      if (pinned === null || shown === pinned) return shown;
      throw new SshProbeError('host-key', `it shows host key '${shown}', not the pinned '${pinned}'`);
    } catch (error) {
      const early = error instanceof SshProbeError && error.kind === 'unreachable';
      if (!early || Date.now() + 500 > deadline) throw error;
    }
    await sleep(500);
  }
}

async function runReimage(
  node: Node,
  { command, minutes }: { command: string; minutes: number },
): Promise<void> {
  const filled = command.replace(/\{(name|address|user)\}/g, (_, field: 'name' | 'address' | 'user') =>
    singleQuoted(node[field]),
  );
  try {
    await promisify(execFile)('/bin/sh', ['-c', filled], {
      timeout: minutes * 60_000,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: string };
    const detail = stderr?.trim().split('\n').slice(-3).join('; ') || message;
    throw new ReimageError(`node ${node.name}: reimage command \`${filled}\` failed: ${detail}`, {
      cause: error,
    });
  }
}

function pinFile(context: ProviderContext, name: string): string {
  return join(context.folder, 'pins', name);
}

async function readPin(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text?.trim() || null;
}

async function writePin(file: string, hostKey: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, `${hostKey}\n`);
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
