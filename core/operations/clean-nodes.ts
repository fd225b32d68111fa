import { nodeVerdict } from '../locks/node-health.ts';
import type { Node } from '../locks/node.ts';
import type { LabPorts } from './lab-ports.ts';

export type CleanPorts = Pick<LabPorts, 'clock' | 'evidence' | 'log' | 'nodes' | 'providers' | 'wakeups'>;

export interface Cleaner {
  /** Begins to clean every dirty node that there is room for, and returns without waiting for the end. */
  pass(): Promise<void>;
  /** Resolves when no cleaning is under way. */
  idle(): Promise<void>;
}

export interface CleanerOptions {
  readonly atOnce?: number;
  readonly timeoutMs?: number; // of one cleaning
  /** Whether this is the only cleaner of the lab: a node that is being cleaned, but not by this one, was abandoned. */
  readonly sole: boolean;
  /** Called when a node has left the cleaner's hands: there may be another one to begin with. */
  readonly onSettled?: () => void;
}

interface Cleaning {
  readonly fence: number;
  readonly since: number; // epoch ms
  readonly over: Promise<void>;
}

/** Who the lab says has marked a node that it takes out of use on its own authority, or tries again. */
export const cleanerName = 'cleaner';

/**
 * Brings dirty nodes back into use through their providers (L8). A node that by its record is broken, or that cannot be cleaned,
 * is quarantined with the reason; a cleaning that hangs or was abandoned loses its fence, so that whatever it still says is not believed.
 */
export function createCleaner(ports: CleanPorts, options: CleanerOptions): Cleaner {
  const cleanings = new Map<string, Cleaning>();
  const atOnce = options.atOnce ?? 8;
  const timeoutMs = options.timeoutMs ?? 10 * 60_000;

  const begin = async (name: string) => {
    const since = ports.clock.now();
    const begun = await ports.nodes.beginCleaning(name, since);
    if (begun === null) return;
    const over = cleanNode(ports, begun).finally(() => {
      if (cleanings.get(name)?.fence === begun.fence) cleanings.delete(name);
      options.onSettled?.();
    });
    cleanings.set(name, { fence: begun.fence, since, over });
  };

  return {
    async pass() {
      const now = ports.clock.now();
      for (const [name, cleaning] of cleanings) {
        if (now - cleaning.since <= timeoutMs) continue;
        cleanings.delete(name);
        await quarantine(ports, {
          name,
          fence: cleaning.fence,
          reason: `cleaning took longer than ${timeoutMs / 1000} s`,
        });
      }
      for (const node of await ports.nodes.list({ state: 'cleaning' })) {
        const abandoned = !cleanings.has(node.name) && (options.sole || now - node.stateSince > timeoutMs);
        if (abandoned) await recover(ports, node);
      }
      for (const node of await ports.nodes.list({ state: 'dirty' })) {
        if (cleanings.size >= atOnce) break;
        const verdict = nodeVerdict(await ports.evidence.about(node.name));
        if (verdict.kind === 'broken') await quarantine(ports, { ...node, reason: verdict.reason });
        else await begin(node.name);
      }
    },
    async idle() {
      while (cleanings.size > 0) await Promise.all([...cleanings.values()].map((cleaning) => cleaning.over));
    },
  };
}

async function recover(ports: CleanPorts, node: Node): Promise<void> {
  const reason = 'its cleaning was abandoned';
  const now = ports.clock.now();
  await ports.nodes.mark({
    name: node.name,
    fence: node.fence,
    state: 'dirty',
    reason,
    by: cleanerName,
    now,
  });
}

/** Never rejects: what goes wrong becomes the reason of a quarantine, or a line in the log. */
async function cleanNode(ports: CleanPorts, { fence, node }: { fence: number; node: Node }): Promise<void> {
  const { name } = node;
  try {
    const provider = ports.providers.get(node.provider);
    if (provider === undefined) throw new Error(`no provider '${node.provider}' is configured`);
    if (!provider.capabilities.clean)
      throw new Error(`provider ${provider.name} cannot clean nodes (${node.reason ?? 'used'})`);
    const spec = await provider.clean(node, fence);
    const done = await ports.nodes.cleaned({ name, fence, spec, now: ports.clock.now() });
    if (done === 'ok') await ports.wakeups.poke(node.machineType);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await quarantine(ports, { name, fence, reason }).catch((failure: unknown) => {
      ports.log.error(`node ${name} could not be cleaned (${reason}), nor quarantined: ${String(failure)}`);
    });
  }
}

async function quarantine(
  ports: CleanPorts,
  { name, fence, reason }: { name: string; fence: number; reason: string },
): Promise<void> {
  const now = ports.clock.now();
  const done = await ports.nodes.mark({ name, fence, state: 'quarantined', reason, by: cleanerName, now });
  if (done === 'stale') return;
  ports.log.warn(`node ${name} is quarantined: ${reason}`);
  // Should this be lost, the same record judges the node once more at its retest.
  await ports.evidence.quarantined({ node: name, reason, now });
}
