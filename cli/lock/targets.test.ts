import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { pyYaml } from '../../adapters/yaml/yaml.ts';
import { nodeView } from '../../api/views.ts';
import { parseTargets } from '../../core/config/targets.ts';
import { toPlain } from '../../core/config/yaml-value.ts';
import { nodeSpec } from '../../test/fixtures/lab-records.ts';
import { namesInTargetFiles, nodesNamed, targetsYaml } from './targets.ts';
import type { NodeView } from '../client/lab-client.ts';

const folder = mkdtempSync(join(tmpdir(), 'loligo-targets-'));
afterAll(() => rmSync(folder, { recursive: true }));

function view(name: string, changes: Partial<NodeView> = {}): NodeView {
  const state = { state: 'free', lock: null, fence: 0, description: null, reason: null } as const;
  return {
    ...nodeView({ ...nodeSpec(name), ...state, markedBy: null, stateSince: 0, lastUsedAt: 0 }),
    ...changes,
  };
}

test('nodes print as the targets that a job reads back', () => {
  const key = join(folder, 'key');
  writeFileSync(key, '');
  const yaml = targetsYaml([
    view('alpha01.example.org', { address: 'alpha01.example.org' }),
    view('b', { port: 2222, identity_file: key }),
    view('c', { host_key: null, identity_file: '/not/on/this/machine' }),
  ]);
  expect(yaml).toContain('  ubuntu@alpha01.example.org: ssh-ed25519 AAAA\n');
  const { targets = null } = toPlain(pyYaml.parse(yaml)) as { targets?: never };
  expect(parseTargets(targets)).toMatchObject([
    { name: 'ubuntu@alpha01.example.org', hostKey: 'ssh-ed25519 AAAA', port: 22 },
    { address: '127.0.0.1', port: 2222, identityFile: key },
    { hostKey: null, identityFile: null },
  ]);
});

test('names are found with a user, without the domain, and once', () => {
  const inventory = [view('alpha01.example.org'), view('b')];
  const naming = { labDomain: 'example.org', defaultUser: 'ubuntu' };
  const found = nodesNamed(['ubuntu@alpha01', 'alpha01.example.org', 'b'], { inventory, naming });
  expect(found.map((node) => node.name)).toEqual(['alpha01.example.org', 'b']);
  expect(() => nodesNamed(['c'], { inventory, naming })).toThrow("no node named 'c'");
});

test('files of several documents give their targets, and a file without is refused', async () => {
  const file = join(folder, 'targets.yaml');
  writeFileSync(file, '---\ntargets:\n  ubuntu@a: ssh-ed25519 AAAA\n--- # more\ntargets:\n  b:\n');
  expect(await namesInTargetFiles([file])).toEqual(['ubuntu@a', 'b']);
  writeFileSync(file, 'roles: []\n');
  await expect(namesInTargetFiles([file])).rejects.toThrow("has no map 'targets'");
});
