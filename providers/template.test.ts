import { mkdtemp, readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unusedNode } from '../core/locks/node.ts';
import { silentLogger } from '../test/fixtures/silent-logger.ts';
import { sshExec } from '../test/fixtures/ssh-exec.ts';
import { StaleFenceError } from '../core/ports/provider.ts';
import { startEndpoint, stopEndpoint } from './sandbox/endpoint.ts';
import { templateProvider } from './template.ts';
import type { Machine, MachineApi } from './template.ts';
import { wipe } from './wipe.ts';

let folder: string;
let world: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'loligo-template-'));
  world = join(folder, 'world');
});
afterEach(async () => {
  const names = await readdir(world, { withFileTypes: true }).catch(() => []);
  for (const entry of names) if (entry.isDirectory()) await stopEndpoint(world, entry.name);
  await wipe(folder);
});

/** A fake cloud of real SSH servers; what it knows of its machines is only in memory. */
function fakeCloud(): MachineApi & { readonly machines: Map<string, Machine & { lab: string }> } {
  const machines = new Map<string, Machine & { lab: string }>();
  let created = 0;
  return {
    machines,
    list: async (lab) => [...machines.values()].filter((machine) => machine.lab === lab),
    async create({ lab, name, publicKey }) {
      const { user, address, port, hostKey, home } = await startEndpoint({
        folder: world,
        name,
        server: 'ssh2',
      });
      const machine = { lab, name, user, address, port, hostKey, id: `i-${(created += 1)}` };
      await sshExec(
        { ...machine, identityFile: join(world, 'id_ed25519') },
        'mkdir -p ~/.ssh && cat > ~/.ssh/authorized_keys',
        `${publicKey}\n`,
      );
      expect(await readFile(join(home, '.ssh/authorized_keys'), 'utf8')).toContain(publicKey);
      machines.set(machine.id, machine);
      return machine;
    },
    async remove(id) {
      const machine = machines.get(id);
      machines.delete(id);
      if (machine === undefined) return;
      await stopEndpoint(world, machine.name);
      await wipe(join(world, machine.name));
    },
  };
}

test('the template makes, adopts, cleans and removes machines', async () => {
  const cloud = fakeCloud();
  const open = () =>
    templateProvider(cloud).open(
      { count: 2 },
      { lab: 'one', folder: join(folder, 'provider'), logger: silentLogger },
    );
  const specs = await open().start();
  expect(specs.map(({ name }) => name)).toEqual(['template01', 'template02']);
  const node = unusedNode(specs[0] as (typeof specs)[0]);
  expect((await sshExec(node, 'touch ~/mine; echo here')).stdout).toBe('here\n');
  expect(await open().start()).toEqual(specs);

  const cleaned = { ...node, ...(await open().clean(node, 4)) };
  expect(cleaned.hostKey).not.toBe(node.hostKey);
  expect((await sshExec(cleaned, 'ls ~')).stdout).toBe('');
  await expect(open().clean(cleaned, 3)).rejects.toBeInstanceOf(StaleFenceError);

  await open().destroy();
  expect(cloud.machines.size).toBe(0);
  await open().destroy();
});

test('machines of another lab are left alone', async () => {
  const cloud = fakeCloud();
  const open = (lab: string, prefix: string) =>
    templateProvider(cloud).open(
      { count: 1, prefix },
      { lab, folder: join(folder, lab), logger: silentLogger },
    );
  await open('one', 'first').start();
  await open('two', 'second').start();
  await open('one', 'first').destroy();
  expect([...cloud.machines.values()].map(({ name }) => name)).toEqual(['second01']);
  await open('two', 'second').destroy();
});
