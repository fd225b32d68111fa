import { join } from 'node:path';
import { z } from 'zod';
import type { Node, NodeSpec } from '../core/locks/node.ts';
import type { Provider } from '../core/ports/provider.ts';
import { openFences } from './fences.ts';
import { thisMachine } from './machine.ts';
import { defineProvider, numberedNames, numberedNodes } from './provider-options.ts';
import type { ProviderContext, ProviderModule } from './provider-options.ts';
import { keptKey } from './ssh-key.ts';
import { probeLogin } from './ssh-probe.ts';
import { wipe } from './wipe.ts';

// Copy this file to start a provider of your own; docs/providers/writing-one.md goes through it.

/** What the world that has the machines can do. Put your cloud's client behind it. */
export interface MachineApi {
  /** The machines that carry this lab's tag, also those that a dead process made. */
  list(lab: string): Promise<Machine[]>;
  /** Makes a machine that carries the lab's tag and lets the key log in; resolves when it is up. */
  create(params: { lab: string; name: string; publicKey: string }): Promise<Machine>;
  /** Removing a machine that is gone already is fine. */
  remove(id: string): Promise<void>;
}

/** A machine as its world describes it. */
export interface Machine {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  readonly address: string;
  readonly port: number;
  readonly hostKey: string; // read over a channel that can be trusted, such as the console, not from the port itself
}

const optionsSchema = z.strictObject({
  ...numberedNodes,
  machineType: z.string().min(1).default('template'),
});
type Options = z.output<typeof optionsSchema>;

/** A provider on some world of machines. A real one has a constant of its own here, as the others in the registry do. */
export function templateProvider(api: MachineApi): ProviderModule {
  return defineProvider({
    name: 'template',
    summary: 'the provider to copy',
    machineType: 'template',
    options: optionsSchema,
    create: (options, context) => createTemplate({ api, options, context }),
  });
}

function createTemplate(params: { api: MachineApi; options: Options; context: ProviderContext }): Provider {
  const { api, options, context } = params;
  const fences = openFences(join(context.folder, 'fences'));
  const clientKey = () => keptKey(join(context.folder, 'id_ed25519'));

  const create = async (name: string): Promise<Machine> => {
    const key = await clientKey();
    const machine = await api.create({ lab: context.lab, name, publicKey: key.publicKey });
    await probeLogin({ ...machine, identityFile: key.file }); // vouch only for what answers
    return machine;
  };

  return {
    name: 'template',
    capabilities: { privileged: true, clean: true, snapshot: false, power: false, console: false },
    async start() {
      const there = new Map((await api.list(context.lab)).map((machine) => [machine.name, machine]));
      const names = numberedNames(options.prefix ?? 'template', options.count);
      const machines = await Promise.all(names.map(async (name) => there.get(name) ?? (await create(name))));
      const common = { provider: 'template', machineType: options.machineType, ...(await thisMachine()) };
      const identityFile = (await clientKey()).file;
      return machines.map(({ name, user, address, port, hostKey }): NodeSpec => {
        return { ...common, name, user, address, port, hostKey, identityFile };
      });
    },
    async clean(node: Node, fence: number) {
      return await fences.guard(node.name, fence, async () => {
        const old = (await api.list(context.lab)).find(({ name }) => name === node.name);
        if (old !== undefined) await api.remove(old.id);
        const { address, port, hostKey } = await create(node.name);
        return { address, port, hostKey };
      });
    },
    async destroy() {
      for (const { id } of await api.list(context.lab)) await api.remove(id);
      await wipe(context.folder);
    },
  };
}
