import type { TaskContext } from '../engine/task.ts';
import type { ClientRole } from './client-roles.ts';

/** A running object gateway. */
export interface Gateway {
  readonly client: ClientRole;
  readonly host: string; // its address
  readonly port: number;
}

const known = new WeakMap<Map<string, unknown>, Map<string, Gateway>>();

/** The gateways that the job's `rgw` tasks have running, by client role. */
export function gatewaysOf(ctx: Pick<TaskContext, 'state'>): Map<string, Gateway> {
  const gateways = known.get(ctx.state) ?? new Map<string, Gateway>();
  known.set(ctx.state, gateways);
  return gateways;
}
