import type { FinalStatus } from '../../core/results/job-state.ts';
import { BrokenHostError, HostKeyMismatchError, transportFailure } from '../remote/transport-errors.ts';

/** What a job says about the health of one of its hosts. */
export type HostFinding =
  | { readonly host: string; readonly kind: 'works' } // short name
  | { readonly host: string; readonly kind: 'failure' | 'certain'; readonly reason: string };

/** What a job learns about the health of its hosts on its way. */
export interface HostFindings {
  /** The host was connected to. */
  reached(host: string): void;
  /** Blames the host to which a failure, or what caused it, lost the way; any other failure says nothing. The first reason stays. */
  failed(failure: unknown): void;
  /** Blames a host for a sign that needs no second witness. */
  certain(host: string, reason: string): void;
  /** The whole of it. Hosts that nobody blames work only when the job came to a verdict on them. */
  close(status: FinalStatus): HostFinding[];
}

const longestReason = 300;

/** Findings of a job that has not begun. */
export function createHostFindings(): HostFindings {
  const reached = new Set<string>();
  const blamed = new Map<string, HostFinding>();
  const blame = (host: string, kind: 'failure' | 'certain', text: string): void => {
    if (blamed.get(host)?.kind === 'certain' || (blamed.has(host) && kind === 'failure')) return;
    const reason = (text.split('\n', 1)[0] ?? '').slice(0, longestReason);
    blamed.set(host, { host, kind, reason });
  };
  return {
    reached: (host) => void reached.add(host),
    failed(failure) {
      const transport = transportFailure(failure);
      if (transport === null) return;
      const certain = transport instanceof HostKeyMismatchError || transport instanceof BrokenHostError;
      blame(transport.host, certain ? 'certain' : 'failure', transport.message);
    },
    certain: (host, reason) => blame(host, 'certain', reason),
    close(status) {
      const sound = status === 'dead' ? [] : [...reached].filter((host) => !blamed.has(host));
      return [...blamed.values(), ...sound.map((host) => ({ host, kind: 'works' }) as const)];
    },
  };
}
