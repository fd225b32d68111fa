import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Node } from '../../core/locks/node.ts';
import { unusedNode } from '../../core/locks/node.ts';
import type { Provider } from '../../core/ports/provider.ts';
import type { Snapshots } from '../../core/ports/snapshots.ts';
import { openProvider } from '../../providers/registry.ts';
import { silentLogger } from '../fixtures/silent-logger.ts';
import { forgetLabImages } from '../fixtures/snapshot-images.ts';
import { sshExec } from '../fixtures/ssh-exec.ts';
import { describeWith } from '../requirements.ts';

describeWith(['docker', 'debootstrap'], 'nodes of docker that begin with a snapshot', () => {
  const patience = 240_000; // the base image may have to be made first
  const lab = `test-${randomBytes(4).toString('hex')}`;
  const key = randomBytes(32).toString('hex');
  let folder = '';
  let fence = 1;
  let provider: Provider;
  let snapshots: Snapshots;
  let node: Node;

  /** As each job has it: a provider of its own process, on the lab's folder. */
  function open(): void {
    const context = { lab, folder: join(folder, 'provider'), logger: silentLogger };
    provider = openProvider('docker', { count: 1 }, context);
    snapshots = provider.snapshots as Snapshots;
  }
  async function begin(like: string | null): Promise<string> {
    open();
    fence += 1;
    const job = { run: 'r', jobId: fence };
    const order = { nodes: [node], fence, job, systems: [{ osType: null, osVersion: null }], like };
    const [changes] = (await provider.prepare?.(order)) ?? [];
    return await word(changes);
  }
  async function word(changes: Partial<Node> = {}): Promise<string> {
    node = { ...node, ...changes };
    return (await sshExec(node, 'cat /opt/word 2>/dev/null')).stdout.trim();
  }
  async function clean(): Promise<void> {
    fence += 1;
    node = { ...node, ...(await provider.clean(node, fence)) };
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loligo-guesses-'));
    open();
    const [spec] = await provider.start();
    node = unusedNode(spec as Node);
    await begin('alike');
    await sshExec(node, 'echo thing | sudo tee /opt/word');
    await snapshots.claim({ node, fence, key });
    await snapshots.keep({ node, fence, key, about: 'thing' });
    await clean();
  }, patience);
  afterAll(async () => {
    await provider?.destroy();
    await forgetLabImages(lab);
    await rm(folder, { recursive: true, force: true });
  }, patience);

  test(
    'have what the last job that was alike wanted first, and are for keys what they were to be',
    { timeout: patience },
    async () => {
      const base = await snapshots.systemOf(node);
      expect(await begin('alike')).toBe('thing');
      expect([snapshots.guesses?.of(node), await snapshots.systemOf(node)]).toEqual([key, base]);
      expect(await snapshots.claim({ node, fence, key })).toBe('there');
      expect(await snapshots.use({ node, fence, key })).toEqual({});
      expect(await word()).toBe('thing');
      expect(snapshots.guesses?.of(node)).toBe(null);
      expect(await snapshots.systemOf(node)).not.toBe(base);
      await clean();
    },
  );

  test('are made anew when that was wrong, and as ever when it is gone', { timeout: patience }, async () => {
    expect(await begin('alike')).toBe('thing');
    expect(await word(await snapshots.guesses?.undo({ node, fence }))).toBe('');
    expect(snapshots.guesses?.of(node)).toBe(null);
    await clean();
    await snapshots.discard({ node, fence, key });
    expect(await begin('alike')).toBe('');
  });
});
