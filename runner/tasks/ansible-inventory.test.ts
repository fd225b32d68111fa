import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseTargets } from '../../core/config/targets.ts';
import { inventoryOf, knownHostsOf, writeInventory } from './ansible-inventory.ts';

const targets = parseTargets({
  'ubuntu@b.lab': 'ssh-ed25519 AAAAb',
  'ubuntu@a.lab': { address: '127.0.0.1', port: 2201, key: 'ssh-ed25519 AAAAa', identity: '/keys/a' },
  'ubuntu@c.lab': null,
});
const hosts = targets.map(({ hostname }) => hostname);

test('hosts stand in order of their names, with what it takes to reach them', () => {
  const inventory = inventoryOf({
    hosts,
    group: 'testnodes',
    targets,
    knownHosts: '/kh',
    ignoreHostKeys: false,
  });
  const checked = { ansible_ssh_common_args: '-o StrictHostKeyChecking=yes -o UserKnownHostsFile=/kh' };
  expect(inventory).toEqual({
    all: {
      children: {
        testnodes: {
          hosts: {
            'a.lab': {
              ansible_host: '127.0.0.1',
              ansible_port: 2201,
              ansible_ssh_private_key_file: '/keys/a',
              ...checked,
            },
            'b.lab': checked,
            'c.lab': {},
          },
        },
      },
    },
  });
  expect(JSON.stringify(inventory).indexOf('a.lab')).toBeLessThan(JSON.stringify(inventory).indexOf('b.lab'));
});

test('a job that ignores host keys does so here too', () => {
  const inventory = inventoryOf({
    hosts: ['c.lab'],
    group: null,
    targets,
    knownHosts: '/kh',
    ignoreHostKeys: true,
  });
  expect(inventory).toEqual({
    all: {
      hosts: {
        'c.lab': { ansible_ssh_common_args: '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null' },
      },
    },
  });
});

test('pinned keys are written as ssh reads them, with the port where it is not 22', () => {
  expect(knownHostsOf(targets)).toBe('b.lab ssh-ed25519 AAAAb\n[127.0.0.1]:2201 ssh-ed25519 AAAAa\n');
});

test('the folder holds hosts and variables of groups', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'inventory-'));
  try {
    const file = await writeInventory(folder, {
      hosts,
      group: null,
      targets,
      groupVars: { 'all/../x': { a: 1 } },
      ignoreHostKeys: false,
    });
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('all.hosts');
    const vars = await readFile(join(folder, 'inventory/group_vars/all_.._x.yml'), 'utf8');
    expect(JSON.parse(vars)).toEqual({ a: 1 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
