import { expect, test } from 'vitest';
import { silentLogger } from '../test/fixtures/silent-logger.ts';
import { ProviderOptionsError } from './provider-options.ts';
import { UnknownProviderError, openProvider, providers } from './registry.ts';

const context = { lab: 'test', folder: '/nonexistent/loligo', logger: silentLogger };

test('every provider opens under its own name, and starts nothing by that', () => {
  const options: Record<string, unknown> = { static: { nodes: [{ name: 'machine1' }] } };
  for (const { name } of providers) expect(openProvider(name, options[name], context).name).toBe(name);
});

test('an unknown provider is refused with the names that exist', () => {
  expect(() => openProvider('clouds', {}, context)).toThrow(UnknownProviderError);
  expect(() => openProvider('clouds', {}, context)).toThrow("'clouds'; known are sandbox, docker, static");
});

test.each([
  ['sandbox', { count: 0 }, 'count = 0'],
  ['sandbox', { count: 2, colour: 'red' }, 'colour'],
  ['sandbox', { prefix: '../up' }, 'prefix = "../up"'],
  ['sandbox', { server: 'dropbear' }, 'server = "dropbear"'],
  ['docker', { connect: 'tunnel' }, 'connect = "tunnel"'],
  ['docker', { devices: ['fuse'] }, 'devices.0 = "fuse"'],
  ['static', {}, 'nodes'],
  ['static', { nodes: [] }, 'names no node'],
  ['static', { nodes: [{ name: 'a b' }] }, 'nodes.0.name = "a b"'],
  ['static', { nodes: [{ name: 'a', hostKey: 'AAAA' }] }, 'nodes.0.hostKey = "AAAA"'],
  ['static', { nodes: [{ name: 'a', port: 70_000 }] }, 'nodes.0.port = 70000'],
])('%s refuses options %j with the value', (name, options, words) => {
  expect(() => openProvider(name, options, context)).toThrow(ProviderOptionsError);
  expect(() => openProvider(name, options, context)).toThrow(words);
});

test('a lab whose name cannot be part of a container name is refused', () => {
  expect(() => openProvider('sandbox', {}, { ...context, lab: 'a lab/x' })).toThrow(
    "'a lab/x' cannot name a lab",
  );
});
