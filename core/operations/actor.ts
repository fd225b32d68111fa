import { NotAllowedError } from './kill.ts';
import type { LabPorts } from './lab-ports.ts';

/** Who asks, as the door of the lab has established it. */
export interface Actor {
  readonly name: string; // login@host
  readonly operator: boolean; // may act for others
}

/** In whose name something is done: the actor's own, or, for operators, that of somebody else. Throws NotAllowedError. */
export function actingOwner(actor: Actor, owner: string | null, act: string): string {
  if (owner === null || owner === actor.name) return actor.name;
  if (!actor.operator) throw new NotAllowedError(actor.name, `${act} for ${owner}`);
  return owner;
}

/** Leaves a record of what somebody did to what is not theirs, or is everybody's. */
export async function recordAct(
  ports: Pick<LabPorts, 'audit' | 'clock'>,
  entry: { actor: Actor; action: string; subject: string; detail: string },
): Promise<void> {
  await ports.audit.record({ ...entry, actor: entry.actor.name, at: ports.clock.now() });
}
