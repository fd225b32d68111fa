import type { ApiPorts, Caller } from './ports.ts';
import { problemAnswer } from './problem.ts';

/** Counts what may still be done under a name. */
interface Allowance {
  /** Takes one; or says in how many seconds there will be one. */
  take(name: string): number | null;
}

const mostNames = 10_000;

/** A minute's worth may come at once; after that they come back one by one. The memory for names is bounded. */
export function createAllowance(perMinute: number, now: () => number): Allowance {
  const left = new Map<string, { amount: number; at: number }>();
  const perMs = perMinute / 60_000;
  return {
    take(name) {
      if (perMinute === 0) return null;
      const at = now();
      const known = left.get(name) ?? { amount: perMinute, at };
      const amount = Math.min(perMinute, known.amount + Math.max(0, at - known.at) * perMs);
      // Moved to the end, so that the first ones are those that have asked for nothing for longest.
      left.delete(name);
      left.set(name, { amount: amount >= 1 ? amount - 1 : amount, at });
      const oldest = left.keys().next();
      if (left.size > mostNames && !oldest.done) left.delete(oldest.value);
      return amount >= 1 ? null : Math.max(1, Math.ceil((1 - amount) / perMs / 1000));
    },
  };
}

/** Refuses an address that asks too often. Loopback is the lab's own machine and is not counted. */
export function addressAllowance(
  ports: Pick<ApiPorts, 'limits' | 'clock'>,
): (address: string | undefined) => Response | null {
  const allowance = createAllowance(ports.limits?.readsPerMinute ?? 0, ports.clock.now);
  return (address) => {
    const wait = address === undefined || isLoopback(address) ? null : allowance.take(address);
    return wait === null ? null : tooMany(`${address} asks too often`, wait);
  };
}

/** Refuses a caller who writes too often. An operator on the lab's own machine is not counted, nor are the workers of a pool. */
export function writeAllowance(
  ports: Pick<ApiPorts, 'limits' | 'clock'>,
): (caller: Caller, address: string | undefined) => Response | null {
  const allowance = createAllowance(ports.limits?.writesPerMinute ?? 0, ports.clock.now);
  return (caller, address) => {
    if (caller.pool) return null;
    if (caller.operator && address !== undefined && isLoopback(address)) return null;
    const wait = allowance.take(caller.name);
    return wait === null ? null : tooMany(`${caller.name} writes too often`, wait);
  };
}

function tooMany(what: string, seconds: number): Response {
  const answer = problemAnswer(429, `${what}: try again in ${seconds} s`);
  answer.headers.set('retry-after', String(seconds));
  return answer;
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
