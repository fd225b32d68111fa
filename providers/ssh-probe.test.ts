import { createServer } from 'node:net';
import { join } from 'node:path';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startEndpoints } from '../test/fixtures/ssh-endpoints.ts';
import type { SshEndpoints } from '../test/fixtures/ssh-endpoints.ts';
import { keptKey } from './ssh-key.ts';
import { SshProbeError, probeBanner, probeLogin, readHostKey } from './ssh-probe.ts';

let lab: SshEndpoints;
let node: SshEndpoints['endpoints'][0];
beforeAll(async () => {
  lab = await startEndpoints(1);
  node = lab.endpoints[0] as typeof node;
});
afterAll(() => lab.stop());

let silent: Server | null = null;
afterEach(() => {
  silent?.close();
  silent = null;
});

/** A port that answers TCP and never says a word. */
async function silentPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  silent = server;
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

test('the host key is read without a login', async () => {
  expect(await readHostKey(node)).toBe(node.hostKey);
  expect(await readHostKey({ ...node, expected: node.hostKey })).toBe(node.hostKey);
});

test('a server without the expected type of key has no key to show', async () => {
  const expected = 'ecdsa-sha2-nistp256 AAAA';
  await expect(readHostKey({ ...node, expected })).rejects.toMatchObject({ kind: 'unreachable' });
});

test('a closed port and a silent one are unreachable', async () => {
  const port = await silentPort();
  await expect(readHostKey({ address: '127.0.0.1', port, timeoutMs: 200 })).rejects.toMatchObject({
    kind: 'unreachable',
  });
  silent?.close();
  await expect(readHostKey({ address: '127.0.0.1', port: 9 })).rejects.toBeInstanceOf(SshProbeError);
});

test('a login tells a wrong host key from a wrong user key', async () => {
  await probeLogin(node);
  const other = await keptKey(join(lab.folder, 'other'));
  await expect(probeLogin({ ...node, hostKey: other.publicKey })).rejects.toMatchObject({ kind: 'host-key' });
  await expect(probeLogin({ ...node, identityFile: other.file })).rejects.toMatchObject({ kind: 'login' });
});

test('a banner tells an SSH server from a silent port, one of something else and a closed one', async () => {
  await probeBanner(node);
  const address = '127.0.0.1';
  const port = await silentPort();
  await expect(probeBanner({ address, port, timeoutMs: 200 })).rejects.toMatchObject({ kind: 'unreachable' });
  silent?.once('connection', (socket) => socket.end('220 mail\r\n'));
  await expect(probeBanner({ address, port })).rejects.toThrow('is no SSH server');
  silent?.once('connection', (socket) => socket.destroy());
  await expect(probeBanner({ address, port })).rejects.toThrow('closed the connection');
  await expect(probeBanner({ address, port: 9 })).rejects.toBeInstanceOf(SshProbeError);
});
