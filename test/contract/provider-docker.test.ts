import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../providers/docker/engine.ts';
import { describeProvider } from './provider.ts';
import type { ProviderUnderTest } from './provider.ts';

async function setup(connect: 'published' | 'direct'): Promise<ProviderUnderTest> {
  const outside = await mkdtemp(join(tmpdir(), 'loligo-docker-'));
  const lab = `test-${randomBytes(4).toString('hex')}`;
  return {
    provider: 'docker',
    options: { count: 2, connect },
    context: { lab, folder: join(outside, 'provider') },
    async remains() {
      const engine = await openEngine(null);
      const filters = { label: [`loligo.lab=${lab}`] };
      const containers = await engine.listContainers({ all: true, filters });
      const networks = await engine.listNetworks({ filters });
      const { Volumes } = await engine.listVolumes({ filters });
      const named = [...networks, ...(Volumes ?? [])].map(({ Name }) => Name);
      return [...containers.map(({ Names }) => Names.join()), ...named];
    },
    dispose: () => rm(outside, { recursive: true, force: true }),
  };
}

// The first start on a machine makes the image, which takes about a minute.
const patience = 240_000;
describeProvider({
  name: 'docker',
  needs: ['docker', 'debootstrap'],
  setup: () => setup('published'),
  patience,
});
describeProvider({
  name: 'docker by container address',
  needs: ['docker', 'debootstrap'],
  setup: () => setup('direct'),
  patience,
});
