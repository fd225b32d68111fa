import { everyQueue } from '../ports/pauses.ts';
import type { Pause } from '../ports/pauses.ts';
import { recordAct } from './actor.ts';
import type { Actor } from './actor.ts';
import { NotAllowedError } from './kill.ts';
import type { LabPorts } from './lab-ports.ts';

type Ports = Pick<LabPorts, 'audit' | 'clock' | 'pauses' | 'wakeups'>;

/** The queue of this machine type is not paused. */
export class QueueNotPausedError extends Error {
  override readonly name = 'QueueNotPausedError';
  constructor(machineType: string) {
    super(
      machineType === everyQueue
        ? 'not all queues are paused'
        : `the queue of '${machineType}' is not paused`,
    );
  }
}

/**
 * Stops a queue, or every queue, for a time: its jobs stay where they are, none is started, and running ones go on. Takes an operator. A second
 * call sets time and reason anew. Throws NotAllowedError.
 */
export async function pauseQueue(
  ports: Ports,
  order: { actor: Actor; machineType: string; reason: string; ms: number },
): Promise<Pause> {
  const { actor, machineType, reason } = order;
  mustBeOperator(actor, 'pause', machineType);
  const since = ports.clock.now();
  const pause = { machineType, by: actor.name, reason, since, until: since + order.ms };
  await ports.pauses.pause(pause);
  const detail = `until ${new Date(pause.until).toISOString()}: ${reason}`;
  await recordAct(ports, { actor, action: 'pause', subject: machineType, detail });
  return pause;
}

/** Ends a pause before its time; jobs start at once. Takes an operator. Throws NotAllowedError and QueueNotPausedError. */
export async function resumeQueue(
  ports: Ports,
  { actor, machineType }: { actor: Actor; machineType: string },
): Promise<void> {
  mustBeOperator(actor, 'resume', machineType);
  const ended = await ports.pauses.resume(machineType, ports.clock.now());
  if (ended === 'stale') throw new QueueNotPausedError(machineType);
  await recordAct(ports, { actor, action: 'resume', subject: machineType, detail: 'the pause was ended' });
  await ports.wakeups.poke(machineType);
}

function mustBeOperator(actor: Actor, act: string, machineType: string): void {
  const queue = machineType === everyQueue ? 'every queue' : `the queue of ${machineType}`;
  if (!actor.operator) throw new NotAllowedError(actor.name, `${act} ${queue}: only operators may`);
}
