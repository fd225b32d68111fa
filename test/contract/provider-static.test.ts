import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEndpoints } from '../fixtures/ssh-endpoints.ts';
import { describeProvider } from './provider.ts';
import type { ProviderUnderTest } from './provider.ts';

const reimage = fileURLToPath(new URL('../fixtures/reimage-endpoint.ts', import.meta.url));

async function setup(): Promise<ProviderUnderTest> {
  const outside = await mkdtemp(join(tmpdir(), 'loligo-static-'));
  const machines = await startEndpoints(2);
  const nodes = machines.endpoints.map(({ name, user, address, port, identityFile }) => {
    return { name, user, address, port, identityFile };
  });
  return {
    provider: 'static',
    options: { nodes, reimage: `${process.execPath} ${reimage} ${machines.folder} {name}` },
    context: { lab: 'test', folder: join(outside, 'provider') },
    remains: () => readdir(outside),
    async dispose() {
      await machines.stop();
      await rm(outside, { recursive: true, force: true });
    },
  };
}

describeProvider({ name: 'static', needs: [], setup });
