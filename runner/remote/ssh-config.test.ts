import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lookUpHost, readSshConfig } from './ssh-config.ts';
import type { SshHostConfig } from './ssh-config.ts';

const nothing: SshHostConfig = { hostName: null, user: null, port: null, identityFiles: [], proxyJump: [] };

function look(text: string, host: string): SshHostConfig {
  return lookUpHost(text.split('\n'), { host, home: '/home/me' });
}

describe('ssh_config', () => {
  test('gives a host the first value of each key, and all identity files', () => {
    const text = `
IdentityFile ~/.shh/first
Host smithi* !smithi9
  User ubuntu
  Port=2222
  IdentityFile "/keys/with space"
Host *
  User root
  HostName %h.front.example
  IdentityFile /keys/%r@%h
Match exec "true"
  User nobody`;
    expect(look(text, 'smithi1')).toEqual({
      hostName: 'smithi1.front.example',
      user: 'ubuntu',
      port: 2222,
      identityFiles: ['/home/me/.shh/first', '/keys/with space', '/keys/ubuntu@smithi1.front.example'],
      proxyJump: [],
    });
    expect(look(text, 'smithi9')).toMatchObject({ user: 'root', port: null });
  });

  test('names the jump hosts in order', () => {
    expect(look('ProxyJump me@gate:2022,inner', 'h').proxyJump).toEqual([
      { user: 'me', host: 'gate', port: 2022 },
      { user: null, host: 'inner', port: null },
    ]);
    expect(look('ProxyJump none', 'h').proxyJump).toEqual([]);
  });

  test('says nothing where it does not exist', async () => {
    expect(await readSshConfig({ file: '/nonexistent/config', host: 'h', home: '/' })).toEqual(nothing);
  });

  test('includes other files, by pattern and relative to itself', async () => {
    const home = await mkdtemp(join(tmpdir(), 'loligo-ssh-config-'));
    await mkdir(join(home, '.ssh/conf.d'), { recursive: true });
    await writeFile(join(home, '.ssh/config'), 'Include conf.d/*.conf ~/.ssh/config\nUser last\n');
    await writeFile(join(home, '.ssh/conf.d/a.conf'), 'Port 7\n');
    await writeFile(join(home, '.ssh/conf.d/b.conf'), 'User b\nPort 8\n');
    const found = await readSshConfig({ file: join(home, '.ssh/config'), host: 'h', home });
    await rm(home, { recursive: true });
    expect(found).toEqual({ ...nothing, user: 'b', port: 7 });
  });
});
