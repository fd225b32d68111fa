import { retestPauseMs } from '../locks/node-health.ts';
import { cleanerName } from './clean-nodes.ts';
import type { LabPorts } from './lab-ports.ts';

type Ports = Pick<LabPorts, 'clock' | 'evidence' | 'log' | 'nodes' | 'providers'>;

/**
 * Gives quarantined nodes back to the cleaner when their time has come, and returns their names: a cleaning that works frees
 * them, one that fails keeps them with the newest reason. Nodes that people marked are left to people, and so are nodes that no
 * provider can clean. Costs one read, and one more for each node that the lab itself quarantined.
 */
export async function retestNodes(ports: Ports): Promise<string[]> {
  const now = ports.clock.now();
  const begun: string[] = [];
  for (const node of await ports.nodes.list({ state: 'quarantined' })) {
    if (node.markedBy !== cleanerName || !ports.providers.get(node.provider)?.capabilities.clean) continue;
    const pauseMs = retestPauseMs(await ports.evidence.about(node.name));
    if (now - node.stateSince < pauseMs) continue;
    const done = await ports.nodes.mark({
      name: node.name,
      ifMarkedBy: cleanerName,
      state: 'dirty',
      reason: `retest: ${withoutRetest(node.reason ?? '')}`,
      by: cleanerName,
      now,
    });
    if (done === 'stale') continue;
    begun.push(node.name);
    ports.log.info(
      `node ${node.name} is tried again after ${Math.round(pauseMs / 60_000)} minutes in quarantine`,
    );
  }
  return begun;
}

function withoutRetest(reason: string): string {
  return reason.replace(/^(retest: )+/, '');
}
