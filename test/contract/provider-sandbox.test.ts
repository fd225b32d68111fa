import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerKind } from '../../providers/sandbox/endpoint.ts';
import { processesOfFolder } from '../fixtures/processes-of-folder.ts';
import { describeProvider } from './provider.ts';
import type { ProviderUnderTest } from './provider.ts';

async function setup(server: ServerKind): Promise<ProviderUnderTest> {
  const outside = await realpath(await mkdtemp(join(tmpdir(), 'loligo-sandbox-')));
  const folder = join(outside, 'provider');
  return {
    provider: 'sandbox',
    options: { count: 2, server },
    context: { lab: 'test', folder },
    remains: () => processesOfFolder(folder),
    dispose: () => rm(outside, { recursive: true, force: true }),
  };
}

describeProvider({ name: 'sandbox over OpenSSH', needs: ['sshd'], setup: () => setup('openssh') });
describeProvider({ name: 'sandbox over ssh2', needs: [], setup: () => setup('ssh2') });
