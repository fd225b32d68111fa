import { mkdir, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { Node, NodeSpec } from '../../core/locks/node.ts';
import type { Provider } from '../../core/ports/provider.ts';
import { openFences } from '../fences.ts';
import { thisMachine } from '../machine.ts';
import { defineProvider, numberedNames, numberedNodes } from '../provider-options.ts';
import type { ProviderContext } from '../provider-options.ts';
import { startEndpoint, stopEndpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { furnish, openNodeFolder } from './node-folder.ts';
import { wipe } from '../wipe.ts';

const optionsSchema = z.strictObject({
  ...numberedNodes,
  machineType: z.string().min(1).default('sandbox'),
  /** OpenSSH where it can serve, else ssh2. */
  server: z.enum(['openssh', 'ssh2']).optional(),
  /** Channels that one connection may have open; sshd's own default is 10. */
  maxSessions: z.int().min(1).default(1000),
});

/** Real SSH servers on loopback as the invoking user; no privileges needed. */
export const sandbox = defineProvider({
  name: 'sandbox',
  summary: 'SSH servers on this machine, as yourself',
  machineType: 'sandbox',
  options: optionsSchema,
  create: createSandbox,
});

function createSandbox(options: z.output<typeof optionsSchema>, context: ProviderContext): Provider {
  const { server, maxSessions, machineType } = options;
  const nodesFolder = async () => {
    await mkdir(context.folder, { recursive: true, mode: 0o700 });
    return await realpath(context.folder);
  };
  const fences = openFences(join(context.folder, 'fences'));
  const starts = pLimit(4); // logins are dear: more at once only make each slower

  const bringUp = async (name: string): Promise<Endpoint> =>
    await starts(async () => startEndpoint({ folder: await nodesFolder(), name, server, maxSessions }));

  return {
    name: 'sandbox',
    capabilities: { privileged: false, clean: true, snapshot: false, power: false, console: false },
    async start() {
      const kind = await thisMachine();
      const endpoints = await Promise.all(
        numberedNames(options.prefix ?? 'sandbox', options.count).map(bringUp),
      );
      return endpoints.map((endpoint): NodeSpec => {
        const { name, user, address, port, hostKey, identityFile } = endpoint;
        return {
          name,
          user,
          address,
          port,
          hostKey,
          identityFile,
          machineType,
          provider: 'sandbox',
          ...kind,
        };
      });
    },
    async clean(node: Node, fence: number) {
      return await fences.guard(node.name, fence, async () => {
        const folder = await nodesFolder();
        // The server goes too: an open connection of the last user would be a way back in.
        await stopEndpoint(folder, node.name);
        const places = await openNodeFolder(folder, node.name);
        await Promise.all([wipe(places.home), wipe(places.temp)]);
        await furnish(places);
        const { port, hostKey } = await bringUp(node.name);
        return { port, hostKey };
      });
    },
    async destroy() {
      const folder = await nodesFolder();
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (entry.isDirectory() && entry.name !== 'fences') await stopEndpoint(folder, entry.name);
      }
      await wipe(folder);
    },
  };
}
