import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node } from '../../core/locks/node.ts';
import type { Snapshots } from '../../core/ports/snapshots.ts';
import { openProvider } from '../../providers/registry.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { forgetLabImages } from '../fixtures/snapshot-images.ts';
import { sshExec } from '../fixtures/ssh-exec.ts';
import { unusedNode } from '../../core/locks/node.ts';
import { describeSnapshots } from './snapshots.ts';

describeSnapshots({
  name: 'docker',
  needs: ['docker', 'debootstrap'],
  async setup() {
    const folder = await mkdtemp(join(tmpdir(), 'loligo-snapshots-'));
    const lab = `test-${randomBytes(4).toString('hex')}`;
    const context = { lab, folder: join(folder, 'provider'), logger: silentLogger };
    const provider = openProvider('docker', { count: 2 }, context);
    const nodes = (await provider.start()).map(unusedNode);
    return {
      snapshots: provider.snapshots as Snapshots,
      async clean(fence) {
        const fresh = await Promise.all(
          nodes.map(async (node) => ({ ...node, ...(await provider.clean(node, fence)) })),
        );
        return fresh as [Node, Node];
      },
      async write(node, word) {
        const { status } = await sshExec(node, 'tee ~/word | sudo tee /opt/word >/dev/null', word);
        if (status !== 0) throw new Error(`nothing could be written on ${node.name}`);
      },
      async read(node) {
        const script = 'cat /opt/word 2>/dev/null; echo; cat ~/word 2>/dev/null';
        const [system = '', home = ''] = (await sshExec(node, script)).stdout.split('\n');
        return { system, home };
      },
      async dispose() {
        await provider.destroy();
        await forgetLabImages(lab);
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
});
